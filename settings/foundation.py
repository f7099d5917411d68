"""Settings of the foundation: what the slots share and what seldom changes."""

from typing import Annotated, Literal

from pydantic import Field

from settings.access import Access
from settings.aws import Aws
from settings.common import CommonSettings, Secrets, SecretValues
from settings.controllers import Controllers
from settings.data import Backups, Cache, FoundationDatabase, OperationsImage
from settings.issuers import Issuers
from settings.monitoring import Monitoring
from settings.network import NetworkSettings
from settings.scans import Scans
from settings.values import Flag


class FoundationSettings(CommonSettings):
    """Every key of the foundation's stack file."""

    role: Literal["foundation"]
    secrets: Annotated[Secrets, Field(description="{backend: sealed}")] = Secrets()
    secret_values: SecretValues = Field(default_factory=dict)
    network: Annotated[
        NetworkSettings, Field(description="{s3: {cidrs: [...]}, ...}: the platform's namespaces and address ranges")
    ] = NetworkSettings()
    access: Annotated[Access, Field(description="{operators: [...], readers: [...], ci: [...]}: groups of people")] = (
        Access()
    )
    monitoring: Annotated[
        Monitoring,
        Field(description="{objectives: {...}, thresholds: {...}, contacts: {...}, ...}: what is watched for"),
    ] = Monitoring()
    database: Annotated[
        FoundationDatabase | None, Field(description="{mode: external, host: ...} or {mode: cluster, ...}")
    ] = None
    cache: Annotated[Cache | None, Field(description="{memory: 2Gi}: a Redis in the foundation's namespace")] = None
    operations: Annotated[
        OperationsImage | None, Field(description="{tag: v1.2.3, digest: sha256:...}: the image of the data's jobs")
    ] = None
    backups: Annotated[
        Backups | None, Field(description="{bucket: ..., region: ...}: where backups go; needs operations")
    ] = None
    scans: Annotated[
        Scans | None, Field(description="{schedule: 15 5 * * *}: images that run are scanned; needs operations")
    ] = None
    aws: Annotated[
        Aws | None, Field(description='{accountId: "123456789012", region: us-east-1, ...}: what is kept at AWS')
    ] = None
    controllers: Annotated[
        Controllers, Field(description="{certManager: install, ...}: which controllers the foundation brings along")
    ] = Controllers()
    issuers: Annotated[
        Issuers, Field(description="{letsEncrypt: {challenge: gateway}, authority: false}: what signs certificates")
    ] = Issuers()
    protect_data: Annotated[Flag, Field(description="false lets `destroy` take the data with it")] = True
