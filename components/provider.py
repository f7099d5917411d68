"""The one way to the cluster."""

from dataclasses import dataclass

import pulumi_kubernetes as kubernetes


@dataclass(frozen=True, kw_only=True)
class ClusterArgs:
    """Which cluster.

    Attributes:
        context: the kubeconfig context to use, so that whatever context is current can't be hit by mistake.
        identifier: the cluster's name for Pulumi; only a change of it replaces the objects in the stack.
    """

    context: str
    identifier: str


def cluster_provider(args: ClusterArgs) -> kubernetes.Provider:
    """An explicit provider, with every switch pinned that the environment of who runs Pulumi could turn.

    The kubeconfig is the ambient one and stays out of the state: left out, the SDK would write $KUBECONFIG there, a
    path that differs from one laptop to the next and shows as a change; the provider takes the empty text as "the
    ambient one".

    ConfigMaps and Secrets are changed in place. By default the provider replaces one whose data changed, and one of a
    fixed name is deleted first: pods that start in between would fail for want of it.

    An object that exists already is an error, not adopted: it is somebody else's.
    """
    return kubernetes.Provider(
        "cluster",
        kubeconfig="",
        context=args.context,
        cluster_identifier=args.identifier,
        enable_server_side_apply=True,
        enable_config_map_mutable=True,
        enable_secret_mutable=True,
        enable_patch_force=False,
        delete_unreachable=False,
        skip_update_unreachable=False,
        upsert_existing_objects=False,
    )
