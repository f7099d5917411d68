"""`render`: every object of stacks as YAML files, the charts' too, without a cluster."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import yaml

from rehearsal.engine.wire import mapping, text
from rehearsal.environment import Object, environment, record_all
from rehearsal.errors import RehearsalError
from rehearsal.session import Session


def render(session: Session, stacks: Sequence[str], out: Path, *, as_json: bool) -> int:
    """Write the objects of `stacks` below `out`: `<stack>/<namespace or _cluster>/<kind>-<name>.yaml`.

    What is secret is written as `[secret]`. A stack's folder is written anew; nothing else in `out` is touched.

    Raises:
        RehearsalError: a program refuses; nothing is written then.
    """
    found = environment(session.project, session.plane.binary("helm"))
    files: dict[str, dict[Path, str]] = {}
    for stack, recording in record_all(found, stacks).items():
        if recording.error is not None:
            what, _, mend = recording.error.partition("\n")
            raise RehearsalError(f"{stack}: {what}", mend or "Mend the program or the stack's file.")
        files[stack] = {path_of(each): dump(each) for each in found.objects(recording)}
    for stack, objects in files.items():
        shutil.rmtree(out / stack, ignore_errors=True)
        for path, content in objects.items():
            (out / stack / path).parent.mkdir(parents=True, exist_ok=True)
            (out / stack / path).write_text(content)
    if as_json:
        print(json.dumps({stack: sorted(str(out / stack / path) for path in paths) for stack, paths in files.items()}))
    else:
        for stack, paths in files.items():
            print(f"{stack}: {len(paths)} objects in {out / stack}")
    return 0


def path_of(each: Object) -> Path:
    """Where an object's file lies in its stack's folder."""
    metadata = mapping(each.get("metadata"))
    name = f"{text(each.get('kind'))}-{text(metadata.get('name'))}.yaml".lower().replace(":", "-")
    return Path(text(metadata.get("namespace")) or "_cluster") / name


def dump(each: Object) -> str:
    """An object as YAML, always the same for the same object."""
    return yaml.safe_dump(each, sort_keys=True, width=110)
