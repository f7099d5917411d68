from __future__ import annotations

import pytest

from rehearsal.engine.wire import UNKNOWN, Secret, Value
from tests.policies.judging import PINNED, PINS, Judge, resource

RULE = "provider-pinned-cluster"
PROVIDER = "pulumi:providers:kubernetes"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


def test_a_resource_of_a_pinned_provider_passes(production: Judge) -> None:
    assert production.findings(RULE, CONFIG_MAP, {}, PINNED) == []


def test_a_pinned_provider_itself_passes(production: Judge) -> None:
    assert production.findings(RULE, PROVIDER, PINS, None) == []


@pytest.mark.parametrize("name", ["default", "default_4_34_2"])
def test_the_default_provider_is_refused_even_if_config_pins_it(production: Judge, name: str) -> None:
    default = resource(PROVIDER, inputs=PINS, name=name)
    assert len(production.findings(RULE, CONFIG_MAP, {}, default)) == 1


def test_no_provider_at_all_is_refused(production: Judge) -> None:
    assert len(production.findings(RULE, CONFIG_MAP, {}, None)) == 1


@pytest.mark.parametrize("pin", ["context", "clusterIdentifier"])
@pytest.mark.parametrize("value", [None, "", " ", UNKNOWN, 7, ["stratmaster"]])
def test_a_provider_without_a_pin_is_refused_at_the_provider_and_at_its_resources(
    production: Judge, pin: str, value: Value
) -> None:
    settings = {**PINS, pin: value}
    assert [line.split(" ")[0] for line in production.findings(RULE, PROVIDER, settings, None)] == [pin]
    provider = resource(PROVIDER, inputs=settings, name="cluster")
    assert [line.split(" ")[0] for line in production.findings(RULE, CONFIG_MAP, {}, provider)] == [f"provider.{pin}"]


def test_an_unknown_pin_is_called_unknown(production: Judge) -> None:
    [found] = production.findings(RULE, PROVIDER, {**PINS, "context": UNKNOWN}, None)
    assert found.startswith("context is unknown until the update")


def test_a_pin_that_is_secret_counts(production: Judge) -> None:
    assert production.findings(RULE, PROVIDER, {**PINS, "context": Secret("stratmaster")}, None) == []


def test_every_kubernetes_type_is_asked_custom_ones_and_releases_too(production: Judge) -> None:
    for type_ in ("kubernetes:helm.sh/v3:Release", "kubernetes:cert-manager.io/v1:Certificate"):
        assert len(production.findings(RULE, type_, {}, None)) == 1


@pytest.mark.parametrize("type_", ["kubernetes:helm.sh/v4:Chart", "kubernetes:yaml/v2:ConfigGroup", "stratmaster:Slot"])
def test_components_which_have_no_provider_of_their_own_pass(production: Judge, type_: str) -> None:
    assert production.findings(RULE, type_, {}, None) == []
