"""Kubernetes objects, carried out as pulumi-kubernetes does with server-side apply (docs/engine-conformance.md)."""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, cast

from rehearsal.engine.diff import Path, differences
from rehearsal.engine.providers import waits
from rehearsal.engine.providers.api import Api, ApiError, Kind, Object
from rehearsal.engine.providers.base import Change, Made, PartialError, ProviderError, Target
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import (
    Properties,
    Secret,
    Value,
    from_json,
    has_secret,
    has_unknown,
    mapping,
    reveal_properties,
    text,
)
from rehearsal.errors import RehearsalError

CREATOR: Final = "pulumi-kubernetes"
_MANAGER_KEY: Final = "__fieldManager"

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

_UNSUPPORTED: Final = frozenset({"DaemonSet", "PersistentVolume", "Pod", "ReplicaSet", "ReplicationController"})
"""Kinds whose readiness pulumi-kubernetes awaits by rules that nothing here needs."""

_RETRIES: Final = 5  # of a create whose namespace or CRD isn't there yet (await.go)
_DELETE_SECONDS: Final = 600.0


@dataclass(frozen=True, kw_only=True)
class Kubernetes:
    """The provider of package `kubernetes` for one cluster.

    Unless it is told that they are mutable, a ConfigMap or Secret whose data changes is replaced.
    """

    api: Api
    mutable_config_maps: bool = False
    mutable_secrets: bool = False

    def check(self, type_: str, urn: str, inputs: Properties) -> Properties:
        """See `Provider.check`. An object without a name gets one from its logical name, as Pulumi's auto-naming."""
        kind = text(inputs.get("kind"))
        group = type_.split(":")[1].partition("/")[0]
        if not kind or group in ("helm.sh", "yaml", "kustomize") or kind.endswith("Patch"):
            raise RehearsalError(
                f"{urn.rsplit('::', 1)[-1]}: the embedded engine does not carry out {type_}",
                "Use one object a resource, or run the stack with --engine pulumi.",
            )
        if kind in _UNSUPPORTED:
            raise RehearsalError(
                f"{urn.rsplit('::', 1)[-1]}: the embedded engine does not carry out {kind}",
                "Use a Deployment or StatefulSet, or run the stack with --engine pulumi.",
            )
        metadata = dict(mapping(inputs.get("metadata")))
        if metadata.get("name") or "generateName" in metadata:
            return inputs
        metadata["name"] = f"{urn.rsplit('::', 1)[-1]}-{secrets.token_hex(4)}"
        metadata["annotations"] = {**mapping(metadata.get("annotations")), "pulumi.com/autonamed": "true"}
        return {**inputs, "metadata": metadata}

    def diff(self, old: Resource, target: Target) -> Change:
        """See `Provider.diff`: inputs against inputs, never the cluster."""
        inputs = _keep_auto_name(old.inputs, target.inputs)
        replacing = (("metadata", "name"), ("metadata", "namespace"), *self._replacing(old.inputs))
        fields = tuple(
            replace(field, replaces=any(field.path[: len(path)] == path for path in replacing))
            for field in differences(old.inputs, inputs)
        )
        return Change(fields=fields, delete_first=self.id_of(replace(target, inputs=inputs)) == old.id)

    def _replacing(self, old: Properties) -> tuple[Path, ...]:
        kind = "/".join(_gvk(old))
        fixed = old.get("immutable") is True
        if kind == "v1/Secret" and (fixed or not self.mutable_secrets):
            return (("type",), ("stringData",), ("data",))
        if kind == "v1/ConfigMap" and (fixed or not self.mutable_config_maps):
            return (("binaryData",), ("data",))
        return _REPLACING.get(kind, ())

    def id_of(self, target: Target) -> str:
        """See `Provider.id_of`: `<namespace>/<name>`, or the name alone outside namespaces."""
        metadata = mapping(target.inputs.get("metadata"))
        name, namespace = text(metadata.get("name")), metadata.get("namespace")
        if not name or (namespace is not None and not isinstance(namespace, str)):
            return ""
        kind = self.api.kind(*_gvk(target.inputs))
        if kind and not kind.namespaced:
            return name
        return f"{namespace or self.api.default_namespace}/{name}"

    def create(self, target: Target) -> Made:
        """See `Provider.create`."""
        if target.preview:
            return self._preview(target)
        live = self._post(target)
        return self._ready(target, live, timeout=target.timeout)

    def _preview(self, target: Target) -> Made:
        """What the API server says it would store; the inputs where it can't say yet."""
        kind = None if has_unknown(target.inputs) else self.api.kind(*_gvk(target.inputs))
        if kind is None:
            return Made(id="", outputs=target.inputs)
        body = _body(target)
        try:
            stored = self.api.request("POST", kind.path(self._namespace(body)), body, query={"dryRun": "All"})
        except ApiError as error:
            # Its namespace comes with this very update; it exists; we may only look: none of it is known to fail.
            if error.reason in ("NotFound", "AlreadyExists", "Forbidden"):
                return Made(id="", outputs=target.inputs)
            raise _refusal("create", body, error) from error
        stored.pop("status", None)
        return Made(id="", outputs=self._outputs(stored, target.inputs, CREATOR))

    def _post(self, target: Target) -> Object:
        body = _body(target)
        for attempt in itertools.count():
            try:
                kind = self.api.kind(*_gvk(target.inputs))
                # Without its CRD the path is one that the server doesn't know either: not found, like a namespace.
                path = (
                    kind.path(self._namespace(body)) if kind else f"/apis/{body.get('apiVersion')}/{body.get('kind')}"
                )
                return self.api.request("POST", path, body, query={"fieldManager": CREATOR})
            except ApiError as error:
                if error.reason != "NotFound" or attempt == _RETRIES:
                    raise _refusal("create", body, error) from error
            time.sleep(0.2 * 2**attempt)
        raise AssertionError  # the count has no end

    def update(self, old: Resource, target: Target) -> Made:
        """See `Provider.update`. Once the object exists, any failure is a partial one: the next update tries again."""
        if target.preview and has_unknown(target.inputs):
            return Made(id=old.id, outputs=target.inputs)
        body = _body(replace(target, inputs=_keep_auto_name(old.inputs, target.inputs)))
        kind = self.api.kind(*_gvk(target.inputs))
        live = self.api.get(kind, self._namespace(body), _name(body)) if kind else None
        if kind is None or live is None:
            raise ProviderError(
                f"{body.get('kind')} {old.id} is not in the cluster any more: it was removed behind this stack's back\n"
                "Put it back by hand, or drop it from the program, update, and add it again."
            )
        manager = text(old.outputs.get(_MANAGER_KEY))
        manager = manager if manager not in ("", CREATOR) else f"{CREATOR}-{secrets.token_hex(4)}"
        try:
            live = self._apply(kind, live, body, manager, preview=target.preview)
        except ApiError as error:
            refusal = _refusal("update", body, error)
            outputs = self._outputs(live, target.inputs, manager)
            raise PartialError((str(refusal),), id=old.id, outputs=outputs) from error
        if target.preview:
            return Made(id=old.id, outputs=self._outputs(live, target.inputs, manager))
        return self._ready(target, live, timeout=target.timeout, manager=manager)

    def _apply(self, kind: Kind, live: Object, body: Object, manager: str, *, preview: bool) -> Object:
        """Server-side apply of `body`; what the creating POST owned becomes `manager`'s, so that dropped fields go."""
        path = kind.path(self._namespace(body), _name(body))
        metadata = cast("Object", live["metadata"])
        entries = cast("list[Object]", metadata.get("managedFields", []))
        ours = [each for each in entries if each.get("manager") == CREATOR and each.get("operation") == "Update"]
        query = {"fieldManager": manager}
        if preview:
            query |= {"dryRun": "All"} | ({"force": "true"} if ours else {})
        elif ours:
            for entry in ours:
                entry |= {"manager": manager, "operation": "Apply"}
            patch: list[Object] = [
                {"op": "replace", "path": "/metadata/managedFields", "value": entries},
                {"op": "replace", "path": "/metadata/resourceVersion", "value": metadata["resourceVersion"]},
            ]
            self.api.request("PATCH", path, patch, content_type="application/json-patch+json")
        return self.api.request("PATCH", path, body, query=query, content_type="application/apply-patch+yaml")

    def _ready(self, target: Target, live: Object, *, timeout: float | None, manager: str = CREATOR) -> Made:
        kind = self.api.kind(*_gvk(target.inputs))
        metadata = cast("dict[str, str]", live["metadata"])
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        id_ = f"{namespace}/{name}" if namespace else name
        problem = ""
        if kind is not None:
            live, problem = waits.until_ready(self.api, kind, live, timeout=timeout, say=target.say)
        outputs = self._outputs(live, target.inputs, manager)
        if problem:
            reason = f"{live.get('kind')} {id_} did not become ready: {problem}"
            raise PartialError((reason,), id=id_, outputs=outputs)
        return Made(id=id_, outputs=outputs)

    def delete(self, old: Resource, target: Target) -> None:
        """See `Provider.delete`: in the foreground, then until the object is gone."""
        kind = self.api.kind(*_gvk(old.inputs))
        if kind is None:
            return
        namespace, _, name = old.id.rpartition("/")
        path = kind.path(namespace, name)
        started = time.monotonic()
        limit = target.timeout or _DELETE_SECONDS
        try:
            gone = self.api.request("DELETE", path, {"propagationPolicy": "Foreground"})
            uid = cast("Object", gone.get("metadata", gone.get("details", {}))).get("uid")
        except ApiError as error:
            if error.reason == "NotFound":
                return
            raise ProviderError(f"{kind.kind} {old.id} can't be deleted: {error.message}") from error
        pause = 0.01
        while (live := self.api.get(kind, namespace, name)) is not None:
            metadata = cast("Object", live["metadata"])
            if uid and metadata.get("uid") != uid:
                return  # another one of the same name: not ours
            if time.monotonic() - started > limit:
                finalizers = ", ".join(cast("list[str]", metadata.get("finalizers", []))) or "none"
                raise ProviderError(
                    f"{kind.kind} {old.id} was not gone after {limit:.0f} s (finalizers: {finalizers})\n"
                    f"See what still holds it: kubectl get {kind.plural} {name} -o yaml"
                )
            time.sleep(pause)
            pause = min(pause * 1.5, 0.5)

    def read(self, type_: str, id_: str, properties: Properties) -> Made | None:
        """See `Provider.read`."""
        _, token, kind_name = type_.split(":")
        api_version = text(properties.get("apiVersion")) or token.removeprefix("core/")
        kind = self.api.kind(api_version, text(properties.get("kind")) or kind_name)
        if kind is None:
            return None
        namespace, _, name = id_.rpartition("/")
        live = self.api.get(kind, namespace or self.api.default_namespace, name)
        return None if live is None else Made(id=id_, outputs=self._outputs(live, properties, CREATOR))

    def _namespace(self, body: Object) -> str:
        metadata = cast("dict[str, str]", body.get("metadata", {}))
        return metadata.get("namespace") or self.api.default_namespace

    def _outputs(self, live: Object, inputs: Properties, manager: str) -> Properties:
        """The live object, without the record of who set what: it is most of it, and read live where it is needed."""
        cast("Object", live.get("metadata", {})).pop("managedFields", None)
        outputs = cast("Properties", _mark(from_json(live), inputs))
        if live.get("kind") == "Secret":
            for key in ("data", "stringData"):
                if outputs.get(key) is not None and not isinstance(outputs[key], Secret):
                    outputs[key] = Secret(outputs[key])
        return {**outputs, _MANAGER_KEY: manager}


def _gvk(inputs: Properties) -> tuple[str, str]:
    return text(inputs.get("apiVersion")), text(inputs.get("kind"))


def _name(body: Object) -> str:
    return str(cast("Object", body["metadata"])["name"])


def _body(target: Target) -> Object:
    return cast("Object", reveal_properties(target.inputs))


def _keep_auto_name(old: Properties, new: Properties) -> Properties:
    """The new inputs with the old generated name, when both were named by the engine."""
    before, after = mapping(old.get("metadata")), mapping(new.get("metadata"))
    auto = "pulumi.com/autonamed"
    if not (auto in mapping(before.get("annotations")) and auto in mapping(after.get("annotations"))):
        return new
    return {**new, "metadata": {**after, "name": before.get("name")}}


def _mark(live: Value, inputs: Value) -> Value:
    """`live` with what is secret in `inputs` made secret; a list with a secret in it wholly."""
    if isinstance(inputs, Secret):
        return live if isinstance(live, Secret) else Secret(live)
    if isinstance(live, Mapping) and isinstance(inputs, Mapping):
        return {key: _mark(value, inputs.get(key)) for key, value in live.items()}
    return Secret(live) if isinstance(live, list) and has_secret(inputs) else live


def _refusal(verb: str, body: Object, error: ApiError) -> ProviderError:
    metadata = cast("dict[str, str]", body.get("metadata", {}))
    where = "/".join(filter(None, (metadata.get("namespace"), metadata.get("name"))))
    hint = {
        "AlreadyExists": "It was made by someone else: delete it, or take it out of the program.",
        "Conflict": "Another manager owns the field: undo its change, or take the field out of the program.",
        "NotFound": "Its namespace or CRD is missing: create that first.",
        "Invalid": "Mend the field it names in the program.",
        "Forbidden": "Ask for the right it names, or mend what the cluster's admission refuses.",
    }.get(error.reason, "")
    message = _without_values(error.message, body)
    return ProviderError(f"{body.get('kind')} {where}: the API server refused to {verb} it: {message}\n{hint}".rstrip())


def _without_values(message: str, body: Object) -> str:
    """The server's message, without what it quotes of a Secret's content."""
    return "its content is not valid" if body.get("kind") == "Secret" and "data" in message else message
