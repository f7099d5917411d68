"""What the foundation installs: pinned, confined, and before what needs it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Final, cast

import pytest
import yaml

from components.controllers.catalogue import CATALOGUE
from rehearsal.engine.record import Recording
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, mapping
from tests.controllers.charts import CHARTS
from tests.policies.judging import Pack
from tests.stacks.recorded import run

DIGEST: Final = "sha256:" + "a" * 64
API_SERVER: Final = {"cidrs": ["10.0.0.1/32"], "port": 6443}
KEYS: Final = (
    "certManager",
    "externalSecrets",
    "sealedSecrets",
    "cloudNativePg",
    "prometheusOperator",
    "gateway",
    "metricsServer",
)
KUBERNETES: Final = {
    "annotations",
    "containerSecurityContext",
    "podSecurityContext",
    "resources",
    "securityContext",
} | {"minAvailable"}
"""Values that a chart hands on as they are, and one that cert-manager's names in a comment (its schema has it)."""
RIGHTS: Final = frozenset({"image-digest", "image-registry", "pod-no-api-token", "rbac-no-secrets"})
"""What every controller is: somebody else's image, with a token, that reads Secrets."""
INHERENT: Final[Mapping[str, frozenset[str]]] = {
    "cert-manager": RIGHTS
    | {
        "probe-liveness",
        "probe-readiness",
        "rbac-no-cluster-control",
        "rbac-not-running-pods",
        "secrets-no-literals",
        "service-account-no-token",
    },
    "external-secrets": RIGHTS
    | {"probe-liveness", "probe-readiness", "rbac-no-cluster-control", "service-account-no-token"},
    "sealed-secrets": RIGHTS | {"availability-replicas", "rbac-not-into-pods", "service-account-no-token"},
    "metrics-server": frozenset(
        {"image-digest", "image-registry", "namespace-explicit", "pod-no-api-token", "service-account-no-token"}
    ),
}
"""Rules that a chart breaks whatever its values are; docs/controllers.md says what to do about them."""


@cache
def everything() -> Recording:
    """The foundation that installs all of them, with all that needs them."""
    charts: dict[str, dict[str, object]] = {key: {"digest": DIGEST} for key in KEYS}
    charts["certManager"]["reaches"] = [{"cidrs": ["203.0.113.0/24"], "port": 443}]
    charts["gateway"]["admits"] = [{"cidrs": ["10.20.0.0/16"], "port": 8443}]
    charts["metricsServer"]["values"] = {"image": {"tag": "v0.8.1"}, "replicas": 3}
    recording = run(
        "production",
        controllers={**dict.fromkeys(KEYS, "install"), "charts": charts},
        network={"apiServer": API_SERVER},
        issuers={"authority": True},
        database={"mode": "cluster"},
        operations={"tag": "v1", "digest": DIGEST},
        backups={"bucket": "backups"},
    )
    assert recording.error is None, recording.error
    return recording


def releases() -> dict[str, Resource]:
    return {each.name: each for each in everything().resources if each.type == "kubernetes:helm.sh/v3:Release"}


def component(name: str) -> Resource:
    (found,) = [each for each in everything().resources if each.name == name and not each.custom]
    return found


def objects(kind: str, namespace: str) -> list[Properties]:
    found = [each.inputs for each in everything().of_kind(kind)]
    return [each for each in found if mapping(each["metadata"]).get("namespace") == namespace]


def test_by_default_nothing_is_installed() -> None:
    assert not [each for each in run("production").resources if each.type == "kubernetes:helm.sh/v3:Release"]


@pytest.mark.parametrize("key", CATALOGUE)
def test_a_release_is_pinned_by_version_and_digest_and_takes_itself_back(key: str) -> None:
    inputs = releases()[CATALOGUE[key].name].inputs
    place, _, digest = str(inputs["chart"]).partition("@")
    assert place.startswith("oci://")
    assert digest == DIGEST
    assert inputs["version"]
    assert (inputs["atomic"], inputs["skipAwait"], inputs["skipCrds"]) == (True, False, False)
    assert "repositoryOpts" not in inputs


@pytest.mark.parametrize("key", CATALOGUE)
def test_a_controller_is_confined_before_it_runs(key: str) -> None:
    controller = CATALOGUE[key]
    (namespace,) = [
        each
        for each in everything().of_kind("Namespace")
        if mapping(each.inputs["metadata"])["name"] == controller.namespace
    ]
    labels = mapping(mapping(namespace.inputs["metadata"])["labels"])
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    (quota,) = objects("ResourceQuota", controller.namespace)
    hard = mapping(mapping(quota["spec"])["hard"])
    assert (hard["services.loadbalancers"], hard["services.nodeports"]) == (str(controller.load_balancers), "0")
    policies = {str(mapping(each["metadata"])["name"]) for each in objects("NetworkPolicy", controller.namespace)}
    assert {"default-deny", "controller-api-server-egress", "controller-dns-egress"} <= policies
    assert ("controller-webhooks-ingress" in policies) == bool(controller.webhooks)
    assert ("controller-reaches-0-egress" in policies) == (key == "cert_manager")
    assert ("controller-admits-0-ingress" in policies) == (key == "gateway")
    before = set(releases()[controller.name].dependencies)
    made = [each.urn for each in everything().resources if f"{controller.name}-network" in each.urn and each.custom]
    assert made
    assert {namespace.urn, *made} <= before


def test_both_ends_of_a_connection_open_it() -> None:
    """A gateway's namespace takes part in StratMaster's own table of flows, as the platform's would."""
    contour = {str(mapping(each["metadata"])["name"]) for each in objects("NetworkPolicy", "projectcontour")}
    assert {"gateway-to-api-egress", "gateway-to-maintenance-egress", "gateway-to-acme-solver-egress"} <= contour
    operator = {str(mapping(each["metadata"])["name"]) for each in objects("NetworkPolicy", "cnpg-system")}
    assert "operator-to-database-egress" in operator


@pytest.mark.parametrize(
    ("user", "controller"),
    [
        ("secrets", "sealed-secrets"),
        ("issuers", "cert-manager"),
        ("alerts", "prometheus-operator"),
        ("probes", "prometheus-operator"),
        ("database", "cloudnative-pg"),
        ("metrics-server", "cert-manager"),
    ],
)
def test_what_uses_a_controller_is_made_after_it(user: str, controller: str) -> None:
    release, after = releases()[controller], component(user)
    assert release.urn in after.dependencies
    order = [each.urn for each in everything().resources]
    below = [each.urn for each in everything().resources if each.parent == after.urn]
    assert below
    assert all(order.index(release.urn) < order.index(urn) for urn in below)


def test_values_of_the_settings_win_key_by_key() -> None:
    values = mapping(releases()["metrics-server"].inputs["values"])
    assert (values["image"], values["replicas"]) == ({"tag": "v0.8.1"}, 3)
    assert mapping(values["podDisruptionBudget"])["enabled"] is True


def test_where_no_chart_can_be_had_the_pack_says_so_of_each_and_of_nothing_else() -> None:
    said = Pack().of(stack="production", role="foundation").stack(*everything().resources)
    blocking = sorted((each.name, each.rule) for each in said if each.mandatory)
    assert blocking == sorted((each.name, "coverage-readable") for each in CATALOGUE.values())
    assert all("can't be rendered" in each.sentence for each in said if each.mandatory)


pytestmark = pytest.mark.usefixtures("helm_on_the_path")


@pytest.fixture(scope="module")
def charts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("charts")
    return {name: each.copied(folder) for name, each in CHARTS.items()}


@pytest.mark.parametrize("name", CHARTS)
def test_a_real_chart_breaks_no_rule_but_those_that_its_purpose_does(name: str, charts: dict[str, Path]) -> None:
    """Among what it keeps: all of Pod Security, requests and limits, budgets, no node port."""
    release = releases()[name]
    local = {**release.inputs, "chart": str(charts[name]), "version": ""}
    shown = [
        replace(each, inputs=local, outputs=local) if each is release else each
        for each in everything().resources
        if each.type != release.type or each is release
    ]
    said = Pack().of(stack="production", role="foundation").stack(*shown)
    assert {each.rule for each in said if each.mandatory} == INHERENT[name]


@pytest.mark.parametrize("name", CHARTS)
def test_every_value_is_one_that_the_chart_knows(name: str, charts: dict[str, Path]) -> None:
    known = cast("dict[str, object]", yaml.safe_load((charts[name] / "values.yaml").read_text()))
    values = {**mapping(releases()[name].inputs["values"])}
    assert list(_unknown(values, known, "")) == []


def _unknown(values: Mapping[str, object], known: Mapping[str, object], path: str) -> Iterator[str]:
    for key, value in values.items():
        if key in KUBERNETES:
            continue
        if key not in known:
            yield f"{path}{key}"
        elif isinstance(value, Mapping) and isinstance(default := known[key], Mapping) and default:
            yield from _unknown(
                cast("Mapping[str, object]", value), cast("Mapping[str, object]", default), f"{path}{key}."
            )
