"""The gateway itself, both halves real: Contour as the Gateway API's controller, Envoy as what it programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import yaml

from tests.go_program import GoProgram
from tests.traffic.client import GATEWAY, PORTS

if TYPE_CHECKING:
    from tests.traffic.namespace import Namespace

_MODULE: Final = "github.com/projectcontour/contour"
DEFINITIONS: Final = "definitions.yaml"
CONTOUR: Final = GoProgram(
    name="contour",
    folder=Path(__file__).with_name("tools"),
    package=f"{_MODULE}/cmd/contour",
    files={DEFINITIONS: (_MODULE, "examples/contour/01-crds.yaml")},
)
_XDS: Final = ("--xds-address=127.0.0.1", "--xds-port=8001")
# What a cluster's administrator makes; the program only names the class.
CLASS: Final = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "GatewayClass",
    "metadata": {"name": "contour"},
    "spec": {"controllerName": "projectcontour.io/gateway-controller"},
}
# Kinds that this Contour knows in versions which the Gateway API of the rehearsal (1.6) no longer serves, and which
# the program doesn't use: watching them would keep it from starting.
_UNUSED: Final = ("tlsroutes", "tcproutes", "backendtlspolicies", "grpcroutes", "extensionservices")


@dataclass(frozen=True, kw_only=True)
class Gateway:
    """Contour and Envoy in a namespace.

    Args:
        namespace: to run in.
        contour: the binary.
        envoy: the binary.
        kubeconfig: the administrator's.
        folder: for configuration and logs; its path is short, since it holds a socket.
    """

    namespace: Namespace
    contour: Path
    envoy: Path
    kubeconfig: Path
    folder: Path

    def start(self, *, gateway: str, gateway_namespace: str) -> None:
        """Start both, for the one Gateway of that name and namespace."""
        served = {"gateway": {"gatewayRef": {"name": gateway, "namespace": gateway_namespace}}}
        configuration = self.folder / "contour.yaml"
        configuration.write_text(yaml.safe_dump(served))
        self.namespace.start(
            *(self.contour, "serve", *_XDS, "--insecure", "--disable-leader-election"),
            *(f"--kubeconfig={self.kubeconfig}", f"--config-path={configuration}"),
            # Not at every address, which is Envoy's default: the pods' are on this machine too.
            *(f"--envoy-service-{scheme}-address={GATEWAY}" for scheme in PORTS),
            *(f"--disable-feature={kind}" for kind in _UNUSED),
            log=self.folder / "contour.log",
        )
        bootstrap = self.folder / "envoy.json"
        made = self.namespace.run(
            *(self.contour, "bootstrap", bootstrap, *_XDS, f"--admin-address={self.folder / 'admin.sock'}")
        )
        assert made.returncode == 0, made.stderr
        self.namespace.start(
            *(self.envoy, "--config-path", bootstrap, "--service-cluster", "gateway", "--service-node", "gateway"),
            *("--log-level", "warning", "--concurrency", "2"),
            log=self.folder / "envoy.log",
        )
