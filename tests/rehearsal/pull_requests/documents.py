"""What the tests read previews from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from rehearsal.pull_requests.preview import Preview
from rehearsal.pull_requests.reading import previews

RECORDED: Final = Path(__file__).with_name("recorded")


def recorded(name: str) -> str:
    """What the CLI said; `recorded/README.md` says of what."""
    return (RECORDED / name).read_text()


def preview(text: str) -> Preview:
    """The one preview of a document."""
    [found] = previews("test", text)
    return found


def embedded(*changes: dict[str, object], stack: str = "blue", **more: object) -> str:
    """What `python -m rehearsal preview --json` prints of one stack."""
    entry: dict[str, object] = {
        "stack": stack,
        "operation": "preview",
        "failed": False,
        "summary": {"same": 3},
        "changes": changes,
        "diagnostics": [],
        "policies": [],
        "outputs": {},
        "seconds": 1.5,
    }
    return json.dumps({"stacks": [{**entry, **more}]})


def change(type_: str, name: str, op: str = "update", **fields: tuple[object, object]) -> dict[str, object]:
    """One change, by the types from its uppermost component down and its name; `field=(old, new)`."""
    return {
        "op": op,
        "urn": f"urn:pulumi:blue::p::{type_}::{name}",
        "type": type_.rsplit("$", 1)[-1],
        "name": name,
        "fields": [
            {"path": path.replace("__", "."), "kind": "update", "old": old, "new": new, "replaces": False}
            for path, (old, new) in fields.items()
        ],
    }


def violation(policy: str, *, mandatory: bool, urn: str = "") -> dict[str, object]:
    """A policy's complaint."""
    texts = {"pack": "pack", "version": "1", "message": "Wrong.\nMend it.", "description": "Wrong.", "severity": "high"}
    return {**texts, "policy": policy, "urn": urn, "mandatory": mandatory}
