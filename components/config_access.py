"""Reading a namespace's configuration, and nothing more, for the account that backs it up."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import rbac
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import aws_names, conventions
from components.rbac import Rule

ACCOUNT: Final = aws_names.CONFIG_BACKUP
"""The ServiceAccount of the foundation that reads; the one whose pods have a token for the Kubernetes API."""
NAMESPACES: Final = (
    conventions.PRODUCTION_NAMESPACE,
    *(conventions.slot_namespace(slot) for slot in conventions.SLOTS),
)
_LIST: Final = ("list",)
RULES: Final = (
    Rule(
        api_groups=("",),
        resources=(
            *("configmaps", "limitranges", "persistentvolumeclaims", "resourcequotas", "serviceaccounts", "services"),
        ),
        verbs=_LIST,
    ),
    Rule(api_groups=("apps",), resources=("daemonsets", "deployments", "statefulsets"), verbs=_LIST),
    Rule(api_groups=("autoscaling",), resources=("horizontalpodautoscalers",), verbs=_LIST),
    Rule(api_groups=("barmancloud.cnpg.io",), resources=("objectstores",), verbs=_LIST),
    Rule(api_groups=("batch",), resources=("cronjobs",), verbs=_LIST),
    Rule(api_groups=("bitnami.com",), resources=("sealedsecrets",), verbs=_LIST),
    Rule(api_groups=("cert-manager.io",), resources=("certificates", "issuers"), verbs=_LIST),
    Rule(api_groups=("external-secrets.io",), resources=("externalsecrets", "secretstores"), verbs=_LIST),
    Rule(
        api_groups=("gateway.networking.k8s.io",), resources=("gateways", "httproutes", "referencegrants"), verbs=_LIST
    ),
    Rule(
        api_groups=("monitoring.coreos.com",),
        resources=("alertmanagerconfigs", "podmonitors", "probes", "prometheusrules", "servicemonitors"),
        verbs=_LIST,
    ),
    Rule(api_groups=("networking.k8s.io",), resources=("ingresses", "networkpolicies"), verbs=_LIST),
    Rule(api_groups=("policy",), resources=("poddisruptionbudgets",), verbs=_LIST),
    Rule(api_groups=("postgresql.cnpg.io",), resources=("clusters", "poolers", "scheduledbackups"), verbs=_LIST),
    Rule(api_groups=("rbac.authorization.k8s.io",), resources=("rolebindings", "roles"), verbs=_LIST),
)
"""What somebody configured (facts.md C35 adds to the guide's list what that leaves out); not what comes of it."""


@dataclass(frozen=True, kw_only=True)
class ConfigAccessArgs:
    """Where it holds.

    Attributes:
        namespace: whose objects are read.
        secrets: names of the Secrets whose values are kept too, encrypted; no other can be read.
        after: what has to be there first.
    """

    namespace: pulumi.Input[str]
    secrets: Sequence[str]
    after: Sequence[pulumi.Resource]


class ConfigAccess(pulumi.ComponentResource):
    """A Role that lists configuration and reads the Secrets it names, bound to the foundation's account.

    Least privilege, in the face of a stolen token: no Secret beyond those that the backup is to hold, nothing of Helm's
    (whose releases are Secrets that can't be named beforehand), no pod's log, and no change to anything.
    """

    def __init__(self, name: str, args: ConfigAccessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:data:ConfigAccess", name, None, opts)
        metadata = ObjectMetaArgs(
            name=ACCOUNT, namespace=args.namespace, labels=conventions.labels("config-backup", "stratmaster-operations")
        )
        named = rbac.v1.PolicyRuleArgs(
            api_groups=[""], resources=["secrets"], resource_names=sorted(args.secrets), verbs=["get"]
        )
        role = rbac.v1.Role(
            "config-backup",
            metadata=metadata,
            rules=[*(_rule(rule) for rule in RULES), named],
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        rbac.v1.RoleBinding(
            "config-backup-binding",
            metadata=metadata,
            role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="Role", name=ACCOUNT),
            subjects=[_subject()],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.register_outputs({})


class NamespaceAccess(pulumi.ComponentResource):
    """Whether each namespace is there: a slot that was taken down has none, and one without a Role is a mistake."""

    def __init__(self, name: str, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:data:NamespaceAccess", name, None, opts)
        metadata = ObjectMetaArgs(name=ACCOUNT, labels=conventions.labels("config-backup", "stratmaster-operations"))
        role = rbac.v1.ClusterRole(
            "config-backup-namespaces",
            metadata=metadata,
            rules=[
                rbac.v1.PolicyRuleArgs(
                    api_groups=[""], resources=["namespaces"], resource_names=list(NAMESPACES), verbs=["get"]
                )
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        rbac.v1.ClusterRoleBinding(
            "config-backup-namespaces-binding",
            metadata=metadata,
            role_ref=rbac.v1.RoleRefArgs(api_group="rbac.authorization.k8s.io", kind="ClusterRole", name=ACCOUNT),
            subjects=[_subject()],
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        self.register_outputs({})


def _rule(rule: Rule) -> rbac.v1.PolicyRuleArgs:
    return rbac.v1.PolicyRuleArgs(
        api_groups=list(rule.api_groups), resources=list(rule.resources), verbs=list(rule.verbs)
    )


def _subject() -> rbac.v1.SubjectArgs:
    return rbac.v1.SubjectArgs(kind="ServiceAccount", name=ACCOUNT, namespace=conventions.PRODUCTION_NAMESPACE)
