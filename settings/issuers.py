"""Settings of what signs certificates."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from settings.monitoring import Email
from settings.values import Flag, Model, Name, Text


class Route53(Model):
    """How cert-manager proves a name in a zone at AWS: by a role, with no key to leak or to rotate.

    Not by a token of a service account, which it could also ask for: who may make tokens acts as any account.
    """

    hosted_zone_id: Annotated[
        Text, Field(pattern=r"^Z[A-Z0-9]+$", description="the one zone that is written to, for example Z0123456789ABC")
    ]
    role: Annotated[
        Text,
        Field(
            pattern=r"^arn:aws[a-z-]*:iam::[0-9]{12}:role/\S+$",
            description="the role's ARN; its trust names cert-manager's own role and no other",
        ),
    ]
    region: Annotated[Name, Field(description="of the token service; Route53 itself has none")] = "us-east-1"


class LetsEncrypt(Model):
    """The issuers letsencrypt-prod and letsencrypt-staging (facts.md C41)."""

    email: Annotated[
        Email | None, Field(description="whom Let's Encrypt writes to; monitoring.contacts.platform when left out")
    ] = None
    challenge: Annotated[
        Literal["gateway", "ingress", "route53"],
        Field(description="where a name is proved: through the gateway or the ingress (HTTP-01), or route53 (DNS-01)"),
    ] = "gateway"
    ingress_class: Annotated[Name, Field(description="the IngressClass, with challenge ingress")] = "nginx"
    route53: Annotated[Route53 | None, Field(description="{hostedZoneId: ..., role: arn:...}: for route53")] = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if (self.challenge == "route53") != (self.route53 is not None):
            msg = "challenge route53 and the setting route53 go together"
            raise ValueError(msg)
        return self


class Issuers(Model):
    """Who signs."""

    lets_encrypt: Annotated[
        LetsEncrypt | None, Field(description="{challenge: gateway}; null where the cluster has these issuers already")
    ] = LetsEncrypt()
    authority: Annotated[
        Flag, Field(description="true makes stratmaster-ca, an authority that only who is told to trusts")
    ] = False
