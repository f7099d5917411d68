"""Starting, stopping and mending a control plane, with real servers."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import psutil
import pytest
import yaml

from rehearsal.control_plane import ControlPlane, Options, ports, processes
from rehearsal.control_plane.servers import NAMES
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Iterator

PROJECT = Path(__file__).parents[3]
DEFINITION = """
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Thing, plural: things}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object}}
"""


@pytest.fixture(scope="module")
def plane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ControlPlane]:
    """A running plane that these tests may break and must leave running."""
    plane = ControlPlane(tmp_path_factory.mktemp("home"))
    try:
        plane.start()
        yield plane
    finally:
        plane.stop(wipe=True)


def kubectl(plane: ControlPlane, *arguments: str) -> str:
    done = subprocess.run(
        [str(plane.binary("kubectl")), "--kubeconfig", str(plane.kubeconfig), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def of_home(home: Path) -> list[str]:
    """Every process that has the home in its command line, whatever it is called."""
    lines = [" ".join(each.info["cmdline"] or []) for each in psutil.process_iter(["cmdline"])]
    return [line for line in lines if f"{home}{os.sep}control-plane" in line]


def test_a_started_plane_answers_under_both_contexts_and_checks_its_own_certificate(plane: ControlPlane) -> None:
    status = plane.status()
    assert status.ready
    assert status.server
    for context in ("stratmaster", "stratmaster-dev"):
        assert kubectl(plane, "--context", context, "get", "--raw", "/readyz") == "ok"
    cluster = yaml.safe_load(plane.kubeconfig.read_text())["clusters"][0]["cluster"]
    assert set(cluster) == {"server", "certificate-authority-data"}


def test_sixty_definitions_are_established_and_every_node_takes_pods(plane: ControlPlane) -> None:
    path = "jsonpath={range .items[*]}{.status.conditions[?(@.type=='Established')].status}{'\\n'}{end}"
    assert kubectl(plane, "get", "crds", "-o", path).split() == ["True"] * 61
    nodes = kubectl(plane, "get", "nodes", "-o", "jsonpath={.items[*].metadata.labels.topology\\.kubernetes\\.io/zone}")
    assert sorted(set(nodes.split())) == ["us-east-1a", "us-east-1b", "us-east-1c"]
    assert "NoSchedule" not in kubectl(plane, "get", "nodes", "-o", "yaml")


def test_the_programs_know_their_versions(plane: ControlPlane) -> None:
    assert "v1.37.2" in kubectl(plane, "get", "--raw", "/version")
    helm = subprocess.run([str(plane.binary("helm")), "version", "--short"], capture_output=True, text=True, check=True)
    assert helm.stdout.startswith("v3.22.0")


def test_only_the_owner_can_read_the_credentials(plane: ControlPlane) -> None:
    assert plane.kubeconfig.stat().st_mode & 0o777 == 0o600
    pki = plane.home / "control-plane" / "pki"
    assert {path.stat().st_mode & 0o777 for path in pki.iterdir()} == {0o600}
    assert pki.stat().st_mode & 0o777 == 0o700


def test_no_secret_is_in_etcds_files_as_it_is(plane: ControlPlane) -> None:
    kubectl(plane, "create", "secret", "generic", "canary", "--from-literal=key=canary-7f3a9c")
    kubectl(plane, "create", "configmap", "visible", "--from-literal=key=visible-7f3a9c")
    data = b"".join(path.read_bytes() for path in (plane.home / "control-plane" / "etcd").rglob("*") if path.is_file())
    assert b"visible-7f3a9c" in data
    assert b"canary-7f3a9c" not in data


def test_a_second_start_changes_nothing(plane: ControlPlane) -> None:
    before = plane.status()
    said: list[str] = []
    plane.start(said.append)
    assert plane.status() == before
    assert said == []


def test_a_start_from_another_checkout_changes_nothing(plane: ControlPlane, tmp_path: Path) -> None:
    before = plane.status()
    shutil.copytree(PROJECT / "rehearsal", tmp_path / "rehearsal")
    command = [sys.executable, "-m", "rehearsal.control_plane", "start"]
    environment = {**os.environ, "REHEARSAL_HOME": str(plane.home)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True)
    assert plane.status() == before
    assert "started anew" not in done.stdout + done.stderr


def test_two_starts_at_once_leave_one_plane(plane: ControlPlane) -> None:
    command = [sys.executable, "-m", "rehearsal.control_plane", "start"]
    environment = {**os.environ, "REHEARSAL_HOME": str(plane.home)}
    both = [subprocess.Popen(command, cwd=PROJECT, env=environment) for _ in range(2)]
    assert [each.wait(timeout=120) for each in both] == [0, 0]
    found = processes.running(plane.home / "control-plane", NAMES)
    assert {name: len(each) for name, each in found.items()} == dict.fromkeys(NAMES, 1)


@pytest.mark.parametrize("name", NAMES)
def test_a_server_that_was_killed_is_started_again_and_nothing_is_lost(plane: ControlPlane, name: str) -> None:
    before = plane.status().processes
    kubectl(plane, "create", "configmap", f"kept-{name}")
    victim = before[name]
    assert victim
    os.kill(victim, signal.SIGKILL)
    said: list[str] = []
    plane.start(said.append)
    after = plane.status()
    assert after.ready
    assert after.processes[name] != victim
    assert any(name in line for line in said)
    kubectl(plane, "get", "configmap", f"kept-{name}")


def test_a_lock_left_by_a_dead_command_is_taken_over_with_a_notice(plane: ControlPlane) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (plane.home / "control-plane.lock").write_text(str(gone.pid))
    said: list[str] = []
    plane.start(said.append)
    assert said == [f"taking over control-plane.lock from process {gone.pid}, which died holding it"]


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("server", "https://production.example.com:6443"),
        ("certificate-authority-data", "bm90IG91cnM="),
        ("insecure-skip-tls-verify", True),
        ("proxy-url", "http://elsewhere.example.com"),
    ],
)
def test_a_kubeconfig_that_is_not_the_planes_is_refused_and_left_alone(
    plane: ControlPlane, key: str, value: object
) -> None:
    original = plane.kubeconfig.read_text()
    foreign = yaml.safe_load(original)
    foreign["clusters"][0]["cluster"][key] = value
    plane.kubeconfig.write_text(yaml.safe_dump(foreign))
    try:
        written = plane.kubeconfig.read_text()
        for act in (plane.verify_kubeconfig, plane.start):
            with pytest.raises(RehearsalError, match="is not the rehearsal's") as caught:
                act()
            assert "start" in caught.value.mend
        assert plane.kubeconfig.read_text() == written
    finally:
        plane.kubeconfig.write_text(original)
    plane.verify_kubeconfig()


def test_a_port_taken_while_the_plane_was_stopped_is_given_up(plane: ControlPlane) -> None:
    plane.stop()
    known = ports.remembered(plane.home / "control-plane" / "ports.json")
    assert known
    with ports.socket.socket() as taken:
        taken.bind((ports.LOOPBACK, known.apiserver))
        taken.listen()
        said: list[str] = []
        plane.start(said.append)
    assert said == ["another program took one of the control plane's ports: choosing new ones"]
    assert plane.status().server != known.server
    plane.verify_kubeconfig()
    assert kubectl(plane, "get", "--raw", "/readyz") == "ok"


def test_stopping_leaves_no_process_and_keeps_the_objects_and_wiping_removes_them(plane: ControlPlane) -> None:
    kubectl(plane, "create", "configmap", "survivor")
    plane.stop()
    assert of_home(plane.home) == []
    assert not plane.status().ready
    plane.start()
    kubectl(plane, "get", "configmap", "survivor")
    plane.stop(wipe=True)
    assert of_home(plane.home) == []
    assert not plane.kubeconfig.exists()
    plane.start()
    assert "survivor" not in kubectl(plane, "get", "configmaps", "-o", "name")


def test_another_homes_servers_are_left_alone(plane: ControlPlane) -> None:
    before = plane.status().processes
    ControlPlane(plane.home.parent).stop()
    ControlPlane(plane.home.with_name(plane.home.name[:-1])).stop()
    assert plane.status().processes == before


def test_a_definition_of_ones_own_is_served_beside_the_pinned_ones(plane: ControlPlane, tmp_path: Path) -> None:
    (tmp_path / "things.yaml").write_text(DEFINITION)
    ControlPlane(plane.home, Options(definitions=(tmp_path,))).start()
    assert "things.example.com" in kubectl(plane, "api-resources", "-o", "name")


def test_kwok_alone_is_started_anew_when_less_is_simulated(plane: ControlPlane) -> None:
    before = plane.status().processes
    said: list[str] = []
    ControlPlane(plane.home, Options(real=frozenset({"cert-manager"}))).start(said.append)
    after = plane.status().processes
    assert {name for name in NAMES if after[name] != before[name]} == {"kwok"}
    assert "kwok ran with other arguments and is started anew" in said


def test_what_is_simulated_stays_so_for_commands_that_know_nothing_of_it(plane: ControlPlane) -> None:
    ControlPlane(plane.home, Options(real=frozenset({"cert-manager"}))).start()
    before = plane.status().processes
    ControlPlane(plane.home).start()
    assert plane.status().processes == before
    ControlPlane(plane.home, Options()).start()
    assert plane.status().processes["kwok"] != before["kwok"]


def test_a_folder_without_definitions_is_refused(plane: ControlPlane, tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="holds no CustomResourceDefinition"):
        ControlPlane(plane.home, Options(definitions=(tmp_path,))).start()


def test_a_program_that_the_plane_does_not_have_is_refused_by_name(plane: ControlPlane) -> None:
    with pytest.raises(RehearsalError, match="no program 'kubeadm'"):
        plane.binary("kubeadm")


def test_a_stop_before_the_first_start_does_nothing(tmp_path: Path) -> None:
    home = tmp_path / "never"
    ControlPlane(home).stop(wipe=True)
    assert not home.exists()
