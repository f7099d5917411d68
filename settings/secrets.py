"""Settings of the places outside the cluster that secrets can come from."""

import ssl
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from settings.aws import Account, Region
from settings.values import Model, Name, Text


def _certificates(value: str) -> str:
    # What stands here is shown to everybody who may read a SecretStore.
    if "PRIVATE KEY" in value:
        raise ValueError("holds a private key: take that for known, and leave only certificates")
    try:
        ssl.create_default_context(cadata=value)
    except (ssl.SSLError, ValueError) as error:
        raise ValueError("holds no certificate in PEM form") from error
    return value


Duration = Annotated[Text, Field(pattern=r"^[1-9][0-9]*[smh]$")]
MountPath = Annotated[Text, Field(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*$")]
HttpsUrl = Annotated[Text, Field(pattern=r"^https://[A-Za-z0-9.-]+(:[0-9]{1,5})?$")]
Certificates = Annotated[Text, AfterValidator(_certificates)]


class SecretsManager(Model):
    """AWS Secrets Manager in one account and region. There is no key: the reader's service account is a role (IRSA)."""

    account_id: Annotated[Account, Field(description='the account, in quotes: "123456789012"')]
    region: Annotated[Region, Field(description="the region, for example us-east-1")]


class Vault(Model):
    """A HashiCorp Vault with the KV engine, version 2, and Kubernetes' authentication."""

    server: Annotated[HttpsUrl, Field(description="https://host:port; without TLS anybody on the way reads along")]
    mount: Annotated[MountPath, Field(description="where the KV engine is mounted")] = "secret"
    auth_mount: Annotated[MountPath, Field(description="where Kubernetes' authentication is mounted")] = "kubernetes"
    role: Annotated[
        Name | None, Field(description="Vault's role for this stack alone; stratmaster-<stack> when left out")
    ] = None
    audience: Annotated[
        Text, Field(description="the audience that the role demands of a token, so that it opens nothing but Vault")
    ] = "vault"
    ca: Annotated[
        Certificates | None, Field(description="the server's CA in PEM form; without it, those that everybody trusts")
    ] = None
    namespace: Annotated[Text | None, Field(description="a namespace of Vault Enterprise")] = None


class Refresh(Model):
    """When the operator reads a value again.

    CreatedOnce: never, so a value changes only with `rotation`, which also restarts what uses it. OnChange: also when
    somebody touches the ExternalSecret. Periodic: every interval; what runs keeps the old value until it restarts.
    """

    policy: Annotated[
        Literal["CreatedOnce", "OnChange", "Periodic"], Field(description="CreatedOnce, OnChange or Periodic")
    ] = "CreatedOnce"
    interval: Annotated[Duration, Field(description="of Periodic, for example 1h or 30m; each read is paid for")] = "1h"
