"""What people may write is narrowed by admission policies: RBAC can't tell a dry run or a restart from other writes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from ..model.objects import Object
from ..model.record import StackRule, per
from ..model.stack import Stack, selects
from ..model.values import Field, Finding, Unreadable
from .joins import named, of_group, readable
from .rbac_verbs import GROUP

_OPERATIONS: Final = {
    "create": "CREATE",
    "update": "UPDATE",
    "patch": "UPDATE",
    "delete": "DELETE",
    "deletecollection": "DELETE",
}
_NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"


@dataclass(frozen=True, kw_only=True)
class Write:
    """One thing that somebody may write."""

    group: str
    resource: str
    operation: str
    who: str
    namespace: str


def _guarded(stack: Stack) -> Iterator[Finding]:
    roles = {
        (role.kind, namespace if role.kind == "Role" else "", name): role
        for (namespace, name), role in readable(stack.objects("Role", "ClusterRole"))
    }
    guards = [policy for policy in stack.objects("ValidatingAdmissionPolicy") if _enforced(stack, policy)]

    def check(binding: Object) -> Iterator[Finding]:
        namespace, _ = named(binding)
        reference = binding.root.child("roleRef")
        kind, name = reference.child("kind").text() or "", reference.child("name").text() or ""
        role = roles.get((kind, namespace if kind == "Role" else "", name))
        for subject in binding.root.child("subjects").elements() if role else ():
            if subject.child("kind").text() == "ServiceAccount":
                continue  # a controller's: it writes, and no dry run is meant
            who = subject.child("name").text() or ""
            if not all(any(_covers(each, write) for each in guards) for write in _writes(role, who, namespace)):
                yield subject.finding("may write what no admission policy narrows to what is meant")

    bound = (each for each in stack.objects("RoleBinding", "ClusterRoleBinding") if of_group(each, GROUP))
    yield from per(lambda _: bound, check)(stack)


def _writes(role: Object | None, who: str, namespace: str) -> Iterator[Write]:
    for rule in role.root.child("rules").elements() if role else ():
        verbs = set(rule.child("verbs").texts())
        operations = (
            set(_OPERATIONS.values()) if "*" in verbs else {_OPERATIONS[each] for each in verbs & {*_OPERATIONS}}
        )
        for group in rule.child("apiGroups").elements():
            for resource in rule.child("resources").elements():
                for operation in sorted(operations):
                    yield Write(
                        group=group.text() or "",
                        resource=resource.text() or "",
                        operation=operation,
                        who=who,
                        namespace=namespace,
                    )


def _enforced(stack: Stack, policy: Object) -> bool:
    """Whether a policy denies: it fails closed, checks something, and is bound everywhere; if in doubt it doesn't."""
    try:
        if policy.spec.child("failurePolicy").text() == "Ignore" or not policy.spec.child("validations").elements():
            return False
        bound = stack.objects("ValidatingAdmissionPolicyBinding")
        return any(_denies(each.spec, policy.name.text()) for each in bound)
    except Unreadable:
        return False


def _denies(binding: Field, policy: str | None) -> bool:
    actions = {each.text() for each in binding.child("validationActions").elements()}
    return (
        binding.child("policyName").text() == policy
        and "Deny" in actions
        and not binding.child("matchResources").is_set
    )


def _covers(policy: Object, write: Write) -> bool:
    constraints = policy.spec.child("matchConstraints")
    try:
        return (
            _selects(constraints.child("namespaceSelector"), {_NAMESPACE_NAME: write.namespace})
            and not constraints.child("objectSelector").is_set
            and not constraints.child("excludeResourceRules").elements()
            and any(_reaches(rule, write) for rule in constraints.child("resourceRules").elements())
            and _about(policy, write.who)
        )
    except Unreadable:
        return False


def _selects(selector: Field, labels: Mapping[str, str]) -> bool:
    return not selector.is_set or selects(selector, labels)


def _reaches(rule: Field, write: Write) -> bool:
    groups, resources, operations = (set(rule.child(key).texts()) for key in ("apiGroups", "resources", "operations"))
    return (
        bool({"*", write.group} & groups)
        and bool({"*/*", write.resource} & resources or ("*" in resources and "/" not in write.resource))
        and bool({"*", write.operation} & operations)
    )


def _about(policy: Object, who: str) -> bool:
    """Whether a policy is about somebody: about all, or it names them in a condition."""
    conditions = policy.spec.child("matchConditions").elements()
    texts = [each.child("expression").text() or "" for each in conditions]
    return not texts or any(f"'{who}'" in text or f'"{who}"' in text for text in texts)


GUARDED: Final = StackRule(
    id="rbac-guarded-writes",
    title="What people may write is narrowed by an admission policy that fails closed",
    severity="high",
    why="Who may patch a Deployment to restart it may run any image in it; who may preview could as well write.",
    mend="Bind the role after a ValidatingAdmissionPolicy for the same group, as components/guard.py does.",
    check=_guarded,
)

RULES: Final = (GUARDED,)
