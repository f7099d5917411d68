"""A stack's file as commands read it: one part each, since the rest may be encrypted or another stack's."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Generic, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

PROJECT: Final = Path(__file__).parents[1]


class Part(BaseModel):
    """Some keys of a stack file's `config`, each with its default; the others are passed over."""

    model_config = ConfigDict(extra="ignore")


PartT = TypeVar("PartT", bound=Part)


class _Whole(Part, Generic[PartT]):
    config: PartT | None = Field(default=None)


class Unreadable(Exception):  # noqa: N818 - a state of the file; each command says for itself what that keeps it from
    """The stack's file is missing, is no YAML, or has something else at the keys that were asked for."""


def path(stack: str) -> Path:
    """Where Pulumi keeps a stack's config."""
    return PROJECT / f"Pulumi.{stack}.yaml"


def stacks() -> list[str]:
    """The stacks that have a file."""
    return sorted(each.name.split(".")[1] for each in PROJECT.glob("Pulumi.*.yaml"))


def read(stack: str, part: type[PartT]) -> PartT:
    """A part of a stack's config.

    Raises:
        Unreadable: it can't be had.
    """
    try:
        text = path(stack).read_text()
        return _Whole[part].model_validate(yaml.safe_load(text) or {}).config or part()
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise Unreadable(path(stack).name) from error
