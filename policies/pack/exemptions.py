"""What may break a rule for a while: one file, each entry with a reason, an owner and an end.

An exemption that is malformed, over, or that nothing needs any more is a violation by itself, so that the file never
grows into a second, silent policy.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, cast

import yaml

from .model.values import Finding

EXEMPTIONS_FILE: Final = Path(__file__).parents[1] / "exemptions.yaml"
SCHEMA_FILE: Final = Path(__file__).parents[1] / "exemptions.schema.json"
MAX_DAYS: Final = 90
"""How far off an end may be: a quarter, after which somebody has to look again."""


@dataclass(frozen=True, kw_only=True)
class Exemption:
    """One finding that is let pass.

    Args:
        rule: the rule's id.
        urn: the resource's exact URN.
        path: the field as the report names it, the object of a Helm release before it.
        reason, owner: why, and who answers for it.
        expires: the last day on which it holds.
    """

    rule: str
    urn: str
    path: str
    reason: str
    owner: str
    expires: date

    @property
    def stack(self) -> str:
        """The stack that its URN belongs to."""
        return self.urn.removeprefix("urn:pulumi:").split("::", 1)[0]


@dataclass(frozen=True, kw_only=True)
class Exemptions:
    """All exemptions of a run, and which of them something needed."""

    today: date
    entries: tuple[Exemption, ...] = ()
    broken: tuple[str, ...] = ()
    _used: set[Exemption] = field(default_factory=set[Exemption])

    @classmethod
    def load(cls, file: Path, today: date) -> Exemptions:
        """The exemptions in a file; what is wrong with it becomes `broken`, and then none of them holds."""
        try:
            # All scalars as strings: a date stays as it was written, and the schema judges it.
            document: object = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506 a safe one
        except OSError as error:
            return cls(today=today, broken=(f"{file.name} can't be read: {error.strerror}",))
        except (UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            where = f", line {mark.line + 1}" if mark else ""
            return cls(today=today, broken=(f"{file.name}{where} is no YAML in UTF-8",))
        broken = tuple(_broken(file.name, document))
        if broken:
            return cls(today=today, broken=broken)
        entries = cast("dict[str, list[dict[str, str]]]", document)["exemptions"]
        return cls(today=today, entries=tuple(_entry(each) for each in entries))

    def cover(self, rule: str, finding: Finding) -> bool:
        """Whether a finding is let pass today."""
        for entry in self.entries:
            if (entry.rule, entry.urn, entry.path) == (rule, finding.source.urn, finding.place):
                self._used.add(entry)
                return self.today <= entry.expires and (entry.expires - self.today).days <= MAX_DAYS
        return False

    def problems(self, stack: str) -> Iterator[str]:
        """What is wrong with the file, and with the entries for a stack, once the whole stack was judged."""
        yield from self.broken
        for entry in self.entries:
            if entry.stack == stack:
                yield from self._wrong_with(entry)

    def _wrong_with(self, entry: Exemption) -> Iterator[str]:
        what = f"has an exemption from {entry.rule} for {entry.urn.rsplit('::', 1)[-1]}, {entry.path}, that"
        if entry.expires < self.today:
            yield f"{what} ended on {entry.expires}"
        elif (entry.expires - self.today).days > MAX_DAYS:
            yield f"{what} ends on {entry.expires}, more than {MAX_DAYS} days off"
        if entry not in self._used:
            yield f"{what} nothing needs"


def _broken(name: str, document: object) -> Iterator[str]:
    if document == {"exemptions": []}:
        return
    import jsonschema  # noqa: PLC0415 a fifth of the pack's start, for nothing where there are no exemptions

    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    try:
        jsonschema.validate(document, schema, format_checker=jsonschema.FormatChecker(["date"]))
    except jsonschema.ValidationError as error:
        yield f"{name} is malformed at {error.json_path}: {error.message}"


def _entry(own: dict[str, str]) -> Exemption:
    return Exemption(
        rule=own["rule"],
        urn=own["urn"],
        path=own["path"],
        reason=own["reason"],
        owner=own["owner"],
        expires=date.fromisoformat(own["expires"]),
    )
