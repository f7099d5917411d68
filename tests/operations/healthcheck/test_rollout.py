"""Roll-outs on a real API server and its real Deployment controller, through the real kubectl."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.control_plane import ControlPlane
from tests.operations.running import ROOT

NAMESPACE = "stratmaster-checked"
PATIENCE_SECONDS = 60.0


def _deployment(tag: str, replicas: int) -> dict[str, object]:
    labels = {"app.kubernetes.io/name": "stratmaster-api"}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "stratmaster-api", "namespace": NAMESPACE},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {"containers": [{"name": "api", "image": f"ghcr.io/iamjonobo/stratmaster-api:{tag}"}]},
            },
        },
    }


Check = Callable[[], tuple[int, dict[str, dict[str, str]]]]


@pytest.fixture(scope="module")
def kubectl(control_plane: ControlPlane) -> Callable[..., str]:
    def run(*arguments: str, stdin: str = "") -> str:
        command = [control_plane.binary("kubectl"), f"--kubeconfig={control_plane.kubeconfig}", *arguments]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, check=True).stdout

    run("create", "namespace", NAMESPACE)
    return run


@pytest.fixture
def check(control_plane: ControlPlane, tmp_path: Path) -> Check:
    """The health check of a slot's roll-out; its Service can't answer here, since KWOK's pods run nothing."""
    (tmp_path / "kubectl").symlink_to(control_plane.binary("kubectl"))

    def run() -> tuple[int, dict[str, dict[str, str]]]:
        done = subprocess.run(
            [sys.executable, "-m", "operations", "healthcheck", "--json", "--slot=checked", "--component=api"],
            cwd=ROOT,
            env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}", "KUBECONFIG": str(control_plane.kubeconfig)},
            capture_output=True,
            text=True,
            check=False,
        )
        found = json.loads(done.stdout)["findings"]
        return done.returncode, {each["subject"]: each for each in found}

    return run


def _until(check: Check, verdict: str) -> dict[str, str]:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        found = check()[1][f"{NAMESPACE}/stratmaster-api"]
        if found["verdict"] == verdict or time.monotonic() > end:
            assert found["verdict"] == verdict, found
            return found


def test_a_roll_out_is_judged_as_it_goes(kubectl: Callable[..., str], check: Check) -> None:
    assert "there is no Deployment" in _until(check, "unhealthy")["what"]

    kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(_deployment("v1", 3)))
    assert _until(check, "healthy")["what"] == "rolled out, 3 of 3 pods ready"

    kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(_deployment("never-ready", 3)))
    assert "of the newest version" in _until(check, "unhealthy")["what"]

    kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(_deployment("v1", 0)))
    found = _until(check, "unhealthy")
    assert "shut down" in found["what"] or "just been changed" in found["what"]


def test_a_service_that_does_not_answer_is_unhealthy_although_its_pods_are_ready(
    kubectl: Callable[..., str], check: Check
) -> None:
    kubectl("apply", "--server-side", "--filename=-", stdin=json.dumps(_deployment("v1", 1)))
    _until(check, "healthy")
    code, found = check()
    assert code == 1
    assert found[f"http://stratmaster-api.{NAMESPACE}.svc:80/healthz"]["verdict"] == "unhealthy"
