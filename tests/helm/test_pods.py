"""A workload's pods: what they run, with which rights, and how they start and stop."""

from __future__ import annotations

import re
from typing import cast

import pytest

from tests.helm.rendering import (
    DIGEST,
    RELEASE,
    TMP,
    WORKLOADS,
    Chart,
    Json,
    Rendered,
    changed,
    mappings,
    production_values,
)

each_workload = pytest.mark.parametrize("name", WORKLOADS)


@each_workload
def test_the_factory_is_served_on_every_address(slot: Rendered, name: str) -> None:
    command = slot("Deployment", name).container.listed("command")
    module = "stratmaster_api" if name == RELEASE else name.replace("-", "_")
    assert command[:5] == ["python", "-m", "uvicorn", f"{module}.app:create_app", "--factory"]
    assert "--host=0.0.0.0" in command


@each_workload
def test_the_image_is_named_by_tag_and_digest(slot: Rendered, name: str) -> None:
    repository = RELEASE if name == RELEASE else f"stratmaster-{name}"
    expected = f"ghcr.io/iamjonobo/{repository}:v1.2.3@{DIGEST}"
    assert slot("Deployment", name).container.at("image") == expected


def test_without_a_digest_the_image_is_named_by_its_tag(chart: Chart) -> None:
    rendered = chart.render(changed(production_values(), ("image", "digest"), to=""))
    assert rendered("Deployment").container.at("image") == "ghcr.io/iamjonobo/stratmaster-api:v1.2.3"


@each_workload
def test_a_pod_lives_long_enough_to_finish_its_requests(slot: Rendered, name: str) -> None:
    deployment = slot("Deployment", name)
    [drain] = [
        int(str(flag).partition("=")[2])
        for flag in deployment.container.listed("command")
        if str(flag).startswith("--timeout-graceful-shutdown=")
    ]
    sleep, seconds = deployment.container.listed("lifecycle", "preStop", "exec", "command")
    grace = cast("int", deployment.pod.at("spec", "terminationGracePeriodSeconds"))
    assert sleep == "/bin/sleep"
    assert int(str(seconds)) == 15
    assert drain == (600 if name == RELEASE else 30)
    assert grace > int(str(seconds)) + drain


def test_the_grace_follows_a_longer_drain(chart: Chart) -> None:
    deployment = chart.render(changed(production_values(), ("drainSeconds",), to=900))("Deployment")
    assert "--timeout-graceful-shutdown=900" in deployment.container.listed("command")
    assert deployment.pod.at("spec", "terminationGracePeriodSeconds") == 920


@each_workload
def test_the_probes_ask_healthz_and_differ(slot: Rendered, name: str) -> None:
    container = slot("Deployment", name).container
    figures: dict[str, tuple[Json, ...]] = {}
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert container.at(probe, "httpGet") == {"path": "/healthz", "port": "http"}
        fields = ("initialDelaySeconds", "periodSeconds", "timeoutSeconds", "failureThreshold")
        figures[probe] = tuple(container.at(probe, field) for field in fields)
    assert figures == {"startupProbe": (10, 10, 5, 30), "readinessProbe": (5, 5, 3, 3), "livenessProbe": (30, 10, 5, 3)}


@each_workload
def test_the_root_is_read_only_and_every_folder_written_to_is_mounted(slot: Rendered, name: str) -> None:
    deployment = slot("Deployment", name)
    mounts = {str(mount["mountPath"]): mount["name"] for mount in mappings(deployment.container.listed("volumeMounts"))}
    volumes = {volume["name"]: volume for volume in mappings(deployment.pod.listed("spec", "volumes"))}
    written = {
        RELEASE: {TMP, "/var/log/stratmaster"},
        "research-mcp": {TMP, "/var/cache/research-mcp"},
        "router-mcp": {TMP, "/var/lib/router-mcp"},
    }.get(name, {TMP})
    assert deployment.container.at("securityContext", "readOnlyRootFilesystem") is True
    assert set(mounts) == written
    assert all(volumes[volume] == {"name": volume, "emptyDir": {}} for volume in mounts.values())


@each_workload
def test_pods_run_without_privileges_or_a_token(slot: Rendered, name: str) -> None:
    deployment = slot("Deployment", name)
    spec = deployment.pod.mapped("spec")
    assert spec["automountServiceAccountToken"] is False
    assert spec["serviceAccountName"] == RELEASE
    assert spec["securityContext"] == {
        "runAsNonRoot": True,
        "runAsUser": 1001,
        "runAsGroup": 1001,
        "fsGroup": 1001,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    assert deployment.container.at("securityContext") == {
        "allowPrivilegeEscalation": False,
        "privileged": False,
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "capabilities": {"drop": ["ALL"]},
    }


@each_workload
def test_the_pull_secret_reaches_every_pod_where_there_is_one(chart: Chart, slot: Rendered, name: str) -> None:
    public = chart.render(changed(production_values(), ("imagePullSecret",), to=""))
    assert slot("Deployment", name).pod.at("spec", "imagePullSecrets") == [{"name": "ghcr-secret"}]
    assert "imagePullSecrets" not in public("Deployment", name).pod.mapped("spec")


def test_a_log_line_keeps_its_traceback(slot: Rendered) -> None:
    annotations = slot("Deployment").pod.mapped("metadata", "annotations")
    pattern = re.compile(str(annotations["co.elastic.logs/multiline.pattern"]))
    lines = {
        'INFO:     10.0.0.1:5000 - "POST /research/plan HTTP/1.1" 200 OK': False,
        "ERROR:    Exception in ASGI application": False,
        "Traceback (most recent call last):": True,
        '  File "/app/x.py", line 1, in <module>': True,
        "httpx.ConnectError: all connection attempts failed": True,
        "ValueError: no": True,
    }
    assert {line: bool(pattern.search(line)) for line in lines} == lines
