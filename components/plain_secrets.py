"""The backend `plain`: Secrets with values made here, for development only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import pulumi
import pulumi_random as random
from pulumi_kubernetes.core.v1 import Secret

from components.secret_catalogue import SecretSpec
from components.secret_sources import Derived, Generated, Public, Same, Source, Supplied
from components.secrets import Consumable, Secrets, digest_of, secret_labels
from settings.problems import Problem, nearest, refuse

_FIRST_TIME = "known-after-update"
"""The checksum in a preview whose values aren't made yet: a release's values hold no unknowns."""


@dataclass(frozen=True, kw_only=True)
class PlainSource:
    """Which values.

    Attributes:
        supplied: secret -> key -> value, for all keys but derived ones; it wins over what the catalogue would give.
        rotation: any new text makes every generated value anew.
    """

    supplied: Mapping[str, Mapping[str, pulumi.Output[str]]]
    rotation: str


@dataclass(frozen=True, kw_only=True)
class PlainSecretsArgs:
    """Which values, and where to.

    Attributes:
        namespace: of the objects.
        secrets: which there are.
        source: the values.
    """

    namespace: pulumi.Input[str]
    secrets: Sequence[SecretSpec]
    source: PlainSource


def refuse_unknown(supplied: Mapping[str, Mapping[str, object]], secrets: Sequence[SecretSpec]) -> None:
    """Refuse values that no secret takes.

    Raises:
        SettingsError: with each of them by its full name.
    """
    refuse(_unknown(supplied, {spec.name: spec.keys for spec in secrets}))


def _unknown(
    supplied: Mapping[str, Mapping[str, object]], secrets: Mapping[str, Mapping[str, Source]]
) -> Iterator[Problem]:
    for name, values in supplied.items():
        path = f"stratmaster:secretValues.{name}"
        if name not in secrets:
            yield Problem(what=f"{path} is none of the stack's secrets.", mend=nearest(name, list(secrets)))
            continue
        keys = secrets[name]
        for key in values:
            match keys.get(key):
                case None:
                    yield Problem(what=f"{path}.{key} is no key of that secret.", mend=nearest(key, list(keys)))
                case Derived():
                    yield Problem(
                        what=f"{path}.{key} is put together from the secret's other keys.",
                        mend="Remove it, and set the host, user or password that it is made of.",
                    )
                case Same(of=other, key=its):
                    yield Problem(what=f"{path}.{key} is the same as {other}.{its}.", mend="Remove it, and set that.")
                case _:
                    pass


class PlainSecrets(Secrets):
    """A Secret for each secret, with random values for what nobody needs to know.

    The values stand in the state, encrypted, and in the cluster's Secrets. That is why only development may use it.
    """

    def __init__(self, name: str, args: PlainSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:PlainSecrets", name, None, opts)
        self._source = args.source
        self._made: dict[tuple[str, str], pulumi.Output[str]] = {}
        """What other secrets may take: secret, key -> value."""
        self._random = pulumi.ResourceOptions(parent=self, provider=random.Provider("random", opts=self._child()))
        checksum_key = random.RandomPassword("checksum-key", length=32, special=False, opts=self._random).result
        consumables: dict[str, Consumable] = {}
        for spec in args.secrets:
            object_name, values = spec.object_name(self.backend), self._values(spec)
            Secret(
                spec.name,
                metadata={"name": object_name, "namespace": args.namespace, "labels": secret_labels(spec)},
                type=spec.type,
                string_data=values,
                opts=self._child(),
            )
            consumables[spec.name] = Consumable(name=object_name, checksum=_checksum(values, checksum_key))
        self.consumables = consumables
        self.register_outputs({})

    @property
    def backend(self) -> str:
        """A part of the objects' names."""
        return "plain"

    def _child(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self)

    def _values(self, spec: SecretSpec) -> dict[str, pulumi.Output[str]]:
        basic = {key: self._value(spec, key) for key, source in spec.keys.items() if not isinstance(source, Derived)}
        self._made.update({(spec.name, key): value for key, value in basic.items()})
        together = pulumi.Output.all(**basic)
        derived = {
            key: pulumi.Output.secret(together.apply(source.build))
            for key, source in spec.keys.items()
            if isinstance(source, Derived)
        }
        return {**basic, **derived}

    def _value(self, spec: SecretSpec, key: str) -> pulumi.Output[str]:
        supplied = self._source.supplied.get(spec.name, {}).get(key)
        if supplied is not None:
            return pulumi.Output.secret(supplied)
        match spec.keys[key]:
            case Public(value=value) | Supplied(stand_in=value):
                return pulumi.Output.secret(value)
            case Generated(length=length):
                password = random.RandomPassword(
                    f"{spec.name}-{key}",
                    length=length,
                    special=False,
                    keepers={"rotation": self._source.rotation},
                    opts=self._random,
                )
                return pulumi.Output.secret(password.result)
            case Same(of=other, key=its):
                return self._made[other, its]
            case Derived():
                raise KeyError(key)


def _checksum(values: Mapping[str, pulumi.Output[str]], key: pulumi.Output[str]) -> pulumi.Output[str]:
    """A digest of the values, keyed with a value that never leaves the state, so it may be shown.

    Not secret itself: the release writes it on the pods, which roll when it changes.
    """
    names = list(values)

    def digest(found: list[str] | object) -> str:
        # In a preview the list, or any value in it, may be one that isn't made yet.
        texts = (
            [text for text in cast("list[object]", found) if isinstance(text, str)] if isinstance(found, list) else []
        )
        if len(texts) <= len(names):
            return _FIRST_TIME
        return digest_of(dict(zip(names, texts[:-1], strict=True)), texts[-1])

    together = pulumi.Output.all(*values.values(), key)
    return pulumi.Output.unsecret(together.apply(digest, run_with_unknowns=True))
