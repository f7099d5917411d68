"""The values of a slot's release, where the backup of the configuration finds them."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import yaml
from pulumi_kubernetes.core.v1 import ConfigMap
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import conventions

NAME = "stratmaster-api-values"


@dataclass(frozen=True, kw_only=True)
class ReleaseValuesArgs:
    """Whose they are.

    Attributes:
        namespace: the slot's.
        values: the chart's; they name Secrets and hold none.
        release: which has to have succeeded with them.
    """

    namespace: pulumi.Input[str]
    values: Mapping[str, object]
    release: pulumi.Resource


class ReleaseValues(pulumi.ComponentResource):
    """ConfigMap with `values.yaml`, the guide's backup of Helm's values: those of the release that last succeeded.

    Helm itself keeps them in Secrets whose names change with every release; who may read those could read every Secret
    of the namespace. `helm upgrade stratmaster-api helm/stratmaster-api -f values.yaml` takes the file as it is.
    """

    def __init__(self, name: str, args: ReleaseValuesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:data:ReleaseValues", name, None, opts)
        ConfigMap(
            "release-values",
            metadata=ObjectMetaArgs(
                name=NAME, namespace=args.namespace, labels=conventions.labels("config-backup", conventions.API)
            ),
            data={"values.yaml": yaml.safe_dump(dict(args.values))},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[args.release]),
        )
        self.register_outputs({})
