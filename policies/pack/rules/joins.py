"""What rules about a whole stack look up again and again: pods by their labels, workloads by who scales them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ..model.kinds import LONG_RUNNING
from ..model.objects import Object
from ..model.pods import Pod
from ..model.stack import Stack, selects
from ..model.values import Field, Unreadable

SCALED: Final = ("Deployment", "StatefulSet", "ReplicaSet", "ReplicationController")
"""The built-in kinds that have a number of replicas."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Labelled:
    """A pod whose namespace and labels can be judged."""

    pod: Pod
    namespace: str
    labels: Mapping[str, str]


def of_group(each: Object, group: str) -> bool:
    """Whether an object is of an API group; one whose group can't be told may be, and counts."""
    return each.group in {group, "core"}


def named(each: Object) -> tuple[str, str]:
    """Namespace and name of an object, empty where it has none; raises Unreadable."""
    return each.namespace.text() or "", each.name.text() or ""


def readable(candidates: Iterable[Object]) -> Iterator[tuple[tuple[str, str], Object]]:
    """The objects whose namespace and name can be judged, with both."""
    for each in candidates:
        try:
            yield named(each), each
        except Unreadable:
            continue


def labelled(pod: Pod) -> Labelled:
    """A pod with its namespace and labels; raises Unreadable where they can't be judged."""
    labels = {key: value.text() or "" for key, value in pod.metadata.child("labels").entries().items()}
    return Labelled(pod=pod, namespace=pod.object.namespace.text() or "", labels=labels)


class Pods:
    """The pods of a stack by namespace and label, so that a selector asks few of them.

    Left out are pods that can't be judged, which selects nobody rather than anybody, and those of patches, whose labels
    may stay what they are.
    """

    def __init__(self, stack: Stack) -> None:
        self._in_namespace: dict[str, list[Labelled]] = defaultdict(list)
        self._with_label: dict[tuple[str, str, str | None], list[Labelled]] = defaultdict(list)
        for each in stack.objects():
            for pod in each.pods:
                if not each.patch:
                    self._add(pod)

    def _add(self, pod: Pod) -> None:
        try:
            found = labelled(pod)
        except Unreadable:
            return
        self._in_namespace[found.namespace].append(found)
        for key, value in found.labels.items():
            self._with_label[found.namespace, key, value].append(found)

    def selected(self, namespace: str, selector: Field) -> list[Labelled]:
        """The pods that a label selector selects in a namespace; raises Unreadable where it can't be judged."""
        wanted = {key: value.text() for key, value in selector.child("matchLabels").entries().items()}
        return [each for each in self._candidates(namespace, wanted) if selects(selector, each.labels)]

    def with_labels(self, namespace: str, wanted: Mapping[str, str | None]) -> list[Labelled]:
        """The pods of a namespace that have all of some labels."""
        candidates = self._candidates(namespace, wanted)
        return [each for each in candidates if all(each.labels.get(key) == value for key, value in wanted.items())]

    def everything(self, namespace: str) -> Sequence[Labelled]:
        """All pods of a namespace that can be judged."""
        return self._in_namespace.get(namespace, [])

    def _candidates(self, namespace: str, wanted: Mapping[str, str | None]) -> Sequence[Labelled]:
        if not wanted:
            return self._in_namespace.get(namespace, [])
        return min((self._with_label.get((namespace, key, value), []) for key, value in wanted.items()), key=len)


class Scaling:
    """How many pods each workload of a stack has at the least: its autoscaler's minimum, else its own replicas."""

    def __init__(self, stack: Stack) -> None:
        self._scalers: dict[tuple[str, str, str], Object] = {}
        for (namespace, _), scaler in readable(stack.objects("HorizontalPodAutoscaler")):
            target = scaler.spec.child("scaleTargetRef")
            try:
                key = (namespace, target.child("kind").text() or "", target.child("name").text() or "")
            except Unreadable:
                continue  # a scaler that scales who knows what keeps nobody up
            self._scalers[key] = scaler

    def least(self, workload: Object) -> Field:
        """The field that says how many pods a workload has at the least; None in it stands for 1."""
        own = workload.spec.child("replicas")
        scaler = self._scalers.get((named(workload)[0], workload.kind, named(workload)[1]))
        # At 0 replicas an autoscaler leaves a workload alone.
        return own if scaler is None or own.number() == 0 else scaler.spec.child("minReplicas")


def count(field: Field) -> int:
    """A number of replicas, 1 where it isn't set; raises Unreadable."""
    found = field.number()
    return 1 if found is None else int(found)


def scaled(stack: Stack) -> Iterator[Object]:
    """The workloads of a stack that have a number of replicas, patches aside."""
    return (each for each in stack.objects(*SCALED) if not each.patch)


def long_running(stack: Stack) -> Iterator[Object]:
    """The workloads of a stack whose pods are meant to stay, patches aside."""
    return (each for each in stack.objects(*LONG_RUNNING) if not each.patch)
