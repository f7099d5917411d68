"""What is asked from outside: the name that users call, each slot, each MCP service."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions
from components.flows import MCP_PORTS
from components.monitoring.probe_jobs import MCP, PUBLIC, SLOTS


@dataclass(frozen=True, kw_only=True)
class ProbesArgs:
    """Who asks whom.

    Attributes:
        namespace: where the Probe objects live.
        host: the name that users call.
        prober: host:port of a blackbox exporter with the modules `http_2xx` (TLS checked) of its default configuration.
    """

    namespace: pulumi.Input[str]
    host: str
    prober: str


class Probes(pulumi.ComponentResource):
    """GET /healthz, every 30 seconds, of the public name, of each slot's Service and of each MCP service.

    The code exports no metrics (facts.md C15), so an answer is the one sign of life there is. It says that a process
    serves, not that what it needs is well (facts.md 2.2): the alerts on requests, database and cache say that.
    """

    def __init__(self, name: str, args: ProbesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:monitoring:Probes", name, None, opts)
        self._args = args
        self._probe("public", PUBLIC, [({}, f"https://{args.host}/healthz")])
        slots = [
            ({"slot": slot}, _inside(slot, conventions.API, conventions.API_SERVICE_PORT)) for slot in conventions.SLOTS
        ]
        self._probe("slots", SLOTS, slots)
        mcp = [
            ({"slot": slot, "service": service}, _inside(slot, service, port))
            for slot in conventions.SLOTS
            for service, port in MCP_PORTS.items()
        ]
        self._probe("mcp", MCP, mcp)
        self.register_outputs({})

    def _probe(self, name: str, job: str, targets: Sequence[tuple[Mapping[str, str], str]]) -> None:
        """One Probe object for each set of labels, since a static config has one."""
        for labels, url in targets:
            suffix = "-".join((name, *labels.values()))
            CustomResource(
                f"probe-{suffix}",
                api_version="monitoring.coreos.com/v1",
                kind="Probe",
                metadata={
                    "name": f"{conventions.PROJECT}-{suffix}",
                    "namespace": self._args.namespace,
                    "labels": conventions.labels("monitoring"),
                },
                spec={
                    "jobName": job,
                    "interval": "30s",
                    "scrapeTimeout": "10s",
                    "module": "http_2xx",
                    "prober": {"url": self._args.prober, "path": "/probe"},
                    "targets": {"staticConfig": {"static": [url], **({"labels": dict(labels)} if labels else {})}},
                },
                opts=pulumi.ResourceOptions(parent=self),
            )


def _inside(slot: str, service: str, port: int) -> str:
    return f"http://{service}.{conventions.slot_namespace(slot)}.svc:{port}/healthz"
