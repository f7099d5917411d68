"""How each of the plane's servers is run: their flags, and the reason of each one that is not obvious."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.control_plane.certificates import AUTHORITY, ENCRYPTION, SERVICE_ACCOUNTS, SERVICE_RANGE, SERVING
from rehearsal.control_plane.ports import LOOPBACK
from rehearsal.control_plane.processes import Server

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rehearsal.control_plane.layout import Layout
    from rehearsal.control_plane.ports import Ports
    from rehearsal.control_plane.preparation import Prepared

ETCD = "etcd"
APISERVER = "kube-apiserver"
CONTROLLER_MANAGER = "kube-controller-manager"
SCHEDULER = "kube-scheduler"
KWOK = "kwok"
SEALING = "sealed-secrets-controller"
NAMES = (ETCD, APISERVER, CONTROLLER_MANAGER, SCHEDULER, KWOK, SEALING)

AUDIT_POLICY: Final = Path(__file__).with_name("audit-policy.yaml")
"""Given to people for their own clusters too: docs/access.md."""

SCHEDULER_CONFIGURATION = """\
# A pod that didn't fit is tried again after one second, so that a test of quota or capacity need not wait ten.
apiVersion: kubescheduler.config.k8s.io/v1
kind: KubeSchedulerConfiguration
leaderElection: {{leaderElect: false}}
clientConnection: {{kubeconfig: {kubeconfig}, qps: 500, burst: 1000}}
podInitialBackoffSeconds: 1
podMaxBackoffSeconds: 2
"""
TUNNEL_CONFIGURATION = """\
# Pods are simulated, so no address of theirs leads anywhere: the API server asks a proxy for the way to them
# (rehearsal/tools/tunnel.go), as managed clusters' API servers do.
apiVersion: apiserver.k8s.io/v1beta1
kind: EgressSelectorConfiguration
egressSelections:
  - name: cluster
    connection:
      proxyProtocol: HTTPConnect
      transport:
        tcp:
          url: https://{loopback}:{port}
          tlsConfig:
            caBundle: {pki}/ca.crt
            clientCert: {pki}/kube-apiserver.crt
            clientKey: {pki}/kube-apiserver.key
"""


def servers(layout: Layout, prepared: Prepared, programs: Mapping[str, Path]) -> list[Server]:
    """The six servers in the order they are started.

    Args:
        layout: the home's folders.
        prepared: the ports they listen on, always on 127.0.0.1, and KWOK's configuration.
        programs: each server's binary by name.
    """
    arguments = {
        CONTROLLER_MANAGER: _controller_manager(layout),
        SCHEDULER: [f"--config={layout.scheduler}", "--secure-port=0"],
        KWOK: [f"--kubeconfig={layout.client(KWOK)}", f"--config={prepared.simulation}"],
        SEALING: _sealing(layout, prepared.ports),
    }
    rest = [_server(layout, programs, name, arguments[name]) for name in arguments]
    more = (
        f"--egress-selector-config-file={layout.tunnel}",
        f"--audit-policy-file={layout.audit_policy}",
        f"--audit-log-path={layout.log('audit')}",
        "--audit-log-maxsize=50",
        "--audit-log-maxbackup=1",
    )
    return [*base(layout, prepared.ports, programs, *more), *rest]


def base(layout: Layout, ports: Ports, programs: Mapping[str, Path], *more: str) -> list[Server]:
    """Etcd and the API server alone, which is what holds objects.

    Args:
        layout: the home's folders.
        ports: what they listen on.
        programs: each server's binary by name.
        more: arguments of the API server's.
    """
    arguments = {ETCD: _etcd(layout, ports), APISERVER: [*_apiserver(layout, ports), *more]}
    return [_server(layout, programs, name, arguments[name]) for name in arguments]


def _server(layout: Layout, programs: Mapping[str, Path], name: str, arguments: list[str]) -> Server:
    return Server(name=name, command=(str(programs[name]), *arguments), log=layout.log(name))


def _etcd(layout: Layout, ports: Ports) -> list[str]:
    client, peer = f"https://{LOOPBACK}:{ports.etcd}", f"https://{LOOPBACK}:{ports.etcd_peer}"
    authority, serving = layout.pki / f"{AUTHORITY}.crt", layout.pki / SERVING
    return [
        f"--data-dir={layout.etcd}",
        # A power cut may lose the rehearsal's objects, which `up` makes again; a killed process loses nothing.
        "--unsafe-no-fsync",
        "--name=rehearsal",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=rehearsal={peer}",
        *(
            f"--{prefix}{flag}"
            for prefix in ("", "peer-")
            for flag in (
                "client-cert-auth",
                f"trusted-ca-file={authority}",
                f"cert-file={serving}.crt",
                f"key-file={serving}.key",
            )
        ),
        "--log-level=warn",
    ]


def _apiserver(layout: Layout, ports: Ports) -> list[str]:
    pki = layout.pki
    return [
        f"--etcd-servers=https://{LOOPBACK}:{ports.etcd}",
        f"--etcd-cafile={pki / AUTHORITY}.crt",
        f"--etcd-certfile={pki / APISERVER}.crt",
        f"--etcd-keyfile={pki / APISERVER}.key",
        f"--bind-address={LOOPBACK}",
        f"--secure-port={ports.apiserver}",
        # Said outright, or it looks for another interface to advertise, and a network namespace may have none;
        # a loopback address can't stand in the Endpoints of Service `kubernetes`, so nobody writes those.
        f"--advertise-address={LOOPBACK}",
        "--endpoint-reconciler-type=none",
        f"--tls-cert-file={pki / SERVING}.crt",
        f"--tls-private-key-file={pki / SERVING}.key",
        f"--client-ca-file={pki / AUTHORITY}.crt",
        "--anonymous-auth=false",
        "--authorization-mode=RBAC",
        # As managed clusters have it: what keeps a privileged pod out is Pod Security, not this old switch.
        "--allow-privileged=true",
        f"--service-cluster-ip-range={SERVICE_RANGE}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={pki / SERVICE_ACCOUNTS}.key",
        f"--service-account-signing-key-file={pki / SERVICE_ACCOUNTS}.key",
        f"--encryption-provider-config={pki / ENCRYPTION}",
        # Their sum is what priority and fairness shares out. The defaults (400 and 200) let one client, the
        # engine with a thread a resource, run into 429s while the controllers do the same work.
        "--max-requests-inflight=1200",
        "--max-mutating-requests-inflight=600",
        "--profiling=false",
    ]


def _controller_manager(layout: Layout) -> list[str]:
    return [
        f"--kubeconfig={layout.client(CONTROLLER_MANAGER)}",
        "--leader-elect=false",
        "--secure-port=0",
        "--profiling=false",
        f"--root-ca-file={layout.pki / AUTHORITY}.crt",
        f"--service-account-private-key-file={layout.pki / SERVICE_ACCOUNTS}.key",
        # An HPA lifts a new Deployment from one replica to its minimum only at its next look: 15 s by default,
        # which every first `up` would wait for.
        "--horizontal-pod-autoscaler-sync-period=1s",
        # A claim waits for the next look too, when its volume was written after it.
        "--pvclaimbinder-sync-period=1s",
        # Two slots come up at once: as many workers as objects, and a client that isn't throttled (20 a second).
        "--kube-api-qps=500",
        "--kube-api-burst=1000",
        *(
            f"--concurrent-{kind}-syncs=20"
            for kind in ("deployment", "replicaset", "job", "namespace", "service-endpoint", "resource-quota", "gc")
        ),
    ]


def _sealing(layout: Layout, ports: Ports) -> list[str]:
    return [
        f"--kubeconfig={layout.client(SEALING)}",
        f"--listen-addr={LOOPBACK}:{ports.sealing}",
        f"--listen-metrics-addr={LOOPBACK}:0",
        f"--tunnel-addr={LOOPBACK}:{ports.tunnel}",
        f"--tunnel-pki={layout.pki}",
        # Half the controller's own: what it protects are stand-ins, and the first start waits for the key.
        "--key-size=2048",
    ]
