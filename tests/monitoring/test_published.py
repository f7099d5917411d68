"""What is read of programs that don't run here is what they serve: their metrics, their labels, the values that count.

The stories of `test_alerts.py` show that the rules work on their series; here, that those series are like real ones.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from components.monitoring.metric_sources import SCRAPED_METRICS
from components.monitoring.request_metrics import SOURCES as REQUESTS
from tests.monitoring.published import Labels, Published, published
from tests.monitoring.test_alerts import CASES

if TYPE_CHECKING:
    from collections.abc import Mapping

PROGRAMS: Final = (
    "kube-state-metrics",
    "kubelet",
    "cert-manager",
    "sealed-secrets",
    "external-secrets",
    "alertmanager",
)
OF_THE_SCRAPE: Final = {"instance", "job"}
"""Labels that Prometheus gives; a kubelet's series of volumes and containers carry their own namespace."""
CADVISORS_OWN: Final = {
    "namespace": "container_label_io_kubernetes_pod_namespace",
    "pod": "container_label_io_kubernetes_pod_name",
    "container": "container_label_io_kubernetes_container_name",
}
"""cAdvisor by itself has what Kubernetes calls a container as a label of Docker's; the kubelet names it anew."""
COUNTED: Final = {"condition", "status", "reason", "resource", "phase", "type", "mode", "fstype"}
"""Labels whose values are the program's own words, not somebody's names."""
KUBERNETES_OWN: Final[Mapping[str, set[str]]] = {"condition": {"ScalingActive"}}
"""Words that kube-state-metrics passes on from the API (autoscaling/v2), and happens not to use in its tests."""


@pytest.fixture(scope="module")
def found() -> dict[str, Published]:
    return published()


def test_every_metric_that_is_read_of_them_is_served(found: dict[str, Published]) -> None:
    for program in PROGRAMS:
        assert SCRAPED_METRICS[program] - set(found[program]) == set(), program


def test_the_ingress_controller_counts_requests_and_times_as_the_setting_reads_them(
    found: dict[str, Published],
) -> None:
    source, series = REQUESTS["ingress"], found["ingress-nginx"]
    for name in (source.counter, source.histogram):
        assert all({"ingress", "service", "status"} <= set(each) for each in series[name])
    assert all(re.fullmatch(r"\d{3}", each["status"] or "") for each in series[source.counter])


def _stories() -> list[tuple[str, str, Labels]]:
    """Alert, metric and labels of every series that a story of an alert is told with."""
    return [
        (case.alert, name, dict(re.findall(r'(\w+)="([^"]*)"', labels)))
        for case in CASES
        for name, _, labels in (each.selector.partition("{") for each in case.series)
    ]


@pytest.mark.parametrize("program", PROGRAMS)
def test_the_stories_series_are_as_the_program_has_them(program: str, found: dict[str, Published]) -> None:
    told = [(alert, name, labels) for alert, name, labels in _stories() if name in SCRAPED_METRICS[program]]
    assert told
    for alert, name, labels in told:
        served = found[program][name]
        if name.startswith("container_"):
            assert {CADVISORS_OWN[each] for each in labels} == set(CADVISORS_OWN.values())
            continue
        for label, value in labels.items():
            if label in OF_THE_SCRAPE:
                continue
            having = [each for each in served if label in each]
            assert having, f"{alert}: {name} has no label {label}"
            if label in COUNTED:
                words = {each[label] for each in having} | KUBERNETES_OWN.get(label, set())
                assert None in words or value in words, f"{alert}: {name} never has {label}={value}, but {words}"


def test_a_label_that_a_program_does_not_have_is_found(found: dict[str, Published]) -> None:
    assert "deployment" in found["kube-state-metrics"]["kube_deployment_spec_replicas"][0]
    assert "exported_namespace" not in found["kube-state-metrics"]["kube_deployment_spec_replicas"][0]
    assert found["sealed-secrets"]["sealed_secrets_controller_condition_info"] == [
        {"namespace": None, "name": None, "condition": None}
    ]
    assert set(found["cert-manager"]["certmanager_certificate_ready_status"][0]) >= {"name", "namespace", "condition"}
    assert set(found["external-secrets"]["externalsecret_status_condition"][0]) == {
        "name",
        "namespace",
        "condition",
        "status",
    }
