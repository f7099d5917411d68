"""Settings of traffic: which slot the users reach, and how."""

from typing import Annotated, Literal

from pydantic import Field

from settings.common import CommonSettings
from settings.values import Flag, Hostname, Model, Name, Percent, Text, Whole


class Weights(Model):
    """Per cent of the requests that each slot gets. They total 100."""

    blue: Annotated[Percent, Field(description="per cent, 0 to 100")] = 0
    green: Annotated[Percent, Field(description="per cent, 0 to 100")] = 0

    def by_slot(self) -> dict[str, int]:
        """Slot -> per cent, for every slot."""
        return {"blue": self.blue, "green": self.green}


class Limits(Model):
    """What a client may ask for (facts.md 4.7 and C42)."""

    body_size_megabytes: Annotated[Whole, Field(ge=1, description="size of a request's body")] = 16
    timeout_seconds: Annotated[Whole, Field(ge=1, description="how long a (streamed) answer may take")] = 600
    requests_per_minute: Annotated[Whole, Field(ge=1, description="requests of one client")] = 100


class Ingress(Model):
    """What only ingress mode needs."""

    class_name: Annotated[Name, Field(description="the IngressClass")] = "nginx"
    response_headers: Annotated[
        Flag,
        Field(description="true only if the controller's global-allowed-response-headers names the security headers"),
    ] = False


class TrafficSettings(CommonSettings):
    """Every key of traffic's stack file."""

    role: Literal["traffic"]
    foundation: Annotated[Text, Field(description="the stack whose namespace holds the entry")] = "production"
    host: Annotated[Hostname, Field(description="the name that users call, for example api.stratmaster.com")] = (
        "api.stratmaster.com"
    )
    entry: Annotated[Literal["gateway", "ingress"], Field(description="gateway, or the guide's ingress")] = "gateway"
    gateway_class: Annotated[Name, Field(description="the GatewayClass, with entry gateway")] = "contour"
    ingress: Annotated[Ingress, Field(description="{className: nginx}, with entry ingress")] = Ingress()
    weights: Annotated[Weights, Field(description="{blue: 100, green: 0}")]
    maintenance: Annotated[Flag, Field(description="true sends everybody to the maintenance page")] = False
    issuer: Annotated[Name, Field(description="the issuer that signs the certificate")] = "letsencrypt-prod"
    issuer_kind: Annotated[
        Literal["ClusterIssuer", "Issuer"],
        Field(description="ClusterIssuer, or Issuer for one of the namespace, such as stratmaster-ca"),
    ] = "ClusterIssuer"
    limits: Annotated[
        Limits, Field(description="{bodySizeMegabytes: 16, timeoutSeconds: 600, requestsPerMinute: 100}")
    ] = Limits()
