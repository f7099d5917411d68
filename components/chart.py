"""The application's chart: where it lies and what it consists of."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

import pulumi
import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.exceptions import relevance

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


def check(values: Mapping[str, object], chart: Path = _ROOT / "helm" / "stratmaster-api") -> None:
    """Refuse values that the chart's own schema refuses, in the preview.

    Pulumi hands a release's values to Helm only when it installs or upgrades: without this, a value that the chart
    doesn't know would fail half-way through an update. Helm judges them as they are merged over the chart's defaults.

    Args:
        values: the release's, with a stand-in for what isn't known yet.
        chart: the chart's folder.

    Raises:
        pulumi.RunError: the schema refuses one, and it is named; or the chart isn't there.
    """
    try:
        judge = Draft202012Validator(json.loads((chart / "values.schema.json").read_text()))
        defaults = cast("Mapping[str, object]", yaml.safe_load((chart / "values.yaml").read_text()))
    except (OSError, ValueError, yaml.YAMLError) as error:
        raise pulumi.RunError(
            f"The chart in {PATH} can't be read: {type(error).__name__} in its values.yaml or values.schema.json.\n"
            "Restore the folder from Git, or mend the file."
        ) from error
    merged = _over(defaults, values)
    # Its stub leaves one overload untyped.
    errors = judge.iter_errors(json.loads(json.dumps(merged)))  # pyright: ignore[reportUnknownMemberType]
    found: list[ValidationError] = list(errors)
    if found:
        error = max(found, key=relevance)
        place = error.json_path.removeprefix("$.").removeprefix("$") or "the top level"
        raise pulumi.RunError(
            f"The chart stratmaster-api refuses the release's values at {place}: {error.message}\n"
            "Mend components/release.py, or helm/stratmaster-api/values.schema.json if the chart is to know the value."
        )


def _over(defaults: Mapping[str, object], values: Mapping[str, object]) -> dict[str, object]:
    """`values` over `defaults`, as Helm merges them: mappings key by key, lists and all else as a whole."""
    merged = dict(defaults)
    for key, value in values.items():
        below = merged.get(key)
        if isinstance(below, dict) and isinstance(value, dict):
            merged[key] = _over(cast("dict[str, object]", below), cast("dict[str, object]", value))
        else:
            merged[key] = value
    return merged
