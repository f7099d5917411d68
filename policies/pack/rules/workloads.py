"""How pods come to be, and which disks they could reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.objects import Object, objects
from ..model.pods import Pod, pods
from ..model.record import Rule, per
from ..model.values import Finding, must

_OF_THE_NODE: Final = ("hostPath", "local")


def _bare(pod: Object) -> Iterator[Finding]:
    if not pod.patch:
        yield pod.root.finding("is a pod that nothing brings back once its node is gone")


def _debugging(pod: Pod) -> Iterator[Finding]:
    place = pod.spec.child("ephemeralContainers")
    yield from must(place, lambda value: value is None or value == [], "are for looking into a pod that runs")


def _node_disk(volume: Object) -> Iterator[Finding]:
    for source in _OF_THE_NODE:
        yield from must(volume.spec.child(source), lambda value: value is None, "is a folder of a node")


NODE_DISK: Final = Rule(
    id="volume-no-host-path",
    title="No PersistentVolume is a folder of a node",
    severity="critical",
    check=per(objects("PersistentVolume"), _node_disk),
    frameworks=("NSA", "C-0045", "C-0048", "C-0074", "Kyverno/disallow-host-path"),
    why="A claim is all that it takes to mount such a volume, and no Pod Security level looks behind a claim.",
    mend="Let a StorageClass make the volume (a PersistentVolumeClaim), or name a disk by its CSI driver.",
)

BARE_PODS: Final = Rule(
    id="workload-no-bare-pods",
    title="Pods are made by controllers",
    severity="low",
    enforcement="advisory",
    check=per(objects("Pod"), _bare),
    frameworks=("C-0073", "Kyverno/prevent-bare-pods"),
    why="When its node goes, the pod is gone for good.",
    mend="Declare a Deployment, a StatefulSet, a DaemonSet or a Job.",
)

DEBUGGING: Final = Rule(
    id="workload-no-debugging-containers",
    title="No ephemeral containers are declared",
    severity="low",
    enforcement="advisory",
    check=per(pods, _debugging),
    frameworks=("Kyverno/block-ephemeral-containers",),
    why="Kubernetes takes them only for a pod that runs: what declares one is refused, or it does nothing.",
    mend="Leave out ephemeralContainers; `kubectl debug` adds one where it is needed.",
)

RULES: Final = (NODE_DISK, BARE_PODS, DEBUGGING)
