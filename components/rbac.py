"""Who may do what in one of StratMaster's namespaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import core, rbac
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import conventions
from components.guard import Guard, GuardArgs
from components.guards import preview_only, restart_only
from components.namespace import Namespace

_LOOK: Final = ("get", "list", "watch")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """Verbs on resources of API groups."""

    api_groups: tuple[str, ...]
    resources: tuple[str, ...]
    verbs: tuple[str, ...]


LOOK: Final = (
    Rule(
        api_groups=("",),
        resources=(
            *("configmaps", "endpoints", "events", "limitranges", "persistentvolumeclaims", "pods", "resourcequotas"),
            *("serviceaccounts", "services"),
        ),
        verbs=_LOOK,
    ),
    Rule(
        api_groups=("apps",),
        resources=("controllerrevisions", "daemonsets", "deployments", "replicasets", "statefulsets"),
        verbs=_LOOK,
    ),
    Rule(api_groups=("autoscaling",), resources=("horizontalpodautoscalers",), verbs=_LOOK),
    Rule(api_groups=("batch",), resources=("cronjobs", "jobs"), verbs=_LOOK),
    Rule(api_groups=("bitnami.com",), resources=("sealedsecrets",), verbs=_LOOK),
    Rule(api_groups=("cert-manager.io",), resources=("certificaterequests", "certificates"), verbs=_LOOK),
    Rule(api_groups=("discovery.k8s.io",), resources=("endpointslices",), verbs=_LOOK),
    Rule(api_groups=("events.k8s.io",), resources=("events",), verbs=_LOOK),
    Rule(api_groups=("external-secrets.io",), resources=("externalsecrets", "secretstores"), verbs=_LOOK),
    Rule(
        api_groups=("gateway.networking.k8s.io",), resources=("gateways", "httproutes", "referencegrants"), verbs=_LOOK
    ),
    Rule(api_groups=("metrics.k8s.io",), resources=("pods",), verbs=("get", "list")),
    Rule(api_groups=("networking.k8s.io",), resources=("ingresses", "networkpolicies"), verbs=_LOOK),
    Rule(api_groups=("policy",), resources=("poddisruptionbudgets",), verbs=_LOOK),
    Rule(api_groups=("rbac.authorization.k8s.io",), resources=("rolebindings", "roles"), verbs=_LOOK),
)
"""All that the guide looks at (Troubleshooting, Certificate Management) and the objects of our own, but no Secrets."""

OPERATE: Final = (
    *LOOK,
    Rule(api_groups=("",), resources=("pods/log",), verbs=("get",)),
    Rule(api_groups=("apps",), resources=("deployments",), verbs=("patch",)),
)
"""The guide's looks, its logs and `kubectl rollout restart`; the guard `restart-only` narrows the patch to that."""

_DRY_RUN: Final = ("create", "patch")
PREVIEW: Final = (
    *LOOK,
    Rule(api_groups=("",), resources=("configmaps", "limitranges", "resourcequotas", "services"), verbs=_DRY_RUN),
    Rule(api_groups=("bitnami.com",), resources=("sealedsecrets",), verbs=_DRY_RUN),
    Rule(api_groups=("cert-manager.io",), resources=("certificates",), verbs=_DRY_RUN),
    Rule(
        api_groups=("gateway.networking.k8s.io",),
        resources=("gateways", "httproutes", "referencegrants"),
        verbs=_DRY_RUN,
    ),
    Rule(api_groups=("networking.k8s.io",), resources=("ingresses", "networkpolicies"), verbs=_DRY_RUN),
)
"""A preview is a server-side apply with dryRun, for which RBAC asks the verbs of the real one; the guard `preview-only`
denies the real one. Not among them, so that even without a guard nobody could run a pod, read a Secret or gain a role:

- Secrets: the answer to a dry run shows the whole object;
- ExternalSecrets and SecretStores: one that isn't ours could bring a store's values into what ci may read;
- workloads: in a slot they are inside the Helm release, whose preview renders the chart and asks the cluster nothing;
- Roles, RoleBindings, ServiceAccounts, Namespaces, admission policies: a dry run of a Role needs all that it gives.

Where a dry run is forbidden, the released provider previews from the last state instead (its `Create` and `Update` of a
preview), so `pulumi preview` as ci works for whole stacks; `pulumi refresh`, which reads Helm's Secrets, doesn't."""


@dataclass(frozen=True, kw_only=True)
class RbacArgs:
    """What Rbac needs.

    Attributes:
        namespace: where the roles hold.
        operators: groups that look, read logs and restart.
        readers: groups that look.
        ci: groups that preview.
    """

    namespace: Namespace
    operators: tuple[str, ...] = ()
    readers: tuple[str, ...] = ()
    ci: tuple[str, ...] = ()


class Rbac(pulumi.ComponentResource):
    """The ServiceAccount `stratmaster-api` without a token, and three roles for people and pipelines.

    The API and the MCP services share the account: no code of theirs calls the Kubernetes API (facts.md 2.8), it has no
    role and no token, so there is nothing that a second account would keep apart. Guards against a stolen kubeconfig of
    an operator or a pipeline: neither can read a Secret, run a command in a pod, change what runs, or give itself more.
    Who deploys is a cluster admin, as the guide has it, and outside this component.

    Outputs:
        service_account: the account's name, which makes whoever uses it wait for it.
    """

    service_account: pulumi.Output[str]

    def __init__(self, name: str, args: RbacArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:access:Rbac", name, None, opts)
        self._name, self._namespace = name, args.namespace
        account = core.v1.ServiceAccount(
            f"{name}-service-account",
            metadata=self._metadata(conventions.API),
            automount_service_account_token=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.service_account = account.metadata.apply(lambda made: made.name or conventions.API)
        self._role("operator", OPERATE, args.operators, restart_only(args.namespace, args.operators))
        self._role("reader", LOOK, args.readers, None)
        self._role("ci", PREVIEW, args.ci, preview_only(args.namespace, args.ci))
        self.register_outputs({"serviceAccount": self.service_account})

    def _role(self, who: str, rules: Sequence[Rule], groups: tuple[str, ...], guard: GuardArgs | None) -> None:
        """A role, and where groups are given its binding, which waits for the guard and goes before it."""
        role_name = f"{conventions.PROJECT}-{who}"
        role = rbac.v1.Role(
            f"{self._name}-{who}",
            metadata=self._metadata(role_name),
            rules=[
                rbac.v1.PolicyRuleArgs(
                    api_groups=list(rule.api_groups), resources=list(rule.resources), verbs=list(rule.verbs)
                )
                for rule in rules
            ],
            opts=pulumi.ResourceOptions(parent=self),
        )
        if not groups:
            return
        guards = [Guard(f"{self._name}-{who}-guard", guard, pulumi.ResourceOptions(parent=self))] if guard else []
        rbac.v1.RoleBinding(
            f"{self._name}-{who}-binding",
            metadata=self._metadata(role_name),
            role_ref=rbac.v1.RoleRefArgs(
                api_group="rbac.authorization.k8s.io",
                kind="Role",
                name=role.metadata.apply(lambda made: made.name or role_name),
            ),
            subjects=[
                rbac.v1.SubjectArgs(api_group="rbac.authorization.k8s.io", kind="Group", name=group) for group in groups
            ],
            opts=pulumi.ResourceOptions(parent=self, depends_on=guards),
        )

    def _metadata(self, name: str) -> ObjectMetaArgs:
        return ObjectMetaArgs(name=name, namespace=self._namespace.created_name, labels=conventions.labels("access"))
