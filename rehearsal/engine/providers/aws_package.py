"""Package `aws`: which account and region a provider is for, and what the stack already has there."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Final, cast

from rehearsal.engine.providers.aws import Aws, Holding
from rehearsal.engine.providers.aws_server import Place
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Secret, text
from rehearsal.errors import RehearsalError

PROVIDER: Final = "pulumi:providers:aws"
_OPTIONS: Final = frozenset({"region", "allowedAccountIds", "version"})
_AS_IT_IS: Final = {"skipCredentialsValidation": "false", "skipRegionValidation": "true"}
"""What the SDK gives every provider."""
_ELSEWHERE: Final = "The rehearsal's AWS is on this machine alone; run the stack with --engine pulumi."


class AwsPackage:
    """The providers of one run.

    Args:
        held: what the stack's state holds, in the order it came to be.
    """

    def __init__(self, held: Callable[[], Sequence[Resource]]) -> None:
        self._held = held
        self._holding = Holding(held=self._placed)

    def of(self, inputs: Properties, name: str) -> Aws:
        """The provider with the arguments `inputs`.

        Raises:
            RehearsalError: it names no account and region, or uses what the engine doesn't carry out.
        """
        return Aws(place=place(inputs, name), holding=self._holding)

    def _placed(self) -> Sequence[tuple[Resource, Place]]:
        held = self._held()
        providers = {each.urn: place(each.inputs, each.name) for each in held if each.type == PROVIDER}
        return [(each, providers[each.provider_urn]) for each in held if each.type.startswith("aws:")]


def place(inputs: Properties, name: str) -> Place:
    """The account and region of a provider.

    Raises:
        RehearsalError: as in `AwsPackage.of`.
    """
    options = {key: value.value if isinstance(value, Secret) else value for key, value in inputs.items()}
    for option, value in options.items():
        if option not in _OPTIONS and _AS_IT_IS.get(option) != value:
            raise RehearsalError(f"{name} (aws provider): the embedded engine does not carry out {option}", _ELSEWHERE)
    accounts = cast("list[str]", json.loads(text(options.get("allowedAccountIds")) or "[]"))
    region = text(options.get("region"))
    if len(accounts) != 1 or not region:
        raise RehearsalError(
            f"{name} (aws provider): it names no region, or not one account in allowed_account_ids",
            "Pass an aws.Provider with both: with ambient ones, another account would be changed some day.",
        )
    return Place(account=str(accounts[0]), region=region)
