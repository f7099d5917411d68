"""Listing a namespace's pods, and nothing more, for the account that scans what runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import rbac
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import conventions

ACCOUNT: Final = "image-scan"
"""The ServiceAccount of the foundation that lists."""
COMPONENT: Final = "image-scan"
NAMESPACES: Final = (
    conventions.PRODUCTION_NAMESPACE,
    *(conventions.slot_namespace(slot) for slot in conventions.SLOTS),
)


@dataclass(frozen=True, kw_only=True)
class PodListArgs:
    """Where it holds.

    Attributes:
        namespace: whose pods are listed.
        after: what has to be there first.
    """

    namespace: pulumi.Input[str]
    after: Sequence[pulumi.Resource]


class PodList(pulumi.ComponentResource):
    """A Role that lists pods, bound to the foundation's account.

    A slot has it whether the foundation scans or not, so that scans are switched on in one place. Least privilege, in
    the face of a stolen token: pods name their Secrets and don't hold them, and their logs are not theirs to list.
    """

    def __init__(self, name: str, args: PodListArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:scans:PodList", name, None, opts)
        metadata = ObjectMetaArgs(name=ACCOUNT, namespace=args.namespace, labels=labels())
        role = rbac.v1.Role(
            "image-scan",
            metadata=metadata,
            rules=[rbac.v1.PolicyRuleArgs(api_groups=[""], resources=["pods"], verbs=["list"])],
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        rbac.v1.RoleBinding(
            "image-scan-binding",
            metadata=metadata,
            role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=ACCOUNT),
            subjects=[subject()],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.register_outputs({})


class Presence(pulumi.ComponentResource):
    """Whether each namespace is there: a slot that was taken down has none, and one without a Role is a mistake."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:scans:Presence", name, None, opts)
        metadata = ObjectMetaArgs(name=f"{conventions.PROJECT}-{ACCOUNT}", labels=labels())
        there = rbac.v1.PolicyRuleArgs(
            api_groups=[""], resources=["namespaces"], resource_names=list(NAMESPACES), verbs=["get"]
        )
        role = rbac.v1.ClusterRole(
            "image-scan-namespaces",
            metadata=metadata,
            rules=[there],
            opts=pulumi.ResourceOptions(parent=self),
        )
        rbac.v1.ClusterRoleBinding(
            "image-scan-namespaces-binding",
            metadata=metadata,
            role_ref=rbac.v1.RoleRefArgs(
                api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=f"{conventions.PROJECT}-{ACCOUNT}"
            ),
            subjects=[subject()],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.register_outputs({})


def labels() -> dict[str, str]:
    """Of all that the scan is made of."""
    return conventions.labels(COMPONENT, "stratmaster-operations")


def subject() -> rbac.v1.SubjectArgs:
    """The account, as a binding names it."""
    return rbac.v1.SubjectArgs(kind="ServiceAccount", name=ACCOUNT, namespace=conventions.PRODUCTION_NAMESPACE)
