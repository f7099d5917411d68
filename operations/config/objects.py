"""Objects as they are kept and put back: without what only the API server may say of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, cast

from operations.config.cluster import Json, Object

OWNER: Final = "stratmaster.com/owner"
"""In the backup only: the annotation that says who owned the object, as `owner` gives it."""
RESTORER: Final = "stratmaster-restore"
"""Under which name what nobody owned is put back."""
_APPLIERS: Final = ("pulumi-", "helm")
"""What the names begin with under which Pulumi and Helm apply objects; Pulumi's Releases have `pulumi-resource-…`."""
_LABEL: Final = "app.kubernetes.io/managed-by"
_OWNERS: Final = ("pulumi", "Helm")
_SERVERS_OWN: Final = (
    *("creationTimestamp", "deletionGracePeriodSeconds", "deletionTimestamp", "generation", "managedFields"),
    *("ownerReferences", "resourceVersion", "selfLink", "uid"),
)
_NOISE: Final = (
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    *("pv.kubernetes.io/bind-completed", "pv.kubernetes.io/bound-by-controller"),
    *("volume.kubernetes.io/selected-node", "volume.kubernetes.io/storage-provisioner"),
)
_ASSIGNED: Final = {
    "Service": ("clusterIP", "clusterIPs", "healthCheckNodePort"),
    "PersistentVolumeClaim": ("volumeName",),
}
"""Fields of the spec that a cluster fills in, and another cluster fills in otherwise."""
_ORDER: Final = (
    *("Namespace", "ServiceAccount", "Secret", "SealedSecret", "ConfigMap", "Role", "RoleBinding"),
    *("PersistentVolumeClaim", "Service"),
)
_SHOWN: Final = 60


def metadata(one: Object) -> Object:
    """An object's metadata."""
    return cast("Object", one.get("metadata") or {})


def name(one: Object) -> str:
    """Kind, namespace and name, for people."""
    own = metadata(one)
    return f"{one['kind']} " + "/".join(str(own[part]) for part in ("namespace", "name") if own.get(part))


def order(one: Object) -> tuple[int, str]:
    """What others need comes first."""
    kind = str(one["kind"])
    return (_ORDER.index(kind) if kind in _ORDER else len(_ORDER), name(one))


def is_derived(one: Object) -> bool:
    """Whether a controller makes it, and all of it, of another object that is kept."""
    references = cast("list[Object]", metadata(one).get("ownerReferences") or [])
    return any(each.get("controller") for each in references) or metadata(one).get("name") == "kube-root-ca.crt"


def owner(one: Object) -> str:
    """Who would make an object again: a controller's object, or the name that Pulumi or Helm applied it under.

    Empty for what nobody would.
    """
    own = metadata(one)
    for reference in cast("list[Object]", own.get("ownerReferences") or []):
        if reference.get("controller"):
            return f"{reference['kind']}/{reference['name']}"
    for entry in cast("list[dict[str, str]]", own.get("managedFields") or []):
        if not entry.get("subresource") and entry.get("manager", "").startswith(_APPLIERS):
            return entry["manager"]
    noted = cast("dict[str, str]", own.get("annotations") or {}).get(OWNER, "")
    label = cast("dict[str, str]", own.get("labels") or {}).get(_LABEL, "")
    return noted or (label if label in _OWNERS else "")


def manager(owned_by: str) -> str:
    """Under which name an owner's object is put back: its own, so that its next update meets no stranger's fields."""
    return owned_by if owned_by.startswith(_APPLIERS) else RESTORER


def kept(one: Object) -> Object:
    """An object as the backup keeps it; `kubectl apply` takes it too."""
    clean, owned_by = cleaned(one), owner(one)
    if owned_by:
        own = metadata(clean)
        own["annotations"] = {**cast("Object", own.get("annotations") or {}), OWNER: owned_by}
    return clean


def cleaned(one: Object) -> Object:
    """An object without what isn't anybody's to wish."""
    clean: Object = {key: value for key, value in one.items() if key != "status"}
    own: Object = {key: value for key, value in metadata(one).items() if key not in _SERVERS_OWN}
    notes = cast("Object", own.pop("annotations", None) or {})
    if notes := {key: value for key, value in notes.items() if key not in {*_NOISE, OWNER}}:
        own["annotations"] = notes
    clean["metadata"] = own
    spec = clean.get("spec")
    if isinstance(spec, dict):
        headless = spec.get("clusterIP") == "None"
        assigned = () if headless else _ASSIGNED.get(str(one.get("kind")), ())
        clean["spec"] = {key: value for key, value in spec.items() if key not in assigned}
    return clean


def changes(before: Object, after: Object) -> list[str]:
    """What differs, a line each: a path and both values. Those of a Secret are not shown."""
    secret = before.get("kind") == "Secret"
    lines: list[str] = []
    for path, old, new in _differences("", cleaned(before), cleaned(after)):
        hidden = secret and path.startswith(("data", "stringData"))
        lines.append(f"{path}: differs" if hidden else f"{path}: {_shown(old)} → {_shown(new)}")
    return lines


def _differences(path: str, old: Json, new: Json) -> Iterator[tuple[str, Json, Json]]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            yield from _differences(f"{path}.{key}" if path else key, old.get(key), new.get(key))
    elif old != new:
        yield path, old, new


def _shown(value: Json) -> str:
    text = "nothing" if value is None else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
