"""The stack's secrets as Kubernetes objects, from whichever backend the stack uses."""

import hashlib
import hmac
import json
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components import conventions
from components.release import SecretKey
from components.secret_catalogue import BY_NAME, SecretSpec


@dataclass(frozen=True, kw_only=True)
class Consumable:
    """What a consumer needs to know of one secret.

    Attributes:
        name: the Secret's name in the namespace.
        checksum: changes when any value of the secret does; tells nothing about the values.
    """

    name: str
    checksum: pulumi.Input[str]


class Secrets(pulumi.ComponentResource):
    """All secrets of one namespace.

    Whoever uses one depends on this component as a whole. A Secret's name differs per backend, so a switch first makes
    the new objects, then updates what uses them, and removes the old ones last: there is no moment without.

    Attributes:
        consumables: secret -> what a consumer needs to know of it.
    """

    consumables: Mapping[str, Consumable]

    @property
    @abstractmethod
    def backend(self) -> str:
        """A part of the objects' names."""

    def key(self, secret: str, key: str) -> SecretKey:
        """One value, for a container's environment.

        Raises:
            KeyError: the catalogue has no such secret or key, a mistake in this program.
        """
        if key not in BY_NAME[secret].keys:
            raise KeyError(key)
        return SecretKey(name=self.consumables[secret].name, key=key)

    @property
    def pull_secret(self) -> str:
        """Name of the Secret that the registry is opened with."""
        return self.consumables[conventions.PULL_SECRET].name

    @property
    def checksum(self) -> pulumi.Output[str]:
        """Changes when any value of any secret does."""
        each = {name: consumable.checksum for name, consumable in self.consumables.items()}
        return pulumi.Output.all(**each).apply(digest_of)


def digest_of(values: Mapping[str, str], key: str = "") -> str:
    """A digest of values by name, the same for the same values in any order.

    Args:
        values: name -> value.
        key: makes the digest useless for guessing the values; needed unless they are public or encrypted.
    """
    content = json.dumps(dict(values), sort_keys=True).encode()
    return hmac.new(key.encode(), content, hashlib.sha256).hexdigest()


def secret_labels(spec: SecretSpec) -> dict[str, str]:
    """StratMaster's labels: the component is the secret's own name (facts.md 4.1)."""
    return conventions.labels(spec.name)
