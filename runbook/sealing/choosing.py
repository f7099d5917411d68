"""Which values of a stack are sealed: those given, checked by name, and those that are put together from them."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from components.secret_catalogue import SecretSpec
from components.secret_sources import Derived, Same
from runbook.errors import RunbookError
from runbook.sealing.reading import Given

LARGEST: Final = 1024 * 1024
"""Bytes that all values of one Secret may have (Kubernetes' MaxSecretSize)."""

Place = tuple[str, str]
"""A secret's name and a key of it."""


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """One value that will be sealed.

    Attributes:
        secret: its secret.
        key: its key.
        value: never shown.
        made: whether it was put together from others.
    """

    secret: SecretSpec
    key: str
    value: bytes = field(repr=False)
    made: bool


def secret_of(name: str, specs: Sequence[SecretSpec], what: str) -> SecretSpec:
    """A secret by its name, or by that of one of its objects (`postgres-credentials-sealed`).

    Args:
        name: as it was given; not repeated in an error, for it may be a value in the wrong place.
        specs: the stack's.
        what: what named it, for errors.

    Raises:
        RunbookError: the stack has no such secret.
    """
    names = {_folded(each): spec for spec in specs for each in (spec.name, spec.object_name("sealed"))}
    if spec := names.get(_folded(name)) or names.get(_folded(name.removesuffix("-plain"))):
        return spec
    raise RunbookError(f"{what} is none of the stack's secrets.", _hint(name, [spec.name for spec in specs]))


def choose(given: Sequence[Given], specs: Sequence[SecretSpec], only: SecretSpec | None) -> list[Chosen]:
    """The values to seal, in the catalogue's order.

    Args:
        given: as they came in.
        specs: the stack's secrets.
        only: the one secret that was asked for; None for any.

    Raises:
        RunbookError: a name is unknown, ambiguous or given twice; a value is put together from others, of which some
            are missing; or a secret would be larger than Kubernetes takes.
    """
    named: dict[Place, Given] = {}
    for each in given:
        place = _place(each, specs, only)
        if place in named:
            raise RunbookError(f"{each.where.capitalize()} names {'.'.join(place)} again.", "Keep the one that counts.")
        named[place] = each
    stored = {(spec.name, key) for spec in specs for key in spec.stored}
    values = {place: each.value for place, each in named.items() if place in stored}
    made = _made(values, specs)
    for place, each in named.items():
        if place not in stored and made.get(place) != each.value:
            raise RunbookError(
                f"{each.where.capitalize()}: {'.'.join(place)} is put together from other values, which say otherwise.",
                "Leave it out: it is sealed with those it is made of.",
            )
    if not values:
        raise RunbookError("Standard input has no values.", "Give at least one key of one secret.")
    chosen = [
        Chosen(secret=spec, key=key, value=found, made=(spec.name, key) in made)
        for spec in specs
        for key in spec.keys
        if (found := {**values, **made}.get((spec.name, key))) is not None
    ]
    for spec in specs:
        _check_size(spec, sum(len(each.value) for each in chosen if each.secret is spec))
    return chosen


def _place(given: Given, specs: Sequence[SecretSpec], only: SecretSpec | None) -> Place:
    what = given.where.capitalize()
    candidates = list(specs)
    if given.secret is not None:
        candidates = [secret_of(given.secret, specs, f"The mapping around {given.where}")]
        if only not in (None, candidates[0]):
            raise RunbookError(f"{what} belongs to {candidates[0].name}.", "Leave it out, or name no secret.")
    elif only is not None:
        candidates = [only]
    keys = [(spec, key) for spec in candidates for key in spec.keys]
    found = [(spec, key) for spec, key in keys if _folded(key) == _folded(given.key)]
    # Who wants it under another name or form gets it from there.
    stored = [(spec, key) for spec, key in found if key in spec.stored] or found
    if not found:
        raise RunbookError(f"{what} has a key that no secret here has.", _hint(given.key, [key for _, key in keys]))
    if len(stored) > 1:
        names = " and ".join(spec.name for spec, _ in stored)
        raise RunbookError(f"{what}: both {names} have a key {stored[0][1]}.", "Put it under its secret's name.")
    return stored[0][0].name, stored[0][1]


def _made(values: Mapping[Place, bytes], specs: Sequence[SecretSpec]) -> dict[Place, bytes]:
    """What is put together from given values, so that a URL never has an older password than its secret.

    Raises:
        RunbookError: one is made of given values and of others that are not given: those are sealed, and can't be read.
    """
    made: dict[Place, bytes] = {}
    for spec in specs:
        for key, source in spec.keys.items():
            parts = _parts(spec, source)
            if not any(part in values for part in parts):
                continue
            missing = [".".join(part) for part in parts if part not in values]
            if missing:
                raise RunbookError(
                    f"{spec.name}.{key} would need {', '.join(missing)} as well, and what is sealed can't be read.",
                    "Give these values too: all that it is put together from is sealed together.",
                )
            made[spec.name, key] = _put_together(spec, key, source, values)
    return made


def _parts(spec: SecretSpec, source: object) -> list[Place]:
    if isinstance(source, Same):
        return [(source.of, source.key)]
    if isinstance(source, Derived):
        keys = (source.host, source.port, *source.login, source.database)
        return [(spec.name, key) for key in keys if key]
    return []


def _put_together(spec: SecretSpec, key: str, source: object, values: Mapping[Place, bytes]) -> bytes:
    if isinstance(source, Same):
        return values[source.of, source.key]
    assert isinstance(source, Derived)  # noqa: S101 nothing else has parts
    try:
        texts = {part: values[spec.name, part].decode() for _, part in _parts(spec, source)}
    except UnicodeDecodeError:
        raise RunbookError(
            f"{spec.name}.{key} can't be put together: a value it is made of is not UTF-8 text.", "Give it as text."
        ) from None
    return source.build(texts).encode()


def _check_size(spec: SecretSpec, size: int) -> None:
    if size > LARGEST:
        raise RunbookError(
            f"The values of {spec.name} are {size} bytes; Kubernetes takes {LARGEST} in one Secret.",
            "Keep what is large elsewhere, and its key here.",
        )


def _folded(name: str) -> str:
    """`POSTGRES_PASSWORD`, `postgres-password`: the same name, as an environment variable and as a key."""
    return "".join(letter for letter in name.casefold() if letter.isalnum())


def _hint(name: str, valid: Sequence[str]) -> str:
    folded = {_folded(each): each for each in valid}
    if near := difflib.get_close_matches(_folded(name), list(folded), 1):
        return f"Did you mean {folded[near[0]]}?"
    return f"Valid here: {', '.join(sorted(set(valid)))}."
