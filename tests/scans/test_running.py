"""The scan of what runs, as its pod does it: real commands, a real database, Trivy's part by a program of its shape."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from components import image_scans
from operations import exporter, metrics
from operations.cli import parser
from operations.image_scan import read
from operations.metrics import IMAGE_FINDINGS
from rehearsal.engine.wire import Value, mapping
from tests.operations.running import ROOT, Ended
from tests.operations.servers import PostgreSQL, postgresql
from tests.scans import trivy_report
from tests.scans.trivy_report import vulnerability
from tests.stacks.recorded import run
from tests.stacks.scanned import SCANNED

API = "ghcr.io/iamjonobo/stratmaster-api:v1.2.3@sha256:" + "a" * 64
REDIS = "docker.io/library/redis:8.2.1@sha256:" + "b" * 64


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with postgresql(16) as running:
        running.sql("CREATE DATABASE stratmaster", database="postgres")
        yield running


@pytest.fixture
def scratch(tmp_path: Path) -> Path:
    for folder in ("scratch", "found", "bin"):
        (tmp_path / folder).mkdir()
    trivy_report.install(tmp_path / "bin")
    return tmp_path


def listed(value: Value) -> list[Value]:
    assert isinstance(value, list)
    return value


@cache
def pod() -> dict[str, Value]:
    """The scan's pod, as the foundation declares it."""
    recording = run("production", changes=SCANNED)
    assert recording.error is None, recording.error
    (job,) = [each for each in recording.of_kind("CronJob") if each.name == "image-scan-job"]
    spec = mapping(mapping(mapping(job.inputs["spec"])["jobTemplate"])["spec"])
    return dict(mapping(mapping(spec["template"])["spec"]))


def container(name: str) -> dict[str, Value]:
    every = [*listed(pod()["initContainers"]), *listed(pod()["containers"])]
    (found,) = [dict(mapping(each)) for each in every if mapping(each)["name"] == name]
    return found


def scan(scratch: Path, images: list[str]) -> subprocess.CompletedProcess[str]:
    """Run the container `trivy`'s own script, with the folders of this machine in the pod's places."""
    (scratch / "scratch" / "images").write_text("".join(f"{image}\n" for image in images))
    trivy = container("trivy")
    assert trivy["command"] == ["/bin/sh"]
    flag, script = (str(word) for word in listed(trivy["args"]))
    here = script.replace(image_scans.SCRATCH, str(scratch / "scratch"))
    told = {"PATH": f"{scratch / 'bin'}{os.pathsep}{os.environ['PATH']}", "REPORTS": str(scratch / "found")}
    return subprocess.run(["/bin/sh", flag, here], env=told, capture_output=True, text=True, check=False)


def record(scratch: Path, server: PostgreSQL) -> Ended:
    files = ("--images", str(scratch / "scratch" / "images"), "--reports", str(scratch / "scratch" / "reports"))
    environment = {**os.environ, "POSTGRES_URL": server.url(), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "operations", "scan", "record", *files],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return Ended(code=done.returncode, output=done.stdout, error=done.stderr)


def served(server: PostgreSQL) -> dict[tuple[str, str], float]:
    """What the exporter would serve of the images: the very query that the program gives it."""
    query = exporter.queries("stratmaster")[IMAGE_FINDINGS.group]
    rows = server.sql(query["query"], database="stratmaster_operations")
    return {(str(image), str(severity)): float(str(count)) for image, severity, count in rows}


def test_what_trivy_finds_becomes_a_metric_for_each_image_and_severity(scratch: Path, server: PostgreSQL) -> None:
    holes = [vulnerability(1, "CRITICAL", "3.5.2"), vulnerability(2, "CRITICAL"), vulnerability(3, "MEDIUM")]
    trivy_report.write(scratch / "found", API, holes, [vulnerability(4, "HIGH")])
    trivy_report.write(scratch / "found", REDIS, [])
    assert scan(scratch, [API, REDIS]).returncode == 0
    ended = record(scratch, server)
    assert (ended.code, ended.error) == (0, "")
    assert f"{API}: 2 critical, 1 high, 1 medium, 0 low, 0 unknown" in ended.output
    counts = {API: (2, 1, 1, 0, 0), REDIS: (0, 0, 0, 0, 0)}
    assert served(server) == {
        (image, severity): count
        for image, own in counts.items()
        for severity, count in zip(metrics.SEVERITIES, own, strict=True)
    }
    ((succeeded, verified),) = server.sql(
        "SELECT succeeded, verified FROM runs WHERE operation = 'scan' ORDER BY id DESC LIMIT 1",
        database="stratmaster_operations",
    )
    assert (succeeded, verified) == (True, True)


def test_an_image_that_cannot_be_scanned_fails_the_scan_and_the_others_count(scratch: Path, server: PostgreSQL) -> None:
    trivy_report.write(scratch / "found", REDIS, [vulnerability(5, "CRITICAL")])
    done = scan(scratch, [API, REDIS])
    assert done.returncode == 0
    assert f"not scanned: {API}" in done.stderr
    ended = record(scratch, server)
    assert ended.code == 1
    assert ended.error.startswith(f"error: 1 of 2 images could not be scanned, first {API}\n  The container `trivy`")
    assert served(server)[REDIS, "critical"] == 1
    assert not [image for image, _ in served(server) if image == API]
    ((succeeded,),) = server.sql(
        "SELECT succeeded FROM runs WHERE operation = 'scan' ORDER BY id DESC LIMIT 1",
        database="stratmaster_operations",
    )
    assert succeeded is False


@pytest.mark.parametrize("text", ["", "{", "null", "[]", '{"ArtifactName": "IMAGE"}', '{"SchemaVersion": 2}'])
def test_half_a_report_or_something_else_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "1.json").write_text(text.replace("IMAGE", API))
    assert read([API], tmp_path).unread == [API]


def test_a_report_of_an_image_that_nobody_asked_about_counts_for_none(tmp_path: Path) -> None:
    trivy_report.write(tmp_path, REDIS, [vulnerability(6, "CRITICAL")])
    assert read([API], tmp_path).findings == {}


def test_the_scanner_has_neither_the_clusters_token_nor_the_databases_password() -> None:
    mounts = {
        name: {str(mapping(each)["name"]) for each in listed(container(name)["volumeMounts"])}
        for name in ("list", "trivy", "record")
    }
    assert mounts == {"list": {"scratch", "token"}, "trivy": {"scratch", "registry"}, "record": {"scratch"}}
    with_password = [
        name
        for name in ("list", "trivy", "record")
        if any("valueFrom" in mapping(each) for each in listed(container(name).get("env") or []))
    ]
    assert with_password == ["record"]
    assert pod()["automountServiceAccountToken"] is False
    assert not [volume for volume in listed(pod()["volumes"]) if "hostPath" in mapping(volume)]


def test_every_command_of_the_pod_is_one_that_the_image_knows() -> None:
    for name in ("list", "record"):
        assert container(name)["command"] == ["python", "-m", "operations"]
        parser().parse_args([str(word) for word in listed(container(name)["args"])])
