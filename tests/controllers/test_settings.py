"""What may be said of controllers."""

from collections.abc import Mapping
from typing import Final

import pytest

from tests.settings.stack_files import FOUNDATION, read, refusal

DIGEST: Final = "sha256:" + "a" * 64
API_SERVER: Final = {"cidrs": ["10.0.0.1/32"], "port": 6443}


def refused(controllers: Mapping[str, object], network: Mapping[str, object] | None = None) -> tuple[str, str]:
    """The one thing said of these settings: what, and how to mend it."""
    (problem,) = refusal(FOUNDATION, "production", controllers=controllers, network=network or {})
    return problem


def test_a_chart_without_a_digest_is_refused_with_the_way_to_it() -> None:
    assert refused({"sealedSecrets": "install"}, network={"apiServer": API_SERVER}) == (
        "stratmaster:controllers.sealedSecrets is install, but charts.sealedSecrets.digest is missing beside it.",
        "Set it to what `helm pull oci://ghcr.io/iamjonobo/charts/sealed-secrets --version 2.16.0` prints as Digest.",
    )


def test_a_known_digest_goes_with_no_other_version() -> None:
    network = {"apiServer": API_SERVER}
    assert read(FOUNDATION, "production", controllers={"certManager": "install"}, network=network)
    other = {"certManager": "install", "charts": {"certManager": {"version": "v1.22.0"}}}
    assert "--version v1.22.0" in refused(other, network=network)[1]


def test_a_controller_that_could_not_reach_the_cluster_is_refused() -> None:
    assert refused({"certManager": "install"})[0] == (
        "stratmaster:network.apiServer is missing: no controller that is installed could reach the cluster."
    )


def test_a_chart_that_nothing_installs_is_refused() -> None:
    said = refused({"charts": {"gateway": {"digest": DIGEST}}})[0]
    assert said.startswith("stratmaster:controllers.charts.gateway is set, but gateway is present")


@pytest.mark.parametrize("place", ["https://charts.jetstack.io", "oci://quay.io/chart:v1", "oci://quay.io/a@sha256:0"])
def test_a_chart_comes_from_a_registry_and_its_version_stands_by_itself(place: str) -> None:
    chart = {"certManager": "install", "charts": {"certManager": {"repository": place, "digest": DIGEST}}}
    assert "charts.certManager.repository" in refused(chart, network={"apiServer": API_SERVER})[0]
