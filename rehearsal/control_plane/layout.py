"""Where the control plane keeps what in a rehearsal's home."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The plane's files in a home, all under names that nothing else in the home uses.

    Args:
        home: the rehearsal's home, absolute; it is also what tells one rehearsal's servers from another's.
    """

    home: Path

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, the one that people and the engine use."""
        return self.home / "kubeconfig"

    @property
    def logs(self) -> Path:
        """One file a server."""
        return self.home / "logs"

    @property
    def lock(self) -> Path:
        """Held by the command that starts or stops the plane."""
        return self.home / "control-plane.lock"

    @property
    def plane(self) -> Path:
        """Everything that a wipe removes, besides the logs and the kubeconfig."""
        return self.home / "control-plane"

    @property
    def pki(self) -> Path:
        """Keys, certificates and the key that encrypts Secrets at rest."""
        return self.plane / "pki"

    @property
    def etcd(self) -> Path:
        """The data of etcd: every object of the cluster."""
        return self.plane / "etcd"

    @property
    def ports(self) -> Path:
        """The ports chosen at the first start."""
        return self.plane / "ports.json"

    @property
    def scheduler(self) -> Path:
        """The scheduler's configuration."""
        return self.plane / "scheduler.yaml"

    @property
    def tunnel(self) -> Path:
        """The API server's way to pods."""
        return self.plane / "tunnel.yaml"

    @property
    def audit_policy(self) -> Path:
        """What the API server writes down of its requests."""
        return self.plane / "audit-policy.yaml"

    @property
    def options(self) -> Path:
        """What the last start wanted otherwise."""
        return self.plane / "options.json"

    @property
    def applied(self) -> Path:
        """Digest of the objects that every start makes sure of, written once they are all there."""
        return self.plane / "applied"

    def client(self, name: str) -> Path:
        """The kubeconfig of one of the plane's own clients."""
        return self.plane / f"{name}.kubeconfig"

    def log(self, name: str) -> Path:
        """The log of one server."""
        return self.logs / f"{name}.log"
