"""The workflows as data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias, cast

import yaml

FOLDER: Final = Path(__file__).parents[2] / ".github" / "workflows"

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


@dataclass(frozen=True, kw_only=True)
class Job:
    """One job of a workflow.

    Args:
        file: of the workflow.
        name: its key.
        body: what is below it.
    """

    file: str
    name: str
    body: Mapping[str, Json]

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"

    @property
    def permissions(self) -> Mapping[str, str] | None:
        return cast("Mapping[str, str] | None", self.body.get("permissions"))

    @property
    def steps(self) -> list[Mapping[str, Json]]:
        return cast("list[Mapping[str, Json]]", self.body.get("steps") or [])

    @property
    def uses(self) -> list[str]:
        """Every action or workflow that it names."""
        named = [self.body.get("uses"), *(step.get("uses") for step in self.steps)]
        return [str(each) for each in named if each]

    @property
    def runs(self) -> list[str]:
        """Every shell script."""
        return [str(step["run"]) for step in self.steps if "run" in step]

    @property
    def condition(self) -> str:
        return str(self.body.get("if") or "")

    @property
    def needs(self) -> set[str]:
        needs = self.body.get("needs") or []
        return {needs} if isinstance(needs, str) else {str(each) for each in cast("list[Json]", needs)}


@dataclass(frozen=True, kw_only=True)
class Workflow:
    """One file of workflows.

    Args:
        file: its name.
        body: what is in it.
    """

    file: str
    body: Mapping[str, Json]

    @property
    def triggers(self) -> set[str]:
        # YAML 1.1 takes the bare word `on` for a boolean.
        found = cast("Mapping[object, Json]", self.body)[True]
        return {found} if isinstance(found, str) else {str(each) for each in cast("Mapping[str, Json]", found)}

    @property
    def jobs(self) -> dict[str, Job]:
        jobs = cast("Mapping[str, Mapping[str, Json]]", self.body["jobs"])
        return {name: Job(file=self.file, name=name, body=body) for name, body in jobs.items()}


def workflows() -> dict[str, Workflow]:
    """All of them, by their file's name without its ending."""
    found = {
        path.stem: Workflow(file=path.name, body=cast("dict[str, Json]", yaml.safe_load(path.read_text())))
        for path in sorted(FOLDER.iterdir())
    }
    assert found
    return found


def jobs() -> Iterator[Job]:
    """All jobs of all workflows."""
    for workflow in workflows().values():
        yield from workflow.jobs.values()
