"""A real blackbox exporter asks, by the emitted Probes, servers that answer or don't, and the right alert comes of it.

Only where a name leads is the test's: the module, the path, the labels and the rules are what the program emits.
"""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import pytest

from components.monitoring.metric_sources import SCRAPED_METRICS
from tests.monitoring import debian, emitted
from tests.monitoring.prometheus import Prometheus, metrics_of, process, text, until, watching
from tests.operations.healthcheck.sites import Site, certificate, site
from tests.operations.servers import free_port

SERVED_DAYS: Final = 10
"""The certificate's, so that its alert holds from the beginning."""
PUBLIC: Final = "https://api.stratmaster.com/healthz"


@dataclass(frozen=True, kw_only=True)
class Probed:
    """What runs.

    Args:
        prometheus: which scrapes the exporter.
        exporter: where the exporter is.
        sites: the server behind each target.
    """

    prometheus: Prometheus
    exporter: str
    sites: Mapping[str, Site]

    def behind(self, *words: str) -> Site:
        """The server behind the one target that has all these words."""
        (found,) = [site for target, site in self.sites.items() if all(word in target for word in words)]
        return found


def _targets() -> Sequence[str]:
    probes = emitted.objects("production", "Probe")
    return [str(target) for probe in probes for target in probe["spec"]["targets"]["staticConfig"]["static"]]


def _job(number: int, probe: Mapping[str, Any], exporter: str, sites: Mapping[str, Site]) -> dict[str, Any]:
    """A Probe as the operator makes a scrape of it, with each name led to its server."""
    spec = probe["spec"]
    asked = spec["targets"]["staticConfig"]
    led = [
        {
            "source_labels": ["instance"],
            "regex": target,
            "target_label": "__param_target",
            "replacement": f"{sites[target].url}{urlsplit(target).path}",
        }
        for target in map(str, asked["static"])
    ]
    return {
        "job_name": f"probe/{number}",
        "metrics_path": spec["prober"]["path"],
        "params": {"module": [spec["module"]]},
        "static_configs": [{"targets": asked["static"], "labels": asked.get("labels", {})}],
        "relabel_configs": [
            {"target_label": "job", "replacement": spec["jobName"]},
            {"source_labels": ["__address__"], "target_label": "instance"},
            *led,
            {"target_label": "__address__", "replacement": exporter},
        ],
    }


@contextmanager
def _standing(prometheus: Path, blackbox: Path) -> Generator[Probed]:
    with ExitStack() as stack, tempfile.TemporaryDirectory(prefix="probed-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        trusted = certificate(folder, "localhost", SERVED_DAYS)
        sites = {
            target: stack.enter_context(site(folder if target.startswith("https") else None)) for target in _targets()
        }
        exporter = f"127.0.0.1:{free_port()}"
        flags = (f"--web.listen-address={exporter}", f"--config.file={blackbox.parents[2]}/etc/prometheus/blackbox.yml")
        stack.enter_context(process(blackbox, *flags, SSL_CERT_FILE=str(trusted)))
        until(lambda: "Healthy" in text(f"http://{exporter}/-/healthy"), lambda: "the blackbox exporter isn't there")
        probes = emitted.objects("production", "Probe")
        jobs = [_job(number, probe, exporter, sites) for number, probe in enumerate(probes)]
        rules = [*emitted.groups(), *emitted.groups_of(emitted.objects("traffic", "PrometheusRule"))]
        server = stack.enter_context(watching(prometheus, folder, jobs, rules))
        yield Probed(prometheus=server, exporter=f"http://{exporter}", sites=sites)


@pytest.fixture(scope="module")
def probed(prometheus: Path) -> Generator[Probed]:
    with _standing(prometheus, debian.needed("prometheus-blackbox-exporter")) as found:
        yield found


def test_the_name_that_users_call_each_slot_and_each_mcp_service_are_asked() -> None:
    assert len(_targets()) == len(set(_targets())) == 1 + 2 * (1 + 5)
    assert PUBLIC in _targets()


def test_while_all_answer_only_the_certificate_that_ends_soon_is_told_of(probed: Probed) -> None:
    probed.prometheus.wait_for("ServedCertificateExpiring")
    until(lambda: set(probed.prometheus.alerts()) == {"ServedCertificateExpiring"}, probed.prometheus.alerts)
    (told,) = probed.prometheus.holding()
    assert told["labels"]["instance"] == PUBLIC
    assert told["annotations"]["description"].startswith(f"{PUBLIC} serves a certificate that ends in 9d 23h")


def test_the_exporter_serves_what_the_rules_read(probed: Probed) -> None:
    served = metrics_of(f"{probed.exporter}/probe?module=http_2xx&target={probed.sites[PUBLIC].url}/healthz")
    assert SCRAPED_METRICS["blackbox_exporter"] <= served


def test_an_idle_slot_may_be_silent(probed: Probed) -> None:
    idle = probed.behind("stratmaster-api.", "green")
    idle.manners.status = 503
    up = 'probe_success{job="stratmaster-slots",slot="green"}'
    until(lambda: '"0"]' in text(f"{probed.prometheus.url}/api/v1/query?query={up}"), lambda: "it is asked no more")
    assert set(probed.prometheus.alerts()) == {"ServedCertificateExpiring"}


@pytest.mark.parametrize(
    ("words", "alert", "labels"),
    [
        (("api.stratmaster.com",), "ApiUnreachable", {"severity": "page"}),
        (("stratmaster-api.", "blue"), "LiveSlotSilent", {"slot": "blue", "severity": "page"}),
        (("research-mcp.", "blue"), "McpServiceSilent", {"slot": "blue", "service": "research-mcp"}),
    ],
    ids=["nobody reaches the API", "the live slot", "an MCP service of the live slot"],
)
def test_what_answers_that_it_is_not_well_becomes_its_alert(
    probed: Probed, words: tuple[str, ...], alert: str, labels: Mapping[str, str]
) -> None:
    silent = probed.behind(*words)
    silent.manners.status = 503
    probed.prometheus.wait_for(alert)
    (told,) = [each for each in probed.prometheus.holding() if each["labels"]["alertname"] == alert]
    silent.manners.status = 200
    assert labels.items() <= told["labels"].items()
    probed.prometheus.wait_until_over(alert)
