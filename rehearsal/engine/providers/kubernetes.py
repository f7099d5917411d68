"""Kubernetes objects, carried out as pulumi-kubernetes does with server-side apply (docs/engine-conformance.md)."""

from __future__ import annotations

import itertools
import secrets
import time
from dataclasses import dataclass, replace
from typing import Final, cast

from rehearsal.engine.diff import differences
from rehearsal.engine.providers import waits
from rehearsal.engine.providers.api import Api, ApiError, Kind, Object
from rehearsal.engine.providers.base import Change, Made, PartialError, ProviderError, Target
from rehearsal.engine.providers.objects import applier, body_of, gvk, marked, name_of, named
from rehearsal.engine.providers.refusals import refusal
from rehearsal.engine.providers.replacing import replacing
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import (
    Properties,
    Secret,
    from_json,
    has_unknown,
    mapping,
    text,
)
from rehearsal.errors import RehearsalError

CREATOR: Final = "pulumi-kubernetes"
_MANAGER_KEY: Final = "__fieldManager"

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

    def check(self, type_: str, urn: str, inputs: Properties, old: Properties | None) -> Properties:
        """See `Provider.check`. An object without a name gets one from its logical name, as Pulumi's auto-naming."""
        kind = text(inputs.get("kind"))
        group = type_.split(":")[1].partition("/")[0]
        patch = type_.endswith("Patch") and not kind.endswith("Patch")
        if not kind or patch or group in ("helm.sh", "yaml", "kustomize"):
            raise RehearsalError(
                f"{urn.rsplit('::', 1)[-1]}: the embedded engine does not carry out {type_}",
                "Use one object a resource, or run the stack with --engine pulumi.",
            )
        if kind in _UNSUPPORTED:
            raise RehearsalError(
                f"{urn.rsplit('::', 1)[-1]}: the embedded engine does not carry out {kind}",
                "Use a Deployment or StatefulSet, or run the stack with --engine pulumi.",
            )
        return named(urn.rsplit("::", 1)[-1], old, inputs)

    def diff(self, old: Resource, target: Target) -> Change:
        """See `Provider.diff`: inputs against inputs, never the cluster."""
        fixed = replacing(
            old.inputs, mutable_config_maps=self.mutable_config_maps, mutable_secrets=self.mutable_secrets
        )
        paths = (("metadata", "name"), ("metadata", "namespace"), *fixed)
        fields = tuple(
            replace(field, replaces=any(field.path[: len(path)] == path for path in paths))
            for field in differences(old.inputs, target.inputs)
        )
        return Change(fields=fields, delete_first=self.id_of(target) == old.id)

    def id_of(self, target: Target) -> str:
        """See `Provider.id_of`: `<namespace>/<name>`, or the name alone outside namespaces."""
        metadata = mapping(target.inputs.get("metadata"))
        name, namespace = text(metadata.get("name")), metadata.get("namespace")
        if not name or (namespace is not None and not isinstance(namespace, str)):
            return ""
        kind = self.api.kind(*gvk(target.inputs))
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
        kind = None if has_unknown(target.inputs) else self.api.kind(*gvk(target.inputs))
        if kind is None:
            return Made(id="", outputs=target.inputs)
        body = body_of(target.inputs)
        try:
            stored = self.api.request("POST", kind.path(self._namespace(body)), body, query={"dryRun": "All"})
        except ApiError as error:
            # Its namespace comes with this very update; it exists; we may only look: none of it is known to fail.
            if error.reason in ("NotFound", "AlreadyExists", "Forbidden"):
                return Made(id="", outputs=target.inputs)
            raise refusal("create", body, error) from error
        stored.pop("status", None)
        return Made(id="", outputs=self._outputs(stored, target.inputs, CREATOR))

    def _post(self, target: Target) -> Object:
        body = body_of(target.inputs)
        for attempt in itertools.count():
            try:
                kind = self.api.kind(*gvk(target.inputs))
                # Without its CRD the path is one that the server doesn't know either: not found, like a namespace.
                path = (
                    kind.path(self._namespace(body)) if kind else f"/apis/{body.get('apiVersion')}/{body.get('kind')}"
                )
                return self.api.request("POST", path, body, query={"fieldManager": CREATOR})
            except ApiError as error:
                if error.reason != "NotFound" or attempt == _RETRIES:
                    raise refusal("create", body, error) from error
            time.sleep(0.2 * 2**attempt)
        raise AssertionError  # the count has no end

    def update(self, old: Resource, target: Target) -> Made:
        """See `Provider.update`. Once the object exists, any failure is a partial one: the next update tries again."""
        if target.preview and has_unknown(target.inputs):
            return Made(id=old.id, outputs=target.inputs)
        body = body_of(target.inputs)
        kind = self.api.kind(*gvk(target.inputs))
        live = self.api.get(kind, self._namespace(body), name_of(body)) if kind else None
        if kind is None or live is None:
            raise ProviderError(
                f"{body.get('kind')} {old.id} is not in the cluster any more: it was removed behind this stack's back\n"
                "Put it back by hand, or drop it from the program, update, and add it again."
            )
        manager = text(old.outputs.get(_MANAGER_KEY))
        if manager in ("", CREATOR):
            manager = applier(live, CREATOR) or f"{CREATOR}-{secrets.token_hex(4)}"
        try:
            live = self._apply(kind, live, body, manager, preview=target.preview)
        except ApiError as error:
            why = str(refusal("update", body, error))
            outputs = self._outputs(live, target.inputs, manager)
            raise PartialError((why,), id=old.id, outputs=outputs) from error
        if target.preview:
            return Made(id=old.id, outputs=self._outputs(live, target.inputs, manager))
        return self._ready(target, live, timeout=target.timeout, manager=manager)

    def _apply(self, kind: Kind, live: Object, body: Object, manager: str, *, preview: bool) -> Object:
        """Server-side apply of `body`; what the creating POST owned becomes `manager`'s, so that dropped fields go."""
        path = kind.path(self._namespace(body), name_of(body))
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
        kind = self.api.kind(*gvk(target.inputs))
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
        kind = self.api.kind(*gvk(old.inputs))
        if kind is None:
            return
        namespace, _, name = old.id.rpartition("/")
        path = kind.path(namespace, name)
        started = time.monotonic()
        limit = target.timeout or _DELETE_SECONDS
        try:
            gone = self.api.request("DELETE", path, {"propagationPolicy": "Foreground"})
            uid = cast("Object", gone.get("details") or gone.get("metadata") or {}).get("uid")
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
        outputs = cast("Properties", marked(from_json(live), inputs))
        if live.get("kind") == "Secret":
            for key in ("data", "stringData"):
                if outputs.get(key) is not None and not isinstance(outputs[key], Secret):
                    outputs[key] = Secret(outputs[key])
        return {**outputs, _MANAGER_KEY: manager}
