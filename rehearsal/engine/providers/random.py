"""`random:*`: values made once and kept in the state, until a keeper changes."""

from __future__ import annotations

import base64
import secrets
import string
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from rehearsal.engine.diff import differences
from rehearsal.engine.providers.base import Change, Made, Target
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Secret
from rehearsal.errors import RehearsalError

PASSWORD: Final = "random:index/randomPassword:RandomPassword"  # noqa: S105 a type's name
STRING: Final = "random:index/randomString:RandomString"
ID: Final = "random:index/randomId:RandomId"
UUID: Final = "random:index/randomUuid:RandomUuid"

_SPECIAL: Final = "!@#$%&*()-_=+[]{}<>:?"  # terraform-provider-random's default set
_DEFAULTS: Final[Mapping[str, Properties]] = {
    PASSWORD: {
        "lower": True,
        "upper": True,
        "numeric": True,
        "special": True,
        "minLower": 0,
        "minUpper": 0,
        "minNumeric": 0,
        "minSpecial": 0,
    },
    ID: {},
    UUID: {},
}
_SECRET_OUTPUTS: Final = {PASSWORD: ("result",)}
"""`bcryptHash` is not made: nothing here reads it, and a missing output is better than a wrong one."""
_ARGUMENTS: Final = {
    PASSWORD: {"length", "keepers", "overrideSpecial", "number", *_DEFAULTS[PASSWORD]},
    STRING: {"length", "keepers", "overrideSpecial", "number", *_DEFAULTS[PASSWORD]},
    ID: {"byteLength", "keepers", "prefix"},
    UUID: {"keepers"},
}


class Random:
    """The provider of package `random`."""

    def check(self, type_: str, urn: str, inputs: Properties, old: Properties | None) -> Properties:
        """See `Provider.check`."""
        del old
        name = urn.rsplit("::", 1)[-1]
        if type_ not in _ARGUMENTS:
            raise RehearsalError(
                f"{name}: the embedded engine does not carry out {type_}",
                f"Use one of {', '.join(sorted(_ARGUMENTS))}, or run the stack with --engine pulumi.",
            )
        for argument in inputs:
            if argument not in _ARGUMENTS[type_]:
                raise RehearsalError(
                    f"{name}: the embedded engine does not carry out {type_}'s argument {argument}",
                    "Leave it out, or run the stack with --engine pulumi.",
                )
        given = {key: value for key, value in inputs.items() if value is not None}
        return {**_DEFAULTS.get(type_, _DEFAULTS[PASSWORD]), **given}

    def diff(self, old: Resource, target: Target) -> Change:
        """See `Provider.diff`: any change makes another value, which is a replacement."""
        found = differences(old.inputs, target.inputs)
        return Change(fields=tuple(replace(field, replaces=True) for field in found))

    def id_of(self, target: Target) -> str:
        """See `Provider.id_of`: nothing outside the state remembers a random value."""
        del target
        return ""

    def create(self, target: Target) -> Made:
        """See `Provider.create`."""
        secret = _SECRET_OUTPUTS.get(target.type, ())
        if target.preview:
            hidden: Properties = {key: Secret(UNKNOWN) for key in secret}
            return Made(id="", outputs={**target.inputs, **hidden})
        made = _GENERATORS[target.type](target.inputs)
        outputs = {key: Secret(value) if key in secret else value for key, value in made.items()}
        id_ = "none" if target.type == PASSWORD else str(made.get("id", made.get("result", "")))
        return Made(id=id_, outputs={**target.inputs, **outputs})

    def update(self, old: Resource, target: Target) -> Made:
        """See `Provider.update`: only ever to try an interrupted one again."""
        return Made(id=old.id, outputs={**old.outputs, **target.inputs})

    def delete(self, old: Resource, target: Target) -> None:
        """See `Provider.delete`: the value goes with the state."""

    def read(self, type_: str, id_: str, properties: Properties) -> Made | None:
        """See `Provider.read`: nothing outside the state remembers a random value."""
        del type_, id_, properties
        return None


def _number(inputs: Properties, key: str) -> int:
    value = inputs.get(key)
    return int(value) if isinstance(value, int | float) else 0


def _text(inputs: Properties) -> Properties:
    special = inputs.get("overrideSpecial")
    groups = {
        "lower": string.ascii_lowercase,
        "upper": string.ascii_uppercase,
        "numeric": string.digits,
        "special": special if isinstance(special, str) and special else _SPECIAL,
    }
    allowed = "".join(group for key, group in groups.items() if inputs.get(key))
    characters = [
        secrets.choice(group) for key, group in groups.items() for _ in range(_number(inputs, f"min{key.title()}"))
    ]
    characters += [secrets.choice(allowed) for _ in range(_number(inputs, "length") - len(characters))]
    secrets.SystemRandom().shuffle(characters)
    return {"result": "".join(characters)}


def _id(inputs: Properties) -> Properties:
    data = secrets.token_bytes(_number(inputs, "byteLength"))
    prefix = inputs.get("prefix") if isinstance(inputs.get("prefix"), str) else ""
    url = base64.urlsafe_b64encode(data).decode().rstrip("=")
    return {
        "id": url,
        "b64Url": f"{prefix}{url}",
        "b64Std": f"{prefix}{base64.b64encode(data).decode()}",
        "hex": f"{prefix}{data.hex()}",
        "dec": f"{prefix}{int.from_bytes(data, 'big')}",
    }


def _uuid(_inputs: Properties) -> Properties:
    return {"result": str(uuid.uuid4())}


_GENERATORS: Final = {PASSWORD: _text, STRING: _text, ID: _id, UUID: _uuid}
