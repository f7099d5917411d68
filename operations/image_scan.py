"""The scan of what runs: which images there are, and what Trivy found in them.

Three containers of one pod take turns, so that none has what it doesn't need: `scan list` asks the cluster and has no
password, Trivy unpacks what strangers built and has neither token nor password, `scan record` has the database's.
Between them are files: a line an image, and a report of Trivy's an image.

The threat is a scan that says nothing and looks clean: an image without a whole report of its own fails the run, and
what the others were found to have is recorded all the same.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

from operations import metrics
from operations.config.cluster import Cluster, Json, Kind, Object
from operations.environment import Environment
from operations.errors import OperationError
from operations.postgres import Server
from operations.records import recorded
from operations.saying import say

PODS: Final = Kind(api_version="v1", kind="Pod", plural="pods", namespaced=True)
_NAMESPACES: Final = ("stratmaster-production", "stratmaster-blue", "stratmaster-green")
_REFERENCE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:/@-]*")
"""Whatever begins with a dash would be an option of Trivy's. A kubelet refuses such a name, so nothing runs by it."""


@dataclass(frozen=True, kw_only=True)
class Found:
    """What a scan came to.

    Attributes:
        findings: image -> severity -> how many; every severity of `metrics.SEVERITIES` is there.
        unread: images without a whole report of their own.
    """

    findings: Mapping[str, Mapping[str, int]]
    unread: Sequence[str]

    def detail(self) -> Mapping[str, int]:
        """As the table of runs keeps it: `<image> <severity>` -> how many."""
        return {
            f"{image} {severity}": count
            for image, counts in self.findings.items()
            for severity, count in counts.items()
        }


def add(command: argparse.ArgumentParser) -> None:
    """The actions of `scan`."""
    actions = command.add_subparsers(metavar="ACTION", required=True)
    images = actions.add_parser("list", help="every image of the pods in these namespaces, a line each")
    images.add_argument("--images", required=True, type=Path, metavar="FILE", help="where the lines go")
    images.add_argument("--namespace", action="append", metavar="NAME", help=f"else {', '.join(_NAMESPACES)}")
    images.add_argument("--context", help="of the kubeconfig; has to be given outside a pod")
    images.set_defaults(run=list_images)
    record = actions.add_parser("record", help="what Trivy's reports say, into the table of runs")
    record.add_argument("--images", required=True, type=Path, metavar="FILE", help="what was to be scanned")
    record.add_argument("--reports", required=True, type=Path, metavar="DIR", help="Trivy's reports, as JSON")
    record.set_defaults(run=record_scan)


def list_images(options: argparse.Namespace, _environment: Environment) -> None:
    """Write down which images there are."""
    cluster = Cluster.here(options.context)
    images = images_of(cluster, options.namespace or _NAMESPACES)
    options.images.write_text("".join(f"{image}\n" for image in images), encoding="utf-8")
    say(f"{len(images)} images to scan")


def images_of(cluster: Cluster, namespaces: Sequence[str]) -> Sequence[str]:
    """Every image that a pod there names, once.

    Raises:
        OperationError: a namespace is there, but its pods may not be listed; or nothing runs anywhere.
    """
    images: set[str] = set()
    for namespace in namespaces:
        if cluster.get(f"/api/v1/namespaces/{namespace}") is None:
            say(f"namespace {namespace} is not there")
            continue
        for pod in cluster.list(PODS, namespace):
            images |= set(_named_by(pod))
    if not images:
        raise OperationError(f"no pod runs in {', '.join(namespaces)}", "Is this the right cluster?")
    for image in sorted(images):
        if not _REFERENCE.fullmatch(image):
            say(f"no image has the name {image!r}: left out")
    return [image for image in sorted(images) if _REFERENCE.fullmatch(image)]


def _named_by(pod: Object) -> Iterator[str]:
    spec = cast("Object", pod["spec"])
    for group in ("initContainers", "containers", "ephemeralContainers"):
        for container in cast("list[Object]", spec.get(group) or []):
            yield str(container["image"])


def record_scan(options: argparse.Namespace, environment: Environment) -> None:
    """Record what Trivy found.

    Raises:
        OperationError: an image has no report.
    """
    with recorded(Server.at(environment.url()), metrics.SCAN) as run:
        found = read(options.images.read_text(encoding="utf-8").splitlines(), options.reports)
        run.detail, run.verified = found.detail(), not found.unread
        for image, counts in found.findings.items():
            say(f"{image}: " + ", ".join(f"{count} {severity}" for severity, count in counts.items()))
        if found.unread:
            raise OperationError(
                f"{len(found.unread)} of {len(found.unread) + len(found.findings)} images could not be scanned, "
                f"first {found.unread[0]}",
                "The container `trivy` of this pod says why: a registry or the vulnerability database out of reach, "
                "a pull secret that doesn't open it, or the disk full.",
            )


def read(images: Sequence[str], reports: Path) -> Found:
    """What the reports say of the images that were to be scanned."""
    findings: dict[str, Mapping[str, int]] = {}
    for file in sorted(reports.glob("*.json")):
        try:
            report: object = json.loads(file.read_text(encoding="utf-8"))
        except ValueError:
            continue  # Trivy was killed while it wrote: the image is among the unread
        name = _name(report)
        if name in images:
            findings[name] = _counts(cast("Mapping[str, Json]", report))
    return Found(findings=findings, unread=[image for image in images if image not in findings])


def _name(report: object) -> str:
    is_report = isinstance(report, dict) and "SchemaVersion" in report
    return str(cast("Mapping[str, Json]", report).get("ArtifactName")) if is_report else ""


def _counts(report: Mapping[str, Json]) -> Mapping[str, int]:
    counted: Counter[str] = Counter()
    for result in cast("list[Object]", report.get("Results") or []):
        for one in cast("list[Object]", result.get("Vulnerabilities") or []):
            counted[str(one.get("Severity") or "UNKNOWN").lower()] += 1
    return {severity: counted[severity] for severity in metrics.SEVERITIES}
