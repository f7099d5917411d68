"""Where objects live, and what guards the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.kinds import CLUSTER_SCOPED
from ..model.objects import Object, objects
from ..model.record import Rule, StackRule, per
from ..model.stack import Stack
from ..model.values import Finding, must, one_of
from .joins import readable

_PREFIX: Final = "pod-security.kubernetes.io"
_PINNED: Final = re.compile(r"v1\.[1-9][0-9]+")
_SHARED: Final = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})
_GUARDS: Final = ("ResourceQuota", "LimitRange")


_namespaces: Final = objects("Namespace").where(lambda namespace: namespace.group == "core")


def _restricted(namespace: Object) -> Iterator[Finding]:
    labels = namespace.metadata.child("labels")
    enforced = labels.child(f"{_PREFIX}/enforce")
    if not namespace.patch or enforced.is_set:
        yield from must(enforced, one_of("restricted"), "isn't restricted")


def _pinned(namespace: Object) -> Iterator[Finding]:
    version = namespace.metadata.at("labels", f"{_PREFIX}/enforce-version")
    if not namespace.patch or version.is_set:
        yield from must(
            version,
            lambda value: isinstance(value, str) and _PINNED.fullmatch(value) is not None,
            "isn't the version of one Kubernetes release",
        )


_namespaced: Final = objects().where(lambda each: each.kind not in CLUSTER_SCOPED)


def _explicit(each: Object) -> Iterator[Finding]:
    namespace = each.namespace.text()
    if not namespace:
        yield each.namespace.finding("isn't set, so that the kubeconfig of the day decides")
    elif namespace in _SHARED:
        yield each.namespace.finding("is a namespace that everybody shares, without guards")


def _guarded(stack: Stack) -> Iterator[Finding]:
    found = {(each.kind, namespace) for (namespace, _), each in readable(stack.objects(*_GUARDS))}

    def check(namespace: Object) -> Iterator[Finding]:
        for kind in _GUARDS:
            if (kind, namespace.name.text()) not in found:
                yield namespace.root.finding(f"has no {kind}")

    declared = (each for each in stack.objects("Namespace") if each.group == "core" and not each.patch)
    yield from per(lambda _: declared, check)(stack)


RESTRICTED: Final = Rule(
    id="namespace-restricted",
    title="Every namespace enforces the Pod Security standard `restricted`",
    severity="high",
    frameworks=("PSS-restricted", "CIS-5.2.1", "C-0192", "add-psa-labels"),
    why="What gets past every review is still refused by the API server; without the label, nothing is.",
    mend="Label the namespace pod-security.kubernetes.io/enforce: restricted, as components/namespace.py does.",
    check=per(_namespaces, _restricted),
)
PINNED: Final = Rule(
    id="namespace-pinned-standard",
    title="Every namespace pins the version of its Pod Security standard",
    severity="medium",
    frameworks=("PSS-restricted",),
    why="With `latest`, an upgrade of the cluster changes what may start, at the next restart of a pod.",
    mend="Label the namespace pod-security.kubernetes.io/enforce-version: v1.34, or another release.",
    check=per(_namespaces, _pinned),
)
EXPLICIT: Final = Rule(
    id="namespace-explicit",
    title="Every object names a namespace of its own",
    severity="medium",
    frameworks=("CIS-5.6.1", "CIS-5.6.4", "C-0061", "C-0209", "C-0212", "CKV_K8S_21", "KSV-0037", "KSV-0110"),
    why="Without one, the kubeconfig decides; in `default` and `kube-system` nothing is guarded.",
    mend="Set metadata.namespace to one that a stack of this project declares.",
    check=per(_namespaced, _explicit),
)
GUARDED: Final = StackRule(
    id="namespace-quota",
    title="Every namespace has a quota and default sizes",
    severity="low",
    enforcement="advisory",
    frameworks=("CIS-5.6.1", "KSV-0039", "KSV-0040", "add-ns-quota"),
    why="A runaway in one namespace starves the others.",
    mend="Declare a ResourceQuota and a LimitRange in it, as components/namespace.py does.",
    check=_guarded,
)

RULES: Final = (RESTRICTED, PINNED, EXPLICIT, GUARDED)
