"""A slot on a real API server: Deployments with KWOK's pods, and Services that lead to a server of the test's own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from operations.healthcheck.plan import API_PORT, MCP_PORTS
from operations.healthcheck.slot import API, DECLARED
from rehearsal.control_plane import ControlPlane
from tests.operations.healthcheck.sites import Site

SLOT: Final = "checked"
NAMESPACE: Final = f"stratmaster-{SLOT}"
PORTS: Final[Mapping[str, int]] = {API: API_PORT, **MCP_PORTS}


def own_address() -> str:
    """An address of this machine that isn't loopback, which the API server leads nobody to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
        route.connect(("192.0.2.1", 9))  # nothing is sent
        return str(route.getsockname()[0])


@dataclass(frozen=True, kw_only=True)
class Slot:
    """The slot's objects.

    Args:
        plane: where they are.
        site: what its Services lead to.
        path: a PATH with the plane's kubectl first.
    """

    plane: ControlPlane
    site: Site
    path: str

    @property
    def environment(self) -> dict[str, str]:
        """What leads a program to the plane."""
        return {"PATH": self.path, "KUBECONFIG": str(self.plane.kubeconfig)}

    def kubectl(self, *arguments: str, stdin: str = "") -> str:
        """The plane's own."""
        done = subprocess.run(
            ["kubectl", *arguments],
            env={**os.environ, **self.environment},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, *objects: Mapping[str, Any]) -> None:
        """Write objects."""
        listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.kubectl("apply", "--server-side", "--force-conflicts", "--filename=-", stdin=json.dumps(listed))

    def declare(self, tag: str, *, shutdown: bool = False) -> None:
        """Say what is meant to run."""
        data = {"image": _image(tag), "minReplicas": "3", "shutdown": str(shutdown).lower()}
        self.apply(_object("v1", "ConfigMap", DECLARED, data=data))

    def deploy(self, tag: str, replicas: int, *names: str) -> None:
        """Run a version of the API, or of what is named."""
        self.apply(*(_deployment(name, tag, replicas) for name in names or (API,)))

    def serve(self) -> None:
        """Services that lead to the site; the API server leads only to pods, so one says that it is there."""
        place = urlsplit(self.site.url)
        spec = {"schedulerName": "nobody", "containers": [{"name": "site", "image": _image("v1")}]}
        self.apply(_object("v1", "Pod", "site", spec=spec))
        status = {"status": {"phase": "Running", "podIP": place.hostname, "podIPs": [{"ip": place.hostname}]}}
        self.kubectl("patch", "pod", "site", "-n", NAMESPACE, "--subresource=status", "-p", json.dumps(status))
        address = {"ip": place.hostname, "targetRef": {"kind": "Pod", "name": "site", "namespace": NAMESPACE}}
        subset = {"addresses": [address], "ports": [{"port": place.port, "protocol": "TCP"}]}
        for name, port in PORTS.items():
            service = _object("v1", "Service", name, spec={"ports": [{"port": port, "protocol": "TCP"}]})
            self.apply(service, _object("v1", "Endpoints", name, subsets=[subset]))


def with_kubectl(plane: ControlPlane, folder: Path) -> str:
    """A PATH on which kubectl is the plane's."""
    (folder / "kubectl").symlink_to(plane.binary("kubectl"))
    return f"{folder}:{os.environ['PATH']}"


def _object(version: str, kind: str, name: str, **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    metadata = {"name": name, "namespace": NAMESPACE}
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _image(tag: str) -> str:
    return f"ghcr.io/iamjonobo/stratmaster-api:{tag}"


def _deployment(name: str, tag: str, replicas: int) -> dict[str, Any]:
    labels = {"app.kubernetes.io/name": name}
    container = "api" if name == API else name
    spec = {
        "replicas": replicas,
        "selector": {"matchLabels": labels},
        "template": {
            "metadata": {"labels": labels},
            "spec": {"containers": [{"name": container, "image": _image(tag)}]},
        },
    }
    return _object("apps/v1", "Deployment", name, spec=spec)
