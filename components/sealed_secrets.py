"""The backend `sealed`: values that only the cluster's controller can open."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions
from components.sealed_file import Sealed
from components.secret_catalogue import SecretSpec
from components.secrets import Consumable, Secrets, digest_of, secret_labels


@dataclass(frozen=True, kw_only=True)
class SealedSecretsArgs:
    """Which values, and where to.

    Attributes:
        namespace: of the objects. The values are sealed for it and for their Secret's name (strict scope).
        secrets: which there are.
        sealed: secret -> key -> ciphertext.
        scopes: secret -> scope, of those that aren't sealed strictly.
    """

    namespace: pulumi.Input[str]
    secrets: Sequence[SecretSpec]
    sealed: Sealed
    scopes: Mapping[str, str] = field(default_factory=dict[str, str])


class SealedSecrets(Secrets):
    """A SealedSecret for each secret, each awaited until the controller has made the Secret of the same name.

    Guards against secrets in the repository, in the state and in previews: the program never sees a value. Strict scope
    keeps a ciphertext from being opened under another name or in another namespace.
    """

    def __init__(self, name: str, args: SealedSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:SealedSecrets", name, None, opts)
        consumables: dict[str, Consumable] = {}
        for spec in args.secrets:
            object_name, values = spec.object_name(self.backend), args.sealed[spec.name]
            CustomResource(
                spec.name,
                api_version="bitnami.com/v1alpha1",
                kind="SealedSecret",
                metadata={
                    "name": object_name,
                    "namespace": args.namespace,
                    "labels": secret_labels(spec),
                    "annotations": {**conventions.waits_for("condition=Synced"), **_scope(args.scopes.get(spec.name))},
                },
                spec={
                    "encryptedData": dict(values),
                    "template": {"type": spec.type, "metadata": {"labels": secret_labels(spec)}},
                },
                opts=pulumi.ResourceOptions(parent=self),
            )
            consumables[spec.name] = Consumable(name=object_name, checksum=digest_of(values))
        self.consumables = consumables
        self.register_outputs({})

    @property
    def backend(self) -> str:
        """A part of the objects' names."""
        return "sealed"


def _scope(scope: str | None) -> dict[str, str]:
    """What tells the controller under what the values were sealed; nothing is strict."""
    return {f"sealedsecrets.bitnami.com/{scope}": "true"} if scope else {}
