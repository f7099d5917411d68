"""Settings of the controllers that the cluster needs: there already, or installed by the foundation."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import Field, JsonValue

from settings.network import Ranges
from settings.values import Digest, Model, Text

Mode = Annotated[Literal["install", "present"], Field(description="install, or present: somebody else's")]
Version = Annotated[Text, Field(pattern=r"^v?[0-9]+\.[0-9]+\.[0-9]+([-+][0-9A-Za-z.+-]+)?$")]


class Chart(Model):
    """Which chart an installed controller is made of, and what the network has to let it reach."""

    repository: Annotated[
        Text | None,
        Field(
            pattern=r"^oci://[^/\s@]+(/[^/\s@:]+)+$",
            description="such as oci://quay.io/jetstack/charts/cert-manager, no tag",
        ),
    ] = None
    version: Annotated[Version | None, Field(description="one exact version, for example v1.21.2")] = None
    digest: Annotated[Digest | None, Field(description="sha256:..., as `helm pull` prints it for that version")] = None
    reaches: Annotated[
        tuple[Ranges, ...],
        Field(description="[{cidrs: [...], port: 443}]: what it calls beside DNS and the Kubernetes API"),
    ] = ()
    values: Annotated[
        dict[str, JsonValue], Field(description="more of the chart's values, such as digests of images; they win")
    ] = Field(default_factory=dict[str, JsonValue])
    admits: Annotated[
        tuple[Ranges, ...], Field(description="[{cidrs: [...], port: 8443}]: who calls it from outside the cluster")
    ] = ()


class Charts(Model):
    """Only what differs from the charts that the program knows."""

    cert_manager: Chart = Chart()
    external_secrets: Chart = Chart()
    sealed_secrets: Chart = Chart()
    cloud_native_pg: Chart = Chart()
    prometheus_operator: Chart = Chart()
    gateway: Chart = Chart()
    metrics_server: Chart = Chart()


class Controllers(Model):
    """Which controllers the foundation installs. A cluster shared with others has most of them already."""

    cert_manager: Mode = "present"
    external_secrets: Mode = "present"
    sealed_secrets: Mode = "present"
    cloud_native_pg: Mode = "present"
    prometheus_operator: Mode = "present"
    gateway: Mode = "present"
    metrics_server: Mode = "present"
    charts: Annotated[Charts, Field(description="{sealedSecrets: {digest: sha256:...}}: of what is installed")] = (
        Charts()
    )

    @property
    def installed(self) -> tuple[str, ...]:
        """The fields of those that are installed."""
        return tuple(name for name in Charts.model_fields if getattr(self, name) == "install")

    def chart(self, name: str) -> Chart:
        """A controller's chart: what is known of it, with what the settings say instead.

        A known digest is that of the known version in the known place, so it goes with neither of another.
        """
        known, said = KNOWN[name], Chart.model_validate(getattr(self.charts, name))
        moved = said.version not in {None, known.version} or said.repository not in {None, known.repository}
        return Chart(
            repository=said.repository or known.repository,
            version=said.version or known.version,
            digest=said.digest or (None if moved else known.digest),
            reaches=said.reaches,
            admits=said.admits,
            values=said.values,
        )


_MIRROR: Final = "oci://ghcr.io/iamjonobo/charts"
"""Where the charts go that their owners publish without a registry, so without a digest (docs/controllers.md)."""

KNOWN: Final[Mapping[str, Chart]] = {
    "cert_manager": Chart(
        repository="oci://quay.io/jetstack/charts/cert-manager",
        version="v1.21.2",
        digest="sha256:634dce9c13b56677a2c05e2ab76c312d0be2664022d5dd05815da67e1fd5f610",
    ),
    "external_secrets": Chart(repository="oci://ghcr.io/external-secrets/charts/external-secrets", version="1.3.1"),
    "sealed_secrets": Chart(repository=f"{_MIRROR}/sealed-secrets", version="2.16.0"),
    "cloud_native_pg": Chart(repository="oci://ghcr.io/cloudnative-pg/charts/cloudnative-pg", version="0.29.0"),
    "prometheus_operator": Chart(
        repository="oci://ghcr.io/prometheus-community/charts/kube-prometheus-stack",
        version="91.4.1",
        digest="sha256:e1b65a9105560251ad78b2ef95ad806245e7311a989b60bdbb315c3878bc21d9",
    ),
    "gateway": Chart(repository=f"{_MIRROR}/contour", version="0.7.0"),
    "metrics_server": Chart(repository=f"{_MIRROR}/metrics-server", version="3.13.1"),
}
"""The charts that the values in components/controllers/ were written for.

The two digests are what `helm pull` printed in many published transcripts, none of which disagrees; no other has a
source that more than one person has seen, so whoever installs it pulls the chart and says what they got.
"""
