"""The application's chart: where it lies and what it consists of."""

import hashlib
from pathlib import Path
from typing import Final

PATH: Final = "./helm/stratmaster-api"
"""Relative to the project, which is where both the program and the provider run: an absolute path would differ from one
checkout to the next and show as a change of the release."""
_ROOT: Final = Path(__file__).resolve().parent.parent
_IGNORED_SUFFIXES: Final = (".swp", ".swo", ".bak", ".orig", ".tmp", "~")


def digest(chart: Path = _ROOT / "helm" / "stratmaster-api") -> str:
    """sha256 over the chart's files, the same on every machine: sorted paths with `/`, and the files' bytes.

    Pulumi compares a local chart by name and version only, so an edited template would be "unchanged"; this digest
    among the release's values makes it a change. Hidden files and what editors leave behind don't count.
    """
    total = hashlib.sha256()
    for path in sorted(chart.rglob("*"), key=lambda path: path.relative_to(chart).as_posix()):
        relative = path.relative_to(chart)
        hidden = any(part.startswith(".") for part in relative.parts)
        if hidden or path.name.endswith(_IGNORED_SUFFIXES) or not path.is_file():
            continue
        content = path.read_bytes()
        total.update(f"{relative.as_posix()}\0{len(content)}\0".encode())
        total.update(content)
    return f"sha256:{total.hexdigest()}"
