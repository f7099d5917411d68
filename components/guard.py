"""What a role may do with a verb that RBAC can't narrow, as CEL for a ValidatingAdmissionPolicy.

RBAC knows that somebody may patch a Deployment, not which part of it, and doesn't see whether a request is a dry run.
The API server's own admission policies do (Kubernetes 1.30 and later), with nothing to install.
"""

from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import admissionregistration as admission
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs, ObjectMetaArgs

from components import conventions
from components.namespace import Namespace

NAMESPACE_NAME_LABEL: Final = "kubernetes.io/metadata.name"


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that has to hold, and what a person reads when it doesn't."""

    expression: str
    message: str


@dataclass(frozen=True, kw_only=True)
class GuardArgs:
    """What Guard needs.

    Attributes:
        namespace: where it holds.
        purpose: what is left to those it is about, for example `restart-only`; part of the objects' names.
        groups: whom it is about. Not those of them who may create Deployments there anyway: they have their rights from
            elsewhere, and a second, smaller role mustn't take them away.
        api_groups: of the resources it is about; "*" for all.
        resources: plural names; "*/*" for all with their subresources.
        operations: CREATE, UPDATE, DELETE, CONNECT.
        checks: what every such request has to satisfy.
    """

    namespace: Namespace
    purpose: str
    groups: tuple[str, ...]
    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    operations: tuple[str, ...]
    checks: tuple[Check, ...]


class Guard(pulumi.ComponentResource):
    """A ValidatingAdmissionPolicy and its binding for one namespace.

    It fails closed: an expression that can't be evaluated denies. A role that relies on it must be bound after it and
    unbound before it, so its RoleBinding depends on this component. An API server takes about a second to notice a new
    policy: for that second after the very first `up`, the role is wider than it should be.
    """

    def __init__(self, name: str, args: GuardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:access:Guard", name, None, opts)
        full_name = f"{args.namespace.name}-{args.purpose}"
        metadata = ObjectMetaArgs(name=full_name, labels=conventions.labels("access"))
        policy = admission.v1.ValidatingAdmissionPolicy(
            f"{name}-policy",
            metadata=metadata,
            spec=_policy(args),
            opts=pulumi.ResourceOptions(parent=self),
        )
        admission.v1.ValidatingAdmissionPolicyBinding(
            f"{name}-binding",
            metadata=metadata,
            spec=admission.v1.ValidatingAdmissionPolicyBindingSpecArgs(
                policy_name=policy.metadata.apply(lambda made: made.name or full_name),
                validation_actions=["Deny"],
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})


def _policy(args: GuardArgs) -> admission.v1.ValidatingAdmissionPolicySpecArgs:
    return admission.v1.ValidatingAdmissionPolicySpecArgs(
        failure_policy="Fail",
        match_constraints=admission.v1.MatchResourcesArgs(
            namespace_selector=LabelSelectorArgs(
                match_expressions=[
                    LabelSelectorRequirementArgs(key=NAMESPACE_NAME_LABEL, operator="In", values=[args.namespace.name])
                ]
            ),
            resource_rules=[
                admission.v1.NamedRuleWithOperationsArgs(
                    api_groups=list(args.api_groups),
                    api_versions=["*"],
                    operations=list(args.operations),
                    resources=list(args.resources),
                    scope="Namespaced",
                )
            ],
        ),
        match_conditions=[
            admission.v1.MatchConditionArgs(name="is-one-of-them", expression=_in_any(args.groups)),
            admission.v1.MatchConditionArgs(
                name="does-not-deploy",
                expression=(
                    "!authorizer.group('apps').resource('deployments')"
                    f".namespace('{args.namespace.name}').check('create').allowed()"
                ),
            ),
        ],
        validations=[
            admission.v1.ValidationArgs(expression=check.expression, message=check.message, reason="Forbidden")
            for check in args.checks
        ],
    )


def _in_any(groups: tuple[str, ...]) -> str:
    listed = ", ".join("'" + group.replace("\\", "\\\\").replace("'", "\\'") + "'" for group in groups)
    return f"request.userInfo.groups.exists(group, group in [{listed}])"
