"""The backends `aws` and `vault`: values that stay in a store outside the cluster until External Secrets reads them."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import aws_names
from components.external_store import API_VERSION, Store, StoreArgs, named, waits_for_the_operator
from components.secret_catalogue import SecretSpec
from components.secret_sources import Derived, Same
from components.secrets import Consumable, Secrets, digest_of, secret_labels
from settings.secrets import Refresh, SecretsManager, Vault


@dataclass(frozen=True, kw_only=True)
class ExternalSource:
    """Which values.

    Attributes:
        place: where they are.
        refresh: when they are read again.
        rotation: any new text reads all of them anew.
    """

    place: SecretsManager | Vault
    refresh: Refresh
    rotation: str


@dataclass(frozen=True, kw_only=True)
class ExternalSecretsArgs:
    """Which values, and where to.

    Attributes:
        namespace: of the objects.
        stack: whose entries are read.
        secrets: which there are.
        source: where the values come from.
    """

    namespace: pulumi.Input[str]
    stack: str
    secrets: Sequence[SecretSpec]
    source: ExternalSource


class ExternalSecrets(Secrets):
    """An ExternalSecret for each secret, each awaited until the operator has made the Secret of the same name.

    The program never sees a value, so it can't tell when one changes. Instead a Secret is never changed: its name holds
    a digest of all that it is made from, `rotation` among that. Another rotation is other Secrets, read anew and ready
    before the release is tried, which then names them and so restarts; the old ones go last. A release that fails and
    is rolled back finds the values that it ran with. (Policies other than CreatedOnce give that up where asked to.)

    Every key is named one by one, never "whatever the entry holds": a key that is missing there keeps the
    ExternalSecret from becoming ready, and the release from being tried, not pods from starting.

    The operator owns each Secret and Pulumi each ExternalSecret, so neither writes what is the other's. A Secret goes
    with its ExternalSecret (Owner), and with nothing else: an entry deleted by mistake leaves it alone (Retain).
    """

    def __init__(self, name: str, args: ExternalSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        self._backend = "aws" if isinstance(args.source.place, SecretsManager) else "vault"
        super().__init__(f"stratmaster:components:{self._backend.capitalize()}Secrets", name, None, opts)
        self._args = args
        where = StoreArgs(namespace=args.namespace, stack=args.stack, place=args.source.place)
        self._store = Store("store", where, pulumi.ResourceOptions(parent=self))
        self.consumables = {spec.name: self._declare(spec) for spec in args.secrets}
        self.register_outputs({})

    @property
    def backend(self) -> str:
        """A part of the objects' names."""
        return self._backend

    def _declare(self, spec: SecretSpec) -> Consumable:
        wanted = self._spec(spec)
        object_name = named(spec.object_name(self.backend), {"rotation": self._args.source.rotation, "spec": wanted})
        CustomResource(
            spec.name,
            api_version=API_VERSION,
            kind="ExternalSecret",
            metadata={
                "name": object_name,
                "namespace": self._args.namespace,
                "labels": secret_labels(spec),
                "annotations": waits_for_the_operator(),
            },
            spec=wanted,
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self._store]),
        )
        return Consumable(name=object_name, checksum=digest_of({"name": object_name}))

    def _spec(self, spec: SecretSpec) -> dict[str, object]:
        refresh = self._args.source.refresh
        derived = {key: source.template() for key, source in spec.keys.items() if isinstance(source, Derived)}
        return {
            "refreshPolicy": refresh.policy,
            **({"refreshInterval": refresh.interval} if refresh.policy == "Periodic" else {}),
            "secretStoreRef": {"kind": "SecretStore", "name": self._store.store_name},
            "target": {
                "creationPolicy": "Owner",
                "deletionPolicy": "Retain",
                "immutable": refresh.policy == "CreatedOnce",
                "template": {
                    "engineVersion": "v2",
                    "type": spec.type,
                    "metadata": {"labels": secret_labels(spec)},
                    # The values that were read, and those put together from them.
                    "mergePolicy": "Merge",
                    **({"data": derived} if derived else {}),
                },
            },
            "data": [self._value(spec, key) for key, source in spec.keys.items() if not isinstance(source, Derived)],
        }

    def _value(self, spec: SecretSpec, key: str) -> dict[str, object]:
        source = spec.keys[key]
        of, its = (source.of, source.key) if isinstance(source, Same) else (spec.name, key)
        return {
            "secretKey": key,
            "remoteRef": {"key": aws_names.entry(self._args.stack, of), "property": its},
        }
