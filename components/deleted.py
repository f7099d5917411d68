"""Objects of a slot that its stack has made and somebody has deleted since."""

import pulumi

from components import asking, conventions


def refuse_deleted(context: str, slot: str) -> None:
    """Nothing, if both objects by which a slot is judged are in the cluster, or if the cluster can't be asked.

    Raises:
        RunError: one is not there. Pulumi's look-up of what isn't there ends the run without a word on the way back.
    """
    namespace, refresh = conventions.slot_namespace(slot), f"`pulumi up --refresh --stack {slot}`"
    if asking.is_there(context, f"/api/v1/namespaces/{namespace}/configmaps/{conventions.DECLARED}") is False:
        raise pulumi.RunError(
            f"ConfigMap {namespace}/{conventions.DECLARED} of slot {slot} was deleted from the cluster of context "
            f"{context}.\nRun {refresh}, which makes anew what is missing."
        )
    if asking.is_there(context, f"/apis/apps/v1/namespaces/{namespace}/deployments/{conventions.API}") is False:
        # A refresh looks at the release alone, and sees only if that is gone too.
        raise pulumi.RunError(
            f"Deployment {namespace}/{conventions.API} of slot {slot} was deleted from the cluster of context "
            f"{context}.\nRun {refresh}; if that finds no change, `helm -n {namespace} rollback {conventions.API} "
            f"REVISION --wait` with the last revision of `helm -n {namespace} history {conventions.API}`."
        )
