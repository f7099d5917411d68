"""What the stacks would put on a cluster: every object of theirs, and the images that these name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import cast

from rehearsal.control_plane import binaries
from rehearsal.engine.wire import Value
from rehearsal.environment import Object, environment, record_all
from rehearsal.errors import RehearsalError
from rehearsal.project import Project
from scans.process import NoAnswerError


@cache
def stacks(project: Path) -> Mapping[str, list[Object]]:
    """Stack -> its objects, the releases' too, as the committed files declare them.

    Raises:
        NoAnswerError: a stack can't be rendered.
    """
    found = Project.find(project)
    try:
        helm = shutil.which("helm") or binaries.provide(print).paths["helm"]
        rendering = environment(found, Path(helm))
        recordings = record_all(rendering, found.stacks())
        for stack, recording in recordings.items():
            if recording.error is not None:
                raise NoAnswerError(f"{stack} can't be rendered: {recording.error.splitlines()[0]}")
        return {stack: rendering.objects(recording) for stack, recording in recordings.items()}
    except RehearsalError as error:
        raise NoAnswerError(error.what) from None


def images(objects: list[Object]) -> set[str]:
    """Every image that objects name: of containers of any kind, and of database clusters."""
    return {name for each in objects for name in _images(each) if name}


def _images(value: Value) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in cast("Mapping[str, Value]", value).items():
            if key in {"image", "imageName"} and isinstance(inner, str):
                yield inner
            else:
                yield from _images(inner)
    elif isinstance(value, list | tuple):
        for inner in cast("list[Value]", value):
            yield from _images(inner)
