"""A real Kubernetes control plane on this machine's loopback: etcd, the Kubernetes servers, and KWOK as kubelet."""

from rehearsal.control_plane.plane import ControlPlane, Options, Status

__all__ = ["ControlPlane", "Options", "Status"]
