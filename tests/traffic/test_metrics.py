"""What the alerts count requests by is what the gateway really counts."""

from __future__ import annotations

import http.client
import socket
from typing import TYPE_CHECKING

from components.monitoring.request_metrics import SOURCES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.traffic.live_site import Site


class _Admin(http.client.HTTPConnection):
    """A connection to Envoy's own page, which listens on a socket's name."""

    def __init__(self, path: Path) -> None:
        super().__init__("envoy", timeout=10)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.connect(str(self._path))


def _served(site: Site) -> list[str]:
    admin = _Admin(site.folder / "admin.sock")
    admin.request("GET", "/stats/prometheus")
    return admin.getresponse().read().decode().splitlines()


def _count(lines: list[str], name: str, *labels: str) -> float:
    found = [line for line in lines if line.startswith(f"{name}{{") and all(label in line for label in labels)]
    assert found, f"the gateway serves no {name} with {labels}"
    return sum(float(line.rsplit(" ", 1)[1]) for line in found)


def test_a_users_request_is_counted_under_the_live_slots_name_and_in_the_promises_buckets(site: Site) -> None:
    source = SOURCES["gateway"]
    slot = 'envoy_cluster_name="stratmaster-blue_stratmaster-api_80"'
    good = (slot, 'envoy_response_code_class="2"')
    bounds = (f"{source.histogram}_bucket", slot)
    site.ask("/")
    before = _served(site)
    site.ask(*["/"] * 20)
    after = _served(site)
    assert _count(after, source.counter, *good) - _count(before, source.counter, *good) == 20
    # Envoy adds up its histograms every five seconds.
    requests = _count(after, source.counter, slot)
    site.eventually(
        lambda: _count(_served(site), f"{source.histogram}_count", slot) == requests, "every request is timed"
    )
    timed = _served(site)
    for bound in ("500", "1000"):
        assert _count(timed, *bounds, f'le="{bound}"') == requests
