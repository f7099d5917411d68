"""The two guards there are: an operator only restarts, a pipeline only previews."""

from typing import Final

from components.guard import Check, GuardArgs
from components.namespace import Namespace

RESTARTED_AT: Final = "kubectl.kubernetes.io/restartedAt"
"""The one annotation that `kubectl rollout restart` sets."""

DRY_RUN_ONLY: Final = (
    Check(
        expression="has(request.dryRun) && request.dryRun",
        message="the ci role previews (dry-run=server) and writes nothing; a change is deployed by `pulumi up`",
    ),
)

_OLD: Final = "oldObject.spec.template.metadata.?annotations.orValue({})"
_NEW: Final = "object.spec.template.metadata.?annotations.orValue({})"
_UNCHANGED: Final = (
    *(f"metadata.?{name}" for name in ("annotations", "finalizers", "labels", "ownerReferences")),
    *(f"spec.?{name}" for name in ("minReadySeconds", "paused", "progressDeadlineSeconds", "replicas")),
    *(f"spec.?{name}" for name in ("revisionHistoryLimit", "selector", "strategy")),
    "spec.template.metadata.?labels",
    "spec.template.spec",
)

RESTART_ONLY: Final = (
    Check(
        expression=" && ".join(
            (
                *(f"object.{field} == oldObject.{field}" for field in _UNCHANGED),
                f"{_OLD}.all(key, key in {_NEW})",
                f"{_NEW}.all(key, key == '{RESTARTED_AT}' || (key in {_OLD} && {_OLD}[key] == {_NEW}[key]))",
            )
        ),
        message="the operator role restarts (kubectl rollout restart) and changes nothing else; change the stack",
    ),
)
"""Everything of a Deployment stays as it was but the restart's annotation."""


def restart_only(namespace: Namespace, groups: tuple[str, ...]) -> GuardArgs:
    """The guard of the operator role.

    Without it, who may patch a Deployment may run any image with any Secret of the namespace in it.
    """
    return GuardArgs(
        namespace=namespace,
        purpose="restart-only",
        groups=groups,
        api_groups=("apps",),
        resources=("deployments",),
        operations=("UPDATE",),
        checks=RESTART_ONLY,
    )


def preview_only(namespace: Namespace, groups: tuple[str, ...]) -> GuardArgs:
    """The guard of the ci role: a dry run needs the verbs of the real thing, so only this tells the two apart."""
    return GuardArgs(
        namespace=namespace,
        purpose="preview-only",
        groups=groups,
        api_groups=("*",),
        resources=("*/*",),
        operations=("CREATE", "UPDATE", "DELETE", "CONNECT"),
        checks=DRY_RUN_ONLY,
    )
