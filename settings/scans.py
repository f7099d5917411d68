"""Settings of the daily scan of what runs."""

from typing import Annotated, Final

from pydantic import Field

from settings.values import Model, Text

TRIVY: Final = (
    "ghcr.io/aquasecurity/trivy:0.74.0@sha256:62b1e65e8869bc4b4c6aa4fa2b21595256c7c2f6018a9d9ad61caf87187c1969"
)
"""The project's own image. Its tags were overwritten with poisoned builds once (CVE-2026-33634): the digest counts."""

Daily = Annotated[Text, Field(pattern=r"^[0-5]?[0-9] ([01]?[0-9]|2[0-3]) \* \* \*$")]
"""Cron's five fields, once a day: the alert on a scan that is too old counts on it."""
Pinned = Annotated[Text, Field(pattern=r"^[a-z0-9][a-z0-9./:_-]*:[A-Za-z0-9_][A-Za-z0-9._-]*@sha256:[0-9a-f]{64}$")]
Repository = Annotated[Text, Field(pattern=r"^[a-z0-9][a-z0-9./_-]*(:[0-9]+)?[a-z0-9./_-]*:[0-9]+$")]


class Scans(Model):
    """Trivy over every image that runs in StratMaster's namespaces."""

    schedule: Annotated[Daily, Field(description="once a day: minute hour * * *, in UTC")] = "15 5 * * *"
    image: Annotated[Pinned, Field(description="Trivy's image, repository:tag@sha256:...")] = TRIVY
    database: Annotated[
        Repository | None, Field(description="a mirror of the vulnerability database, registry/repository:2")
    ] = None
    java_database: Annotated[
        Repository | None, Field(description="a mirror of the index of Java archives, registry/repository:1")
    ] = None
