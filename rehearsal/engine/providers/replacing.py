"""Which fields of a Kubernetes object can't change in place (pulumi-kubernetes' provider/pkg/provider/diff.go)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from rehearsal.engine.diff import Path
from rehearsal.engine.wire import Properties, text

_REPLACING: Final[Mapping[str, tuple[Path, ...]]] = {
    "apps/v1/Deployment": (("spec", "selector"),),
    "apps/v1/StatefulSet": tuple(
        ("spec", each)
        for each in (
            "podManagementPolicy",
            "revisionHistoryLimit",
            "selector",
            "serviceName",
            "volumeClaimTemplates",
        )
    ),
    "batch/v1/Job": tuple(("spec", each) for each in ("completions", "parallelism", "selector", "template")),
    "rbac.authorization.k8s.io/v1/ClusterRoleBinding": (("roleRef",),),
    "rbac.authorization.k8s.io/v1/RoleBinding": (("roleRef",),),
    "storage.k8s.io/v1/StorageClass": (("parameters",), ("provisioner",)),
    "v1/PersistentVolumeClaim": tuple(
        ("spec", each) for each in ("accessModes", "selector", "storageClassName", "volumeName")
    ),
    "v1/ResourceQuota": (("spec", "scopes"),),
    "v1/Service": (("spec", "clusterIP"),),
}
"""Fields whose change replaces the object, beside name and namespace (pulumi-kubernetes' provider/diff.go)."""


def replacing(old: Properties, *, mutable_config_maps: bool, mutable_secrets: bool) -> tuple[Path, ...]:
    """The fields of an object whose change replaces it, beside its name and namespace."""
    kind = f"{text(old.get('apiVersion'))}/{text(old.get('kind'))}"
    fixed = old.get("immutable") is True
    if kind == "v1/Secret" and (fixed or not mutable_secrets):
        return (("type",), ("stringData",), ("data",))
    if kind == "v1/ConfigMap" and (fixed or not mutable_config_maps):
        return (("binaryData",), ("data",))
    return _REPLACING.get(kind, ())
