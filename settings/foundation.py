"""Settings of the foundation: what the slots share and what seldom changes."""

from typing import Annotated, Literal

from pydantic import Field

from settings.access import Access
from settings.common import CommonSettings, Secrets, SecretValues
from settings.monitoring import Monitoring
from settings.network import NetworkSettings


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
