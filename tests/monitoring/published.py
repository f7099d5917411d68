"""What programs that can't run here say of their metrics: what their own tests expect them to serve, or their sources.

Each is a Go module, fetched when a test first asks, pinned by its sum; what is kept of it is only names and labels, in
the cache outside the checkout.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeAlias, cast

from rehearsal.control_plane import binaries, golang, modules
from rehearsal.control_plane.modules import Source
from rehearsal.control_plane.sources import CONTROLLER, pinned
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Iterator

Labels: TypeAlias = "dict[str, str | None]"
"""A series' labels; None for a value that the source leaves open."""
Published: TypeAlias = "dict[str, list[Labels]]"
"""Metric -> the series of it that are spoken of."""

_GO: Final = (1, 25, 0)
_SAMPLE: Final = re.compile(r"^\s*([a-z_][a-z0-9_]*)\{([^}\n]*)\}\s*[-+0-9.eEINa]*", re.MULTILINE)
_LABEL: Final = re.compile(r'([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A metric as a Go source declares it.

    Args:
        metric: its whole name.
        by: what of the name stands in the source.
        labels: what stands before the list of its labels.
    """

    metric: str
    by: str
    labels: str


@dataclass(frozen=True, kw_only=True)
class Said:
    """What files of a Go module say of a program's metrics.

    Args:
        program: as `components/monitoring/metric_sources.py` calls it.
        source: the files.
        declared: what to read there where the files are sources; else they hold series as they are served.
    """

    program: str
    source: Source
    declared: tuple[Declared, ...] = ()


def _named(prefix: str, *names: str, whole: bool) -> tuple[Declared, ...]:
    """Metrics whose labels follow on their names."""
    written = {name: f'"{prefix}_{name}"' if whole else f'"{name}"' for name in names}
    return tuple(Declared(metric=f"{prefix}_{name}", by=by, labels=by) for name, by in written.items())


_INGRESS_NGINX: Final = Source(
    module="k8s.io/ingress-nginx",
    version="v0.0.0-20240708192948-52c50467d67d",
    digest="h1:tZui5g6S4GO1hxLm6yrEoIXLkl4QfeGytlmZqZ+DmdQ=",
    files=(),
)
SAID: Final = (
    Said(
        program="kube-state-metrics",
        source=Source(
            module="k8s.io/kube-state-metrics/v2",
            version="v2.13.0",
            digest="h1:g5OV0cwrDKvyrQApYxI7Ny+vFUgU3X6MYrnIzdCAdNU=",
            files=("internal/store/*_test.go",),
        ),
    ),
    Said(
        program="kubelet",
        source=Source(
            module="k8s.io/kubernetes",
            version="v1.37.2",
            digest="h1:A2VDEiObzkYqFTKhSsn0ZEb0RlLEXpHWj93gi2HqEwE=",
            files=("pkg/kubelet/metrics/collectors/volume_stats_test.go",),
        ),
    ),
    Said(
        program="kubelet",
        source=Source(
            module="github.com/google/cadvisor/lib",
            version="v0.60.5",
            digest="h1:C2Ty0ccuKDQnFW4vCSa58wmjc26jL6GiwGEY00pQcIg=",
            files=("metrics/testdata/prometheus_metrics",),
        ),
    ),
    Said(
        program="ingress-nginx",
        source=replace(_INGRESS_NGINX, files=("internal/ingress/metric/collectors/socket_test.go",)),
    ),
    Said(
        program="ingress-nginx",
        source=replace(_INGRESS_NGINX, files=("internal/ingress/metric/collectors/socket.go", "pkg/flags/flags.go")),
        declared=tuple(
            Declared(
                metric="nginx_ingress_controller_request_duration_seconds", by=by, labels="var requestTags = []string"
            )
            for by in ('"request_duration_seconds"', '"time-buckets", prometheus.DefBuckets')
        ),
    ),
    Said(
        program="cert-manager",
        source=replace(
            pinned("github.com/cert-manager/cert-manager"), files=("internal/collectors/certificate_collector.go",)
        ),
        declared=_named("certmanager_certificate", "ready_status", "expiration_timestamp_seconds", whole=True),
    ),
    Said(
        program="sealed-secrets",
        source=replace(CONTROLLER, files=("pkg/controller/metrics.go",)),
        declared=_named("sealed_secrets_controller", "condition_info", "unseal_errors_total", whole=False),
    ),
    Said(
        program="external-secrets",
        source=replace(
            pinned("github.com/external-secrets/external-secrets"),
            files=("pkg/controllers/externalsecret/esmetrics/esmetrics.go", "pkg/controllers/metrics/labels.go"),
        ),
        declared=(
            Declared(
                metric="externalsecret_status_condition",
                by='StatusConditionKey = "status_condition"',
                labels="\tConditionMetricLabelNames = []string",
            ),
        ),
    ),
    Said(
        program="alertmanager",
        source=Source(
            module="github.com/prometheus/alertmanager",
            version="v0.34.2",
            digest="h1:4oOnHs4J41X9n+7MucFjA3I5i5MtasjWTnIY27q5Qkw=",
            files=("notify/metrics.go", "config/coordinator.go"),
        ),
        declared=(
            *(
                Declared(metric=f"alertmanager_{name}", by=f'"{name}"', labels="labels := []string")
                for name in ("notifications_total", "notifications_failed_total")
            ),
            Declared(
                metric="alertmanager_config_last_reload_successful",
                by='"alertmanager_config_last_reload_successful"',
                labels="",
            ),
        ),
    ),
)


def published() -> dict[str, Published]:
    """Program -> metrics, fetched where this machine has never fetched them.

    Raises:
        RehearsalError: a module can't be had, or isn't what was pinned, or lacks what is read in it.
    """
    kept = binaries.cache() / f"published-{hashlib.sha256(repr(SAID).encode()).hexdigest()[:16]}.json"
    if not kept.exists():
        found: dict[str, Published] = {}
        for said in SAID:
            of = found.setdefault(said.program, {})
            for metric, series in _read(said):
                of.setdefault(metric, []).append(series)
        fresh = kept.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(found))
        fresh.rename(kept)
    return cast("dict[str, Published]", json.loads(kept.read_text()))


def _read(said: Said) -> Iterator[tuple[str, Labels]]:
    go = golang.provide(_GO, binaries.cache(), print)
    text = "\n".join(path.read_text() for path in modules.files(go, said.source))
    if not said.declared:
        for name, labels in _SAMPLE.findall(text):
            yield name, dict(_LABEL.findall(labels))
    for each in said.declared:
        if each.by not in text or each.labels not in text:
            raise RehearsalError(
                f"{said.source.module} doesn't speak of {each.metric}.", "Was it renamed? See its changes."
            )
        yield each.metric, dict.fromkeys(_listed(text, each.labels)) if each.labels else {}


def _listed(text: str, before: str) -> Iterator[str]:
    """The strings of the first list after something; names in it are constants of the same text."""
    items = text.partition(before)[2].partition("{" if before.endswith("string") else "[]string{")[2].partition("}")[0]
    for item in (each.strip() for each in items.split(",")):
        constant = re.search(rf'\b{re.escape(item)}\s*=\s*("\w+")', text) if not item.startswith('"') else None
        yield (constant[1] if constant else item).strip('"')
