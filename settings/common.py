"""Settings that stacks of several roles share."""

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from settings.secrets import Refresh, SecretsManager, Vault
from settings.values import Environment, Model, Text, Whole


class Cluster(Model):
    """Which cluster the stack is for."""

    context: Annotated[Text, Field(description="the kubeconfig context to use, and no other")] = "stratmaster"
    identifier: Annotated[
        Text, Field(description="a name of the cluster itself; changing it replaces every object of the stack")
    ] = "stratmaster"


Backend = Literal["plain", "sealed", "aws", "vault"]


class Secrets(Model):
    """Where the stack's secret values come from."""

    backend: Annotated[Backend, Field(description="sealed, aws or vault, or plain, which only development may use")] = (
        "sealed"
    )
    rotation: Annotated[
        Text,
        Field(description="any new text makes every generated value anew (plain), or reads all anew (aws, vault)"),
    ] = "1"
    folder: Annotated[
        Text, Field(description="where <stack>.sealed.yaml is, from the project's folder on, for backend sealed")
    ] = "secrets"
    aws: Annotated[
        SecretsManager | None, Field(description='{accountId: "123456789012", region: us-east-1}, for backend aws')
    ] = None
    vault: Annotated[Vault | None, Field(description="{server: https://..., ...}, for backend vault")] = None
    refresh: Annotated[Refresh, Field(description="{policy: CreatedOnce}, for backends aws and vault")] = Refresh()


SecretValues = Annotated[
    dict[str, dict[str, SecretStr]],
    Field(description="{<secret>: {<key>: <value>}}, set with `pulumi config set --secret --path`, for backend plain"),
]


class Replicas(Model):
    """The bounds that a HorizontalPodAutoscaler keeps."""

    min: Annotated[Whole, Field(ge=1, description="replicas at the least")]
    max: Annotated[Whole, Field(ge=1, description="replicas at the most")]

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            msg = f"min {self.min} is above max {self.max}"
            raise ValueError(msg)
        return self


class CommonSettings(Model):
    """What every stack has."""

    environment: Annotated[Environment, Field(description="production or development")]
    cluster: Annotated[Cluster, Field(description="{context: <kubeconfig context>, identifier: <name>}")] = Cluster()
