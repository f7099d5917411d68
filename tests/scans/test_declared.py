"""The scan as the stacks declare it: before the policy pack, and on a real API server, by its own account."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from components.pod_list import ACCOUNT
from rehearsal.control_plane import ControlPlane
from rehearsal.engine.analyzers import AnalyzedResource, Analyzers
from rehearsal.engine.wire import plain
from rehearsal.project import Project
from tests.operations.running import ROOT
from tests.policies.judging import PACK
from tests.stacks.recorded import PROJECT, committed, run
from tests.stacks.scanned import SCANNED

API = "ghcr.io/iamjonobo/stratmaster-api:v1@sha256:" + "a" * 64
JOB = "ghcr.io/iamjonobo/stratmaster-operations:v1@sha256:" + "b" * 64


def test_every_rule_of_the_pack_is_kept() -> None:
    recording = run("production", changes=SCANNED)
    assert recording.error is None, recording.error
    own = {f"{PROJECT}:{key}": json.dumps(value) for key, value in SCANNED.items()}
    config = {**Project.find(ROOT).config("production").values, **own}
    by_urn = {each.urn: each for each in recording.resources}
    shown = [AnalyzedResource(resource=each, provider=by_urn.get(each.provider_urn)) for each in recording.resources]
    with Analyzers.start([PACK], project=PROJECT, stack="production", dry_run=True, config=config) as analyzers:
        violations = [found for each in shown if not each.resource.external for found in analyzers.analyze(each)]
        violations += analyzers.analyze_stack(shown)
    assert [f"{each.policy} {each.urn}: {each.message}" for each in violations] == []


@pytest.mark.parametrize(
    ("scans", "said"),
    [
        ({"schedule": "* * * * *"}, "scans.schedule is * * * * *"),
        ({"schedule": "0 5 * * 1"}, "scans.schedule is 0 5 * * 1"),
        ({"image": "ghcr.io/aquasecurity/trivy:0.74.0"}, "scans.image is ghcr.io/aquasecurity/trivy:0.74.0"),
        ({"database": "--insecure"}, "scans.database is --insecure"),
    ],
)
def test_a_scan_that_is_not_daily_or_not_pinned_is_refused(scans: Mapping[str, str], said: str) -> None:
    assert said in (run("production", changes={**SCANNED, "scans": scans}).error or "")


def test_without_what_it_needs_it_is_refused() -> None:
    error = run("production", changes={"scans": {}}).error or ""
    for key in ("operations", "network.registries", "network.apiServer"):
        assert f"stratmaster:{key}" in error


def test_without_the_setting_there_is_neither_job_nor_alert_and_a_slot_alone_is_not_listed() -> None:
    names = {each.name for each in committed("production").resources}
    assert not names & {"image-scan", "image-scan-job", "alerts-scans"}
    assert "image-scan" not in {each.name for each in committed("dev").resources}


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """Foundation and slot blue under names of their own, with what the scan's account was given; no slot green."""

    kubectl: Path
    kubeconfig: Path
    prefix: str

    def namespace(self, short: str) -> str:
        return f"{self.prefix}-{short}"

    def run(self, *arguments: str, given: object = None, code: int = 0) -> str:
        done = subprocess.run(
            [self.kubectl, f"--kubeconfig={self.kubeconfig}", *arguments],
            input=None if given is None else json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def declare(self, stack: str, changes: Mapping[str, object]) -> None:
        """Apply whatever the stack declares of the scan, with the namespace's own rules for pods."""
        recording = run(stack, changes=changes)
        assert recording.error is None, recording.error
        wanted = [
            plain(each.inputs)
            for each in recording.resources
            if each.type.startswith("kubernetes:")
            and (each.inputs.get("kind") == "Namespace" or "stratmaster:scans:" in each.urn)
        ]
        text = json.dumps(wanted).replace('"stratmaster-image-scan"', f'"{self.prefix}-image-scan"')
        for short in ("production", "blue", "green"):
            text = text.replace(f'"stratmaster-{short}"', f'"{self.namespace(short)}"')
        for each in json.loads(text):
            self.run("apply", "--server-side", "-f", "-", given=each)

    def as_scanner(self, folder: Path) -> Path:
        """A kubeconfig with the account's own token."""
        token = self.run("create", "token", ACCOUNT, "-n", self.namespace("production")).strip()
        config = yaml.safe_load(self.kubeconfig.read_text())
        config["users"] = [{"name": "scanner", "user": {"token": token}}]
        for context in config["contexts"]:
            context["context"]["user"] = "scanner"
        path = folder / "scanner.yaml"
        path.write_text(yaml.safe_dump(config))
        return path

    def listed(self, folder: Path) -> subprocess.CompletedProcess[str]:
        """`scan list` as the pod runs it, by the account's own token."""
        namespaces = [
            word for short in ("production", "blue", "green") for word in ("--namespace", self.namespace(short))
        ]
        command = [sys.executable, "-m", "operations", "scan", "list", "--images", str(folder / "images"), *namespaces]
        command += ["--context", "stratmaster"]
        told = {**os.environ, "KUBECONFIG": str(self.as_scanner(folder))}
        return subprocess.run(command, cwd=ROOT, env=told, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def cluster(control_plane: ControlPlane) -> Iterator[Cluster]:
    made = Cluster(
        kubectl=control_plane.binary("kubectl"),
        kubeconfig=control_plane.kubeconfig,
        prefix=f"scan-{secrets.token_hex(3)}",
    )
    made.declare("production", SCANNED)
    made.declare("blue", {})
    made.run("apply", "--server-side", "-f", "-", given=_pod(made.namespace("blue"), "api", API, init=JOB))
    made.run("apply", "--server-side", "-f", "-", given=_pod(made.namespace("production"), "job", JOB))
    yield made
    made.run("delete", "namespace", made.namespace("production"), made.namespace("blue"), "--wait=false")


def _pod(namespace: str, name: str, image: str, init: str = "") -> dict[str, object]:
    def container(role: str, of: str) -> dict[str, object]:
        safe = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        amounts = {"cpu": "100m", "memory": "64Mi", "ephemeral-storage": "64Mi"}
        resources = {"requests": amounts, "limits": amounts}
        return {"name": role, "image": of, "securityContext": safe, "resources": resources}

    spec: dict[str, object] = {
        "automountServiceAccountToken": False,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1001, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container("main", image)],
        **({"initContainers": [container("first", init)]} if init else {}),
    }
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def test_the_account_finds_every_image_once_and_a_slot_that_is_gone_is_said(cluster: Cluster, tmp_path: Path) -> None:
    done = cluster.listed(tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "images").read_text().splitlines() == [API, JOB]
    assert f"namespace {cluster.namespace('green')} is not there" in done.stdout


def test_the_account_may_list_pods_and_nothing_else(cluster: Cluster) -> None:
    account = f"--as=system:serviceaccount:{cluster.namespace('production')}:{ACCOUNT}"
    for short in ("production", "blue"):
        where = f"--namespace={cluster.namespace(short)}"
        assert cluster.run("auth", "can-i", "list", "pods", where, account).strip() == "yes"
        for verb, what in (("get", "pods/log"), ("list", "secrets"), ("get", "configmaps"), ("create", "pods")):
            assert cluster.run("auth", "can-i", verb, what, where, account, code=1).strip() == "no", (verb, what)
    assert cluster.run("auth", "can-i", "list", "pods", "--namespace=kube-system", account, code=1).strip() == "no"


def test_the_server_admits_the_pod_under_the_namespaces_own_rules(cluster: Cluster) -> None:
    where = cluster.namespace("production")
    cluster.run("create", "job", "--from=cronjob/image-scan", "now", "-n", where)
    events = cluster.run("wait", "--for=jsonpath={.status.active}=1", "job/now", "-n", where, "--timeout=60s")
    assert "condition met" in events


def test_a_slot_that_gives_no_role_is_refused_by_name(cluster: Cluster, tmp_path: Path) -> None:
    cluster.run("delete", "rolebinding", "image-scan", "-n", cluster.namespace("blue"))
    done = cluster.listed(tmp_path)
    assert done.returncode == 1
    assert f"/namespaces/{cluster.namespace('blue')}/pods: 403" in done.stderr
    assert "Bring the stack of that namespace up" in done.stderr
