"""The cluster's own refusal to take away what users are on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import admissionregistration as admission
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import LabelSelectorArgs, LabelSelectorRequirementArgs, ObjectMetaArgs

from components import conventions
from components.guard import NAMESPACE_NAME_LABEL

NAME: Final = "stratmaster-live"


@dataclass(frozen=True, kw_only=True)
class LiveGuardArgs:
    """What has been applied.

    Attributes:
        namespace: that of the entry.
        weights: slot -> per cent.
        maintenance: whether everybody is sent to the maintenance page, so that nobody is on a slot.
        applied: what applies them, so that the guard moves after the users have.
    """

    namespace: pulumi.Input[str]
    weights: Mapping[str, int]
    maintenance: bool
    applied: pulumi.Resource


class LiveGuard(pulumi.ComponentResource):
    """A ValidatingAdmissionPolicy by which nobody deletes the namespace of a slot that has users, or of the entry.

    Guards against `pulumi destroy`, which doesn't run the program and so asks none of its conditions, and against the
    guide's `kubectl delete namespace` with the wrong colour. A slot's grant is denied too: it is what a `destroy` of
    the slot begins with, so that nothing is gone when it is refused.

    What is live is a parameter of the policy, ConfigMap `stratmaster-live`: the API server sees a change of that at
    once, of a policy only after about a second, in which the next stack's `destroy` would already be refused. Without
    the parameter nothing is denied, so the guard goes with the stack `traffic`.
    """

    def __init__(self, name: str, args: LiveGuardArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:LiveGuard", name, None, opts)
        labels, child = conventions.labels("live"), pulumi.ResourceOptions(parent=self)
        weighted = {} if args.maintenance else {slot: weight for slot, weight in args.weights.items() if weight > 0}
        live = ConfigMap(
            f"{name}-live",
            metadata=ObjectMetaArgs(name=NAME, namespace=args.namespace, labels=labels),
            data={conventions.slot_namespace(slot): f"{weight} %" for slot, weight in weighted.items()},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.applied]),
        )
        admission.v1.ValidatingAdmissionPolicy(
            f"{name}-policy", metadata=ObjectMetaArgs(name=NAME, labels=labels), spec=_policy(), opts=child
        )
        admission.v1.ValidatingAdmissionPolicyBinding(
            f"{name}-binding",
            metadata=ObjectMetaArgs(name=NAME, labels=labels),
            spec=admission.v1.ValidatingAdmissionPolicyBindingSpecArgs(
                policy_name=NAME,
                validation_actions=["Deny"],
                param_ref=admission.v1.ParamRefArgs(
                    name=NAME, namespace=conventions.PRODUCTION_NAMESPACE, parameter_not_found_action="Allow"
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[live]),
        )
        self.register_outputs({})


def _policy() -> admission.v1.ValidatingAdmissionPolicySpecArgs:
    namespaces = [conventions.PRODUCTION_NAMESPACE, *map(conventions.slot_namespace, conventions.SLOTS)]
    # Of a namespace that is deleted the request's own namespace is its name.
    is_live = f"request.namespace in params.data || request.namespace == '{conventions.PRODUCTION_NAMESPACE}'"
    return admission.v1.ValidatingAdmissionPolicySpecArgs(
        failure_policy="Fail",
        param_kind=admission.v1.ParamKindArgs(api_version="v1", kind="ConfigMap"),
        match_constraints=admission.v1.MatchResourcesArgs(
            # A namespace is matched by its own labels, an object by its namespace's.
            namespace_selector=LabelSelectorArgs(
                match_expressions=[
                    LabelSelectorRequirementArgs(key=NAMESPACE_NAME_LABEL, operator="In", values=namespaces)
                ]
            ),
            resource_rules=[
                _deletes("", "v1", "namespaces", namespaces),
                _deletes("gateway.networking.k8s.io", "*", "referencegrants", [conventions.API]),
            ],
        ),
        validations=[
            admission.v1.ValidationArgs(
                expression=f"!has(params.data) || size(params.data) == 0 || !({is_live})",
                message="users are on a slot (ConfigMap stratmaster-live): first give stack traffic other "
                "stratmaster:weights, or stratmaster:maintenance true, and bring it up",
                reason="Forbidden",
            )
        ],
    )


def _deletes(group: str, version: str, resource: str, names: list[str]) -> admission.v1.NamedRuleWithOperationsArgs:
    return admission.v1.NamedRuleWithOperationsArgs(
        api_groups=[group],
        api_versions=[version],
        operations=["DELETE"],
        resources=[resource],
        resource_names=names,
        scope="*",
    )
