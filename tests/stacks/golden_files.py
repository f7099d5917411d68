"""What must never change by accident: every object a stack declares, and every URN."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import yaml

from rehearsal.engine.wire import Secret, Unknown, Value
from tests.stacks.recorded import committed, on_the_cluster

FOLDER = Path(__file__).with_name("golden")
_SHOWN_OF_A_CIPHERTEXT = 12


def objects(stack: str) -> str:
    """The stack's objects and releases as YAML, by logical name."""
    found = {f"{each.type} {each.name}": shown(each.inputs) for each in on_the_cluster(committed(stack))}
    return yaml.safe_dump(found, sort_keys=True, width=110)


def urns(stack: str) -> str:
    """The URNs of everything the stack registers but look-ups, one a line."""
    return "".join(f"{each.urn}\n" for each in sorted(_registered(stack), key=lambda each: each.urn))


def _registered(stack: str) -> list[Any]:
    return [each for each in committed(stack).resources if not each.external]


def shown(value: Value, key: str = "") -> Any:  # noqa: ANN401 - plain YAML, of any kind
    """A value for a person to read: what is secret as its mark, a ciphertext by a digest of it."""
    if isinstance(value, Secret):
        return "[secret]"
    if isinstance(value, Unknown):
        return "[unknown]"
    if key == "chartDigest":
        return "[the chart's digest]"  # the chart has golden tests of its own, in tests/helm
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Value]", value)
        if key == "encryptedData":
            return {name: _digest(str(inner)) for name, inner in fields.items()}
        return {name: shown(inner, name) for name, inner in fields.items()}
    if isinstance(value, list | tuple):
        return [shown(inner) for inner in cast("list[Value]", value)]
    return value


def _digest(ciphertext: str) -> str:
    return f"sealed {hashlib.sha256(ciphertext.encode()).hexdigest()[:_SHOWN_OF_A_CIPHERTEXT]}"
