"""What a slot is meant to be, written into the cluster before the slot is made so."""

from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.core.v1 import ConfigMap

from components import conventions


@dataclass(frozen=True, kw_only=True)
class DeclarationArgs:
    """What is declared.

    Attributes:
        slot: blue, green or a developer's own.
        namespace: the slot's namespace.
        image: the API's image as it will stand in the pod, repository:tag@digest.
        min_replicas: pods that have to be ready before users may come.
        shutdown: whether the slot is scaled to zero.
    """

    slot: str
    namespace: pulumi.Input[str]
    image: str
    min_replicas: int
    shutdown: bool


class Declaration(pulumi.ComponentResource):
    """ConfigMap `stratmaster-declared`, which `traffic` compares with the Deployment that really runs.

    It guards against a cut-over to the wrong build. A release that fails is rolled back to the build before, healthy
    and ready; a stack output can't tell, since outputs survive a failed update. The release depends on this object, so
    it names the new build from before the release is tried until the release has succeeded.
    """

    def __init__(self, name: str, args: DeclarationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:Declaration", name, None, opts)
        self.config_map = ConfigMap(
            "declared",
            metadata={
                "name": conventions.DECLARED,
                "namespace": args.namespace,
                "labels": conventions.labels("declaration", extra={conventions.SLOT_LABEL: args.slot}),
            },
            data={
                "image": args.image,
                "minReplicas": str(args.min_replicas),
                "shutdown": "true" if args.shutdown else "false",
            },
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
