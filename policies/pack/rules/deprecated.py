"""Which versions of an API may be used: those that the next upgrade of the cluster doesn't take away."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.kinds import BUILT_IN_GROUPS
from ..model.objects import Object, objects
from ..model.record import Rule, per
from ..model.values import Finding

_STABLE: Final = re.compile(r"v[1-9][0-9]*")
NOT_YET_STABLE: Final[dict[tuple[str, str], frozenset[str]]] = {
    ("bitnami.com", "SealedSecret"): frozenset({"v1alpha1"}),
    ("gateway.networking.k8s.io", "ReferenceGrant"): frozenset({"v1beta1"}),
    ("gateway.networking.k8s.io", "TCPRoute"): frozenset({"v1alpha2"}),
    ("gateway.networking.k8s.io", "TLSRoute"): frozenset({"v1alpha3", "v1alpha2"}),
    ("gateway.networking.k8s.io", "UDPRoute"): frozenset({"v1alpha2"}),
    ("monitoring.coreos.com", "AlertmanagerConfig"): frozenset({"v1alpha1", "v1beta1"}),
    ("monitoring.coreos.com", "ScrapeConfig"): frozenset({"v1alpha1"}),
}
"""Kinds whose project has no stable version yet, and the newest that it serves."""
_RETIRED: Final = frozenset({("core", "ComponentStatus"), ("core", "Endpoints")})
"""Stable in name, but deprecated: ComponentStatus since Kubernetes 1.19, Endpoints since 1.33 (use EndpointSlice)."""


def _lasting(each: Object) -> Iterator[Finding]:
    place = each.root.child("apiVersion")
    place.text()  # raises where it can't be judged: then it may be any
    if (each.group, each.kind) in _RETIRED:
        yield place.finding(f"has a kind, {each.kind}, that Kubernetes is giving up")
    elif not _STABLE.fullmatch(each.version) and not _newest(each):
        owner = "Kubernetes" if each.group in BUILT_IN_GROUPS else "its project"
        yield place.finding(f"is a version of {each.kind} that {owner} doesn't keep")


def _newest(each: Object) -> bool:
    return each.version in NOT_YET_STABLE.get((each.group, each.kind), ())


LASTING: Final = Rule(
    id="api-version-stable",
    title="Every object uses a stable version of its API",
    severity="medium",
    frameworks=("check-deprecated-apis", "KSV-0107", "no-extensions-v1beta"),
    why="Alpha and beta versions change their meaning or go with an upgrade; then nothing can be deployed, nor undone.",
    mend="Write the stable apiVersion; a kind that has none yet stands in rules/deprecated.py.",
    check=per(objects(), _lasting),
)

RULES: Final = (LASTING,)
