"""A real Kubernetes control plane on this machine's loopback: etcd, the Kubernetes servers, and KWOK as kubelet."""

from rehearsal.control_plane.plane import ControlPlane, Status
from rehearsal.control_plane.preparation import Options

__all__ = ["ControlPlane", "Options", "Status"]
