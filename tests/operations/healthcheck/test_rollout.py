"""A slot on a real API server and its real Deployment controller, asked through the real kubectl, from outside."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from components.conventions import PRODUCTION_NAMESPACE
from components.monitoring import live
from operations.healthcheck import kubectl
from operations.healthcheck.plan import MCP_PORTS
from rehearsal.control_plane import ControlPlane
from settings.common import Cluster
from tests.operations.healthcheck.conftest import Ask, Told
from tests.operations.healthcheck.sites import site
from tests.operations.healthcheck.slots import NAMESPACE, SLOT, Slot, own_address, with_kubectl
from tests.operations.running import ROOT
from tests.waiting import eventually

API = f"{NAMESPACE}/stratmaster-api"
ASKED = f"http://stratmaster-api.{NAMESPACE}.svc:80/healthz"
UP = "pulumi up --stack traffic --policy-pack"
WEIGHTS = json.dumps({SLOT: 100, "blue": 0})


@pytest.fixture(scope="module")
def slot(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slot]:
    with site(address=own_address()) as served:
        path = with_kubectl(control_plane, tmp_path_factory.mktemp("bin"))
        slot = Slot(plane=control_plane, site=served, path=path)
        slot.kubectl("create", "namespace", NAMESPACE)
        yield slot
        slot.kubectl("delete", "namespace", NAMESPACE, "--wait=false")


@pytest.fixture
def check(slot: Slot, ask: Ask) -> Ask:
    """The health check from outside the cluster."""

    def run(*arguments: str, **variables: str) -> Told:
        return ask(*(arguments or (f"--slot={SLOT}", "--component=api")), **{**slot.environment, **variables})

    return run


def _until(check: Ask, verdict: str) -> dict[str, str]:
    found: dict[str, str] = {}

    def is_so() -> bool:
        found.update(check().findings[API])
        return found["verdict"] == verdict

    eventually(is_so, lambda: found)
    return found


def test_a_roll_out_is_judged_as_it_goes(slot: Slot, check: Ask) -> None:
    assert "there is no" in _until(check, "unhealthy")["what"]

    slot.declare("v1")
    slot.deploy("v1", 3)
    slot.deploy("v1", 2, *MCP_PORTS)
    assert _until(check, "healthy")["what"] == "rolled out, 3 pods ready"

    slot.declare("v2")
    assert "not ghcr.io/iamjonobo/stratmaster-api:v2, which it was meant to" in _until(check, "unhealthy")["what"]

    slot.declare("never-ready")
    slot.deploy("never-ready", 3)
    found = _until(check, "unhealthy")
    assert "ready pods of the declared build" in found["what"] or "just been changed" in found["what"]

    slot.declare("v1", shutdown=True)
    slot.deploy("v1", 0)
    assert "is shut down" in _until(check, "unhealthy")["what"]
    slot.declare("v1")
    slot.deploy("v1", 3)
    _until(check, "healthy")


def test_a_service_without_pods_is_unhealthy_although_the_roll_out_is_complete(check: Ask) -> None:
    told = check()
    assert told.code == 1
    assert told.findings[API]["verdict"] == "healthy"
    assert told.findings[ASKED]["verdict"] == "unhealthy"


def test_from_inside_the_cluster_a_service_is_asked_by_its_name(check: Ask) -> None:
    told = check(KUBERNETES_SERVICE_HOST="10.96.0.1")
    assert "no answer" in told.findings[ASKED]["what"]


def test_a_whole_slot_is_asked_through_the_api_server(slot: Slot, check: Ask) -> None:
    slot.serve()
    eventually(lambda: check("--slot", SLOT, "--component=api", "--component=mcp").code == 0, lambda: check().findings)
    told = check("--weights", WEIGHTS, "--component=api", "--component=mcp", "--strict")
    assert len(told.findings) == 2 * (1 + len(MCP_PORTS))
    assert {each["verdict"] for each in told.findings.values()} == {"healthy"}


def test_an_mcp_service_that_lies_or_is_rolled_out_in_part_makes_the_slot_unhealthy(slot: Slot, check: Ask) -> None:
    slot.site.manners.body = b"<html>Welcome to nginx!</html>"
    told = check("--slot", SLOT, "--component=mcp")
    slot.site.manners.body = b'{"status":"ok"}'
    assert told.code == 1
    slot.deploy("never-ready", 2, "router-mcp")
    told = check("--slot", SLOT, "--component=mcp")
    assert told.code == 1
    assert told.findings[f"{NAMESPACE}/router-mcp"]["verdict"] == "unhealthy"
    slot.deploy("v1", 2, "router-mcp")


def test_who_may_read_nothing_is_told_so_and_calls_nothing_well(slot: Slot, check: Ask) -> None:
    told = check("--slot", SLOT, "--component=api", "--context=nowhere")
    assert told.code == 2
    (finding,) = told.findings.values()
    assert finding["verdict"] == "unknown"
    assert check("--component=mcp", PATH=os.defpath).code == 2
    nobodys = check("--slot", SLOT, "--component=api", KUBECONFIG=str(slot.plane.home / "none"))
    assert nobodys.code == 2
    assert {each["verdict"] for each in nobodys.findings.values()} == {"unknown"}


def test_who_may_not_ask_services_through_the_api_server_calls_them_neither_well_nor_ill(
    slot: Slot, check: Ask, tmp_path: Path
) -> None:
    document = yaml.safe_load(slot.plane.kubeconfig.read_text())
    for each in document["users"]:
        each["user"]["as"] = "reader"
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(document))
    role = ("--verb=get", "--resource=deployments.apps,configmaps", "-n", NAMESPACE)
    slot.kubectl("create", "role", "reads", *role)
    slot.kubectl("create", "rolebinding", "reads", "--role=reads", "--user=reader", "-n", NAMESPACE)
    told = check("--slot", SLOT, "--component=api", KUBECONFIG=str(kubeconfig))
    assert told.code == 2
    assert told.findings[API]["verdict"] == "healthy"
    assert told.findings[ASKED]["verdict"] == "unknown"
    assert "lets nobody through" in told.findings[ASKED]["what"]


def test_when_nobody_says_which_the_live_slots_mcp_services_are_asked(slot: Slot, check: Ask) -> None:
    group = live.group({SLOT: 100, "green": 0}, maintenance=False)
    rules = [{"record": rule.name, "expr": rule.expr, "labels": dict(rule.labels)} for rule in group.rules]
    metadata = {"name": live.RULES, "namespace": PRODUCTION_NAMESPACE}
    spec = {"groups": [{"name": group.name, "rules": rules}]}
    slot.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": PRODUCTION_NAMESPACE}})
    try:
        assert check("--component=mcp").code == 2
        rule = {"apiVersion": "monitoring.coreos.com/v1", "kind": "PrometheusRule", "metadata": metadata, "spec": spec}
        slot.apply(rule)
        told = check("--component=mcp")
    finally:
        slot.kubectl("delete", "namespace", PRODUCTION_NAMESPACE)
    assert told.code == 0
    assert f"{NAMESPACE}/research-mcp" in told.findings


def _deploy(slot: Slot, folder: Path, *, maintenance: bool = False) -> subprocess.CompletedProcess[str]:
    """`make deploy STACK=traffic`, all of it real but Pulumi, which knows the weights and repeats what it is told."""
    pulumi = folder / "pulumi"
    pulumi.write_text(
        f"""#!/bin/sh
case "$*" in
  *stratmaster:weights*) echo '{WEIGHTS}' ;;
  *stratmaster:maintenance*) echo {str(maintenance).lower()} ;;
  *) echo "pulumi $*" ;;
esac
"""
    )
    pulumi.chmod(0o755)
    return subprocess.run(
        ["make", "--old-file=setup", "deploy", "STACK=traffic", "CONTEXT="],
        cwd=ROOT,
        env={**os.environ, **slot.environment, "PATH": f"{folder}:{slot.path}"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_traffic_is_deployed_once_the_health_check_finds_its_slots_well(slot: Slot, tmp_path: Path) -> None:
    done = _deploy(slot, tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    checked, _, deployed = done.stdout.partition(UP)
    assert deployed
    assert checked.rstrip().endswith("\nhealthy")


def test_traffic_is_not_deployed_to_a_slot_that_does_not_answer_unless_to_maintenance(
    slot: Slot, tmp_path: Path
) -> None:
    slot.site.manners.status = 500
    try:
        refused, closed = _deploy(slot, tmp_path), _deploy(slot, tmp_path, maintenance=True)
    finally:
        slot.site.manners.status = 200
    assert refused.returncode != 0
    assert "answers 500" in refused.stdout
    assert UP not in refused.stdout
    assert UP in closed.stdout


def test_traffic_is_not_deployed_to_a_slot_that_runs_another_build_than_it_declares(slot: Slot, tmp_path: Path) -> None:
    slot.declare("v2")
    try:
        done = _deploy(slot, tmp_path)
    finally:
        slot.declare("v1")
    assert done.returncode != 0
    assert "which it was meant to" in done.stdout
    assert UP not in done.stdout


def test_the_current_context_is_never_asked(slot: Slot, check: Ask, tmp_path: Path) -> None:
    config = yaml.safe_load(slot.plane.kubeconfig.read_text())
    elsewhere = {"name": "elsewhere", "cluster": {"server": "https://127.0.0.1:1"}}
    config["clusters"].append(elsewhere)
    config["contexts"].append({"name": "elsewhere", "context": {"cluster": "elsewhere", "user": ""}})
    config["current-context"] = "elsewhere"
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(config))
    told = check("--slot", SLOT, "--component=api", KUBECONFIG=str(tmp_path / "kubeconfig"))
    assert {each["verdict"] for each in told.findings.values()} == {"healthy"}
    assert Cluster().context == kubectl.CONTEXT
