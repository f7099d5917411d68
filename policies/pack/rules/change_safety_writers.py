"""What writes to the shared database: in one place only, and never against the version that the other slot runs.

Conventions. A pod that migrates the schema carries the label `app.kubernetes.io/component: migration`, and it or its
Job says in the label or annotation `stratmaster.com/migration` which step it takes: `expand`, which both versions can
live with, or `contract`, after which the older version can't run. A stack with a contract step looks the other slot's
Deployment `stratmaster-api` up, by which it shows that nobody runs there; a slot that was never released has no
Deployment, which a reference to its stack shows (no output `deployment`). components/idle.py does both.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.kinds import POD_SPECS
from ..model.objects import Object
from ..model.pods import Pod
from ..model.record import StackRule, per
from ..model.stack import Stack, declared
from ..model.values import Field, Finding
from .change_safety import API
from .joins import readable

SLOTS: Final = ("blue", "green")
COMPONENT: Final = "app.kubernetes.io/component"
STEP: Final = "stratmaster.com/migration"
CONTRACT_FLAG: Final = "--contract"
"""What `operations migrate` is given to take contract steps."""
_ALONE: Final = frozenset({"CronJob", "StatefulSet", "ScheduledBackup", "Backup", "Cluster"})
_OPERATOR: Final = "postgresql.cnpg.io"
_WRITING: Final = frozenset({"backup", "backups", "drill", "prune", "refresh", "reindex", "restore"})
_JOBS: Final = frozenset({"Job", "Pod"})


def _single_writers(stack: Stack) -> Iterator[Finding]:
    if stack.context.development or stack.context.role == "foundation" or not stack.context.stack:
        return
    yield from per(declared(*_ALONE, *POD_SPECS), _writer)(stack)


def _writer(each: Object) -> Iterator[Finding]:
    if each.kind in {"ScheduledBackup", "Backup", "Cluster"} and each.group != _OPERATOR:
        return
    if each.kind in _ALONE:
        yield each.root.finding(f"is a {each.kind} outside the foundation")
        return
    for component in _components(each):
        words = set((component.text() or "").split("-"))
        if words & _WRITING or (each.kind in _JOBS and "maintenance" in words):
            yield component.finding("makes it a writer that there may be only one of, outside the foundation")


def _components(each: Object) -> Iterator[Field]:
    for metadata in (each.metadata, *(pod.metadata for pod in each.pods)):
        yield metadata.at("labels", COMPONENT)


def _contract(stack: Stack) -> Iterator[Finding]:
    if stack.context.development or not stack.context.stack:
        return

    def check(pod: Pod) -> Iterator[Finding]:
        steps = [place for place in _step(pod) if place.is_set]
        if not steps:
            if pod.metadata.at("labels", COMPONENT).text() == "migration":
                yield pod.metadata.child("labels").finding(f"says nothing of the step ({STEP}: expand or contract)")
            return
        for step in steps:
            if step.text() == "expand":
                yield from _really_expand(pod)
            elif step.text() != "contract":
                yield step.finding("is neither expand nor contract")
            elif (reason := _needed(stack)) is not None:
                yield step.finding(reason)

    pods = [pod for each in stack.objects() for pod in each.pods]
    yield from per(lambda _: pods, check)(stack)


def _really_expand(pod: Pod) -> Iterator[Finding]:
    for container in pod.containers:
        for argument in (*container.child("command").elements(), *container.child("args").elements()):
            if argument.text() == CONTRACT_FLAG:
                yield argument.finding("takes contract steps, though the label says expand")


def _step(pod: Pod) -> Iterator[Field]:
    for metadata in (pod.object.metadata, pod.metadata):
        yield metadata.at("labels", STEP)
        yield metadata.at("annotations", STEP)


def _needed(stack: Stack) -> str | None:
    """Why the old schema is still needed, None if it isn't; raises Unreadable where that can't be judged."""
    if stack.context.stack not in SLOTS:
        return "is a step for a slot's stack: elsewhere nobody can tell which slot still needs the old schema"
    other = next(slot for slot in SLOTS if slot != stack.context.stack)
    deployment = dict(readable(stack.looked_up("Deployment"))).get((f"stratmaster-{other}", API))
    if deployment is None:
        return (
            None if _never_released(stack, other) else f"isn't safe: nobody looked up whether slot {other} still runs"
        )
    wanted, running = deployment.spec.child("replicas").number(), deployment.root.at("status", "replicas").number()
    return None if wanted == 0 and not running else f"isn't safe: slot {other} still runs"


def _never_released(stack: Stack, slot: str) -> bool:
    for reference in stack.references():
        if (reference.root.child("name").text() or reference.name).rsplit("/", 1)[-1] == slot:
            outputs = reference.root.child("outputs")
            return outputs.known() is not None and not outputs.child("deployment").is_set
    return False


WRITERS: Final = StackRule(
    id="writers-in-foundation",
    title="What may write only once stands in the foundation",
    severity="high",
    why="In a slot there are two of it at each deployment: two backups into one place, two clean-ups, two databases.",
    mend="Declare it in the foundation's stack, which there is one of.",
    check=_single_writers,
)
CONTRACT: Final = StackRule(
    id="contract-after-shutdown",
    title="The old schema goes only when no slot needs it any more",
    severity="critical",
    why="A contract step takes away columns that the other slot still reads: its users, and the way back, are gone.",
    mend="Shut the other slot down first (stratmaster:shutdown), and look its Deployment up beside the migration.",
    check=_contract,
)

RULES: Final = (WRITERS, CONTRACT)
