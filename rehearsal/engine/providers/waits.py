"""When an object counts as ready, by pulumi-kubernetes' rules for the kinds it knows and `pulumi.com/waitFor` for all.

Read by polling, 20 ms apart at first and half a second at most: a wait is over soon after it can be.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias, cast

from rehearsal.engine.providers.api import Api, ApiError, Kind, Object
from rehearsal.engine.providers.base import Say

DEFAULT_SECONDS: Final = 600.0  # pulumi-kubernetes' default for every await
Rule: TypeAlias = Callable[[Api, Object], str]
"""What is still missing of an object; empty when it is ready."""


class NeverError(Exception):
    """The object will not become ready, however long one waits."""


def until_ready(api: Api, kind: Kind, live: Object, *, timeout: float | None, say: Say) -> tuple[Object, str]:
    """Wait for an object; returns it as it is in the end, and what is missing (empty when it is ready)."""
    metadata = cast("Object", live["metadata"])
    annotations = cast("dict[str, str]", metadata.get("annotations") or {})
    if annotations.get("pulumi.com/skipAwait") == "true":
        return live, ""
    wanted = annotations.get("pulumi.com/waitFor")
    rule = _wanted(wanted) if wanted else _RULES.get(kind.kind if _built_in(kind) else "")
    if rule is None:
        return live, ""
    limit = timeout or _seconds(annotations.get("pulumi.com/timeoutSeconds", "")) or DEFAULT_SECONDS
    deadline, pause, told = time.monotonic() + limit, 0.02, ""
    while True:
        try:
            missing = rule(api, live)
        except NeverError as error:
            return live, str(error)
        if not missing:
            return live, ""
        if missing != told:
            say(missing)
            told = missing
        if time.monotonic() > deadline:
            return live, f"{missing} (after {limit:.0f} s)"
        time.sleep(pause)
        pause = min(pause * 1.5, 0.5)
        try:
            live = api.get(kind, str(metadata.get("namespace", "")), str(metadata["name"])) or live
        except ApiError as error:
            if error.code and error.code < 500:  # noqa: PLR2004 a server's own trouble passes, a refusal doesn't
                return live, error.message


def _built_in(kind: Kind) -> bool:
    return kind.api_version == "v1" or kind.api_version.split("/")[0] in ("apps", "batch", "networking.k8s.io")


def _seconds(annotation: str) -> float | None:
    """Whole seconds, as pulumi-kubernetes reads the annotation; anything else is as if it weren't there."""
    return float(annotation) if annotation.isdecimal() else None


def _status(live: Object) -> Object:
    return cast("Object", live.get("status") or {})


def _spec(live: Object) -> Object:
    return cast("Object", live.get("spec") or {})


def _number(holder: Mapping[str, object], key: str, default: int = 0) -> int:
    value = holder.get(key)
    return value if isinstance(value, int) else default


def _condition(live: Object, type_: str) -> dict[str, object]:
    conditions = cast("list[dict[str, object]]", _status(live).get("conditions") or [])
    return next((each for each in conditions if each.get("type") == type_), dict[str, object]())


def _observed(live: Object) -> bool:
    generation = _number(cast("Object", live["metadata"]), "generation")
    return _number(_status(live), "observedGeneration", generation) >= generation


def _deployment(_api: Api, live: Object) -> str:
    wanted = _number(_spec(live), "replicas", 1)
    status = _status(live)
    ready, updated = _number(status, "readyReplicas"), _number(status, "updatedReplicas")
    if _number(status, "observedGeneration") < _number(cast("Object", live["metadata"]), "generation"):
        return "the rollout has not begun"
    if updated < wanted or ready < wanted or _number(status, "replicas") > updated:
        return f"{min(ready, updated)} of {wanted} Pods of this revision are ready"
    return "" if _condition(live, "Available").get("status") == "True" else "it is not available yet"


def _stateful_set(_api: Api, live: Object) -> str:
    wanted, status = _number(_spec(live), "replicas", 1), _status(live)
    ready, updated = _number(status, "readyReplicas"), _number(status, "updatedReplicas")
    if _observed(live) and status and ready >= wanted and updated >= wanted:
        return ""
    return f"{min(ready, updated)} of {wanted} Pods of this revision are ready"


def _job(_api: Api, live: Object) -> str:
    failed = _condition(live, "Failed")
    if failed.get("status") == "True":
        raise NeverError(f"the Job failed: {failed.get('message') or failed.get('reason')}")
    return "" if _condition(live, "Complete").get("status") == "True" else "the Job has not completed"


def _claim(api: Api, live: Object) -> str:
    if _status(live).get("phase") == "Bound":
        return ""
    name = str(_spec(live).get("storageClassName") or "")
    classes = api.kind("storage.k8s.io/v1", "StorageClass")
    found = api.get(classes, "", name) if classes and name else None
    return "" if found and found.get("volumeBindingMode") == "WaitForFirstConsumer" else "the claim is not bound"


def _quota(_api: Api, live: Object) -> str:
    return "" if _status(live).get("hard") == _spec(live).get("hard") else "the quota is not in force yet"


def _service(api: Api, live: Object) -> str:
    spec = _spec(live)
    if spec.get("type") == "ExternalName" or spec.get("clusterIP") == "None" or not spec.get("selector"):
        return ""
    if spec.get("type") == "LoadBalancer" and _ingress(api, live):
        return "the load balancer has no address"
    metadata = cast("dict[str, str]", live["metadata"])
    endpoints = api.kind("v1", "Endpoints")
    found = api.get(endpoints, metadata["namespace"], metadata["name"]) if endpoints else None
    if found is None:
        return "it has no Endpoints object"
    subsets = cast("list[Object]", found.get("subsets") or [])
    return "some of its Pods are not ready" if any(each.get("notReadyAddresses") for each in subsets) else ""


def _ingress(_api: Api, live: Object) -> str:
    balancer = cast("Object", _status(live).get("loadBalancer") or {})
    return "" if balancer.get("ingress") else "the Ingress has no address"


_RULES: Final[Mapping[str, Rule]] = {
    "Deployment": _deployment,
    "Ingress": _ingress,
    "Job": _job,
    "PersistentVolumeClaim": _claim,
    "ResourceQuota": _quota,
    "Service": _service,
    "StatefulSet": _stateful_set,
}


def _wanted(annotation: str) -> Rule:
    """The rule that a `pulumi.com/waitFor` annotation states: one expression, or a JSON list of them."""
    try:
        texts = cast("list[str]", json.loads(annotation)) if annotation.startswith("[") else [annotation]
    except ValueError:
        problem = f"pulumi.com/waitFor is neither an expression nor a JSON list of them: {annotation}"
        return lambda _api, _live: _never(problem)

    def rule(_api: Api, live: Object) -> str:
        if not _observed(live):
            return "its controller has not seen this revision"
        return next((missing for text in texts if (missing := _expression(live, text))), "")

    return rule


def _never(problem: str) -> str:
    raise NeverError(problem)


_STEP = re.compile(r"\.?([\w-]+)|\[(\d+)\]|\[\?\(@\.([\w-]+)==[\"']([^\"']*)[\"']\)\]")


def _expression(live: Object, text: str) -> str:
    form, _, rest = text.partition("=")
    if form == "condition":
        type_, _, status = rest.partition("=")
        condition = _condition(live, type_)
        generation = _number(cast("Object", live["metadata"]), "generation")
        current = _number(condition, "observedGeneration", generation) >= generation
        if current and str(condition.get("status", "")).lower() == (status or "True").lower():
            return ""
        return f"condition {type_} is not {status or 'True'}" + (
            f": {condition['message']}" if condition.get("message") else ""
        )
    if form != "jsonpath":
        raise NeverError(f'pulumi.com/waitFor: expected a "jsonpath=" or "condition=" prefix, got "{text}"')
    path, _, wanted = rest.partition("}")
    path = path.strip("{ ")
    if "".join(match[0] for match in _STEP.finditer(path)) != path:
        raise NeverError(f'pulumi.com/waitFor: the embedded engine does not carry out the JSONPath "{path}"')
    value: object = live
    for match in _STEP.finditer(path):
        if isinstance(value, Mapping):
            value = cast("Mapping[str, object]", value).get(match[1] or "")
        elif isinstance(value, list) and match[2]:
            items = cast("list[object]", value)
            value = items[int(match[2])] if int(match[2]) < len(items) else None
        elif isinstance(value, list) and match[3]:
            items = cast("list[Mapping[str, object]]", value)
            value = next((each for each in items if each.get(match[3]) == match[4]), None)
        else:
            value = None
    expected = wanted.removeprefix("=")
    found = value if isinstance(value, str) else json.dumps(value)
    met = value is not None and (not wanted or found == expected)
    return "" if met else f"{path} is not {expected or 'there'}"
