"""What accounts may do: as the cluster answers, and as the committed table has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Annotated, Final, TypeAlias

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from runbook.errors import RunbookError

TABLE: Final = Path(__file__).with_name("table.yaml")
REGENERATE: Final = "python -m runbook access-review --write"
_HEAD: Final = f"""\
# What each account may do, as reviewed. Never edited by hand: `{REGENERATE}`, then read the difference.
# Everybody's part is everybody's; the rest lists only what an account has besides.
"""

Powers: TypeAlias = Mapping[str, frozenset[str]]
"""Resource (`deployments.apps`, `pods/log`, `/metrics`, with the one object's name after a space) -> verbs."""
Place: TypeAlias = tuple[str, str]
"""An account (`group stratmaster:ci`) and a namespace."""
Review: TypeAlias = Mapping[Place, Powers]

_Word: TypeAlias = Annotated[str, Field(min_length=1)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    who: _Word
    where: Annotated[list[_Word], Field(min_length=1)]
    may: dict[_Word, _Word]


@dataclass(frozen=True, kw_only=True, order=True)
class Difference:
    """One thing that an account may do and shouldn't, or should and may not."""

    who: str
    where: str
    resource: str
    verbs: tuple[str, ...]
    gained: bool

    def __str__(self) -> str:
        verb = "may also" if self.gained else "may no longer"
        return f"{self.who} in {self.where} {verb} {' '.join(self.verbs)} {self.resource}"


def differences(expected: Review, found: Review) -> Iterator[Difference]:
    """What the cluster gives beyond the table, and what it lacks, in the order of accounts and namespaces."""
    for place in sorted(expected.keys() | found.keys()):
        before, now = expected.get(place, {}), found.get(place, {})
        for resource in sorted(before.keys() | now.keys()):
            old, new = before.get(resource, frozenset()), now.get(resource, frozenset())
            for verbs, gained in ((new - old, True), (old - new, False)):
                if verbs:
                    who, where = place
                    yield Difference(who=who, where=where, resource=resource, verbs=tuple(sorted(verbs)), gained=gained)


def load(path: Path) -> Review:
    """A table that was written and reviewed.

    Raises:
        RunbookError: it is missing, no table, or says something twice.
    """
    try:
        rows = TypeAdapter(list[_Row]).validate_python(yaml.safe_load(path.read_text(encoding="utf-8")))
    except OSError:
        raise RunbookError(f"The table {path} can't be read.", f"Make it with `{REGENERATE}`, and review it.") from None
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError):
        raise RunbookError(f"{path.name} is no table of accounts.", f"Make it anew with `{REGENERATE}`.") from None
    places = [(row.who, namespace) for row in rows for namespace in row.where]
    for place in places:
        if places.count(place) > 1:
            raise RunbookError(f"{path.name} has {place[0]} in {place[1]} twice.", f"Make it anew with `{REGENERATE}`.")
    powers = [
        {resource: frozenset(verbs.split()) for resource, verbs in row.may.items()} for row in rows for _ in row.where
    ]
    return dict(zip(places, powers, strict=True))


def save(review: Review, path: Path) -> None:
    """Write the table: the same for the same answers, namespaces with the same powers together."""
    path.write_text(_HEAD + yaml.safe_dump(list(_rows(review)), sort_keys=False, width=116), encoding="utf-8")


def _rows(review: Review) -> Iterator[dict[str, object]]:
    for who, places in groupby(sorted(review), key=lambda place: place[0]):
        same: dict[tuple[tuple[str, str], ...], list[str]] = {}
        for place in places:
            same.setdefault(tuple(_written(review[place].items())), []).append(place[1])
        for may, where in same.items():
            yield {"who": who, "where": where, "may": dict(may)}


def _written(powers: Iterable[tuple[str, frozenset[str]]]) -> Iterator[tuple[str, str]]:
    return ((resource, " ".join(sorted(verbs))) for resource, verbs in sorted(powers))
