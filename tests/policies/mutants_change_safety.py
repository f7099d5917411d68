"""What a change may not do to what is live or holds data: one thing broken in the real stacks for each rule."""

from __future__ import annotations

from typing import Final

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Value
from tests.policies.judging import Ignoring, pod_spec, resource
from tests.policies.mutation import (
    RELEASE,
    Change,
    Mutant,
    add,
    both,
    drop,
    edit,
    edit_chart,
    edit_outputs,
    edit_release,
    options,
)

_REFERENCE: Final = "pulumi:pulumi:StackReference"
_UNPINNED: Final = "provider-pinned-cluster"
"""Also says so: what a mutant adds has no provider."""


def _applied(**outputs: Value) -> Change:
    """What stack `traffic` has applied."""
    return edit_outputs(_REFERENCE, "traffic", "outputs", dict(outputs))


_UNSEEN: Final = edit_outputs("stratmaster:components:Gate", "gate", "held", [])
"""The gate saw nothing either: see test_held."""
_LIVE: Final = _applied(host="x", weights={"blue": 100.0, "green": 0.0}, maintenance=False)


def _declared(kind: str, group: str, spec: Properties, namespace: str, **labels: str) -> Resource:
    metadata: Properties = {"name": "it", "namespace": namespace, "labels": dict(labels)}
    inputs: Properties = {"apiVersion": group, "kind": kind, "metadata": metadata, "spec": spec}
    return resource(f"kubernetes:{group}:{kind}", inputs=inputs)


def _job(namespace: str, **labels: str) -> Resource:
    template: Properties = {"metadata": {"labels": dict(labels)}, "spec": pod_spec(restartPolicy="Never")}
    return _declared("Job", "batch/v1", {"template": template}, namespace)


def _ignoring(kind: str, *paths: str) -> Change:
    def change(before: tuple[Resource, ...]) -> tuple[Resource, ...]:
        assert any(each.type.endswith(f":{kind}") for each in before)
        return tuple(
            Ignoring(**vars(each), ignore_changes=paths) if each.type.endswith(f":{kind}") else each for each in before
        )

    return change


_COMPONENT: Final = "app.kubernetes.io/component"
_STEP: Final = "stratmaster.com/migration"
_CONTRACT: Final = add(_job("stratmaster-blue", **{_COMPONENT: "migration", _STEP: "contract"}))
_CLAIM: Final = _declared("PersistentVolumeClaim", "v1", {}, "stratmaster-production")

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(rule="live-slot-known", stack="blue", change=both(drop(_REFERENCE, "traffic"), _UNSEEN)),
    Mutant(rule="live-slot-known", stack="green", change=_applied(host="x", maintenance=False)),
    Mutant(
        rule="live-slot-serves",
        stack="blue",
        change=both(_LIVE, edit_release("shutdown", value=True)),
        also=("live-slot-budget",),
    ),
    Mutant(
        rule="live-slot-serves",
        stack="blue",
        change=both(_LIVE, edit("ConfigMap", "declared", "data.shutdown", "true")),
    ),
    Mutant(rule="live-slot-serves", stack="blue", change=both(_LIVE, drop(RELEASE))),
    Mutant(
        rule="live-slot-budget",
        stack="blue",
        change=both(
            _LIVE, edit_chart("templates/poddisruptionbudget.yaml", "not .Values.shutdown", ".Values.shutdown")
        ),
        also=("availability-budget",),
    ),
    Mutant(rule="live-slot-minimum", stack="blue", change=both(_LIVE, edit_release("replicas.min", 2))),
    Mutant(
        rule="traffic-ready-slots",
        stack="traffic",
        change=both(drop("kubernetes:apps/v1:Deployment", "blue-deployment"), _UNSEEN),
    ),
    Mutant(
        rule="traffic-ready-slots",
        stack="traffic",
        change=both(drop("kubernetes:core/v1:ConfigMap", "blue-declared"), _UNSEEN),
    ),
    Mutant(
        rule="traffic-ready-slots",
        stack="traffic",
        change=both(
            edit_outputs("kubernetes:apps/v1:Deployment", "blue-deployment", "status.readyReplicas", 2.0), _UNSEEN
        ),
    ),
    Mutant(
        rule="traffic-ready-slots",
        stack="traffic",
        change=edit("HTTPRoute", "app", "spec.rules[1].backendRefs[0].namespace", "stratmaster-green"),
    ),
    Mutant(
        rule="writers-in-foundation",
        stack="blue",
        change=add(_job("stratmaster-blue", **{_COMPONENT: "database-maintenance"})),
        also=(_UNPINNED,),
    ),
    Mutant(rule="contract-after-shutdown", stack="blue", change=_CONTRACT, also=(_UNPINNED,)),
    Mutant(
        rule="contract-after-shutdown",
        stack="green",
        change=add(_job("stratmaster-green", **{_COMPONENT: "migration"})),
        also=(_UNPINNED,),
    ),
    Mutant(
        rule="data-protected",
        stack="production",
        change=both(options("Namespace", "stratmaster-production", protect=True), add(_CLAIM)),
        also=(_UNPINNED,),
    ),
    Mutant(
        rule="data-outlives-objects",
        stack="production",
        change=add(
            resource(
                "kubernetes:storage.k8s.io/v1:StorageClass",
                inputs={"apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "fast"}},
            )
        ),
        also=(_UNPINNED,),
    ),
    Mutant(rule="changes-compared", stack="blue", change=_ignoring("Release", "values.image")),
    Mutant(rule="changes-compared", stack="green", change=_ignoring("Namespace", 'metadata["labels"]')),
    Mutant(
        rule="alerts-for-backups",
        stack="production",
        change=drop("PrometheusRule", "stratmaster-backups"),
    ),
    Mutant(
        rule="alerts-for-backups",
        stack="production",
        change=edit("PrometheusRule", "stratmaster-certificates", "spec.groups[0].rules[1].expr", ""),
    ),
)
