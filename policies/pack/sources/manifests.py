"""Manifests: files, folders of them, or standard input, judged without a stack."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from ..catalogue import RULES
from ..judge import Judge, Verdict
from ..model.documents import Document, documents
from ..model.lines import line_of
from ..model.objects import own_objects
from ..model.plain import MalformedError
from ..model.resource import Context, Resource
from ..model.stack import Stack
from ..model.values import Finding
from .cores import Cores
from .located import Checked, InputError, Located

STDIN: Final = "-"
_RULES: Final = {rule.id: rule for rule in RULES}
_SUFFIXES: Final = (".yaml", ".yml", ".json")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One document of a file, by its number there."""

    file: str
    number: int
    document: Document

    @property
    def urn(self) -> str:
        """What stands for a URN where there is no engine."""
        return f"{self.file}#{self.number}"


@dataclass(frozen=True, kw_only=True)
class Found:
    """One finding and its line; the rule is named, so that it can go from process to process."""

    rule: str
    finding: Finding
    line: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """A field whose line is wanted: its path in one of a text's documents."""

    text: str
    index: int
    path: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """Some files, read and judged object by object."""

    manifests: tuple[Manifest, ...]
    found: tuple[Found, ...]


def check_manifests(paths: Sequence[str], environment: str, judge: Judge) -> Checked:
    """Judge all manifests together, so that what one needs may be in another.

    Args:
        paths: files, folders (with all below them), or `-` for standard input.
        environment: what to judge them for; anything but `development` is production.
        judge: the rules.

    Raises:
        InputError: a path can't be read, or holds something that is no manifest.
    """
    context = Context(environment=environment)
    files = [file for path in paths for file in _files(path)]
    with Cores.of(len(files)) as cores:
        return _check(files, ", ".join(paths), context, judge, cores)


def _check(files: Sequence[str], name: str, context: Context, judge: Judge, cores: Cores) -> Checked:
    parts = cores.shared(partial(_part, context=context, judge=judge), files)
    manifests = {manifest.urn: manifest for part in parts for manifest in part.manifests}
    if not manifests:
        raise InputError(f"there are no manifests in {name}", "Name a file or folder with YAML or JSON.")
    resources = tuple(_resource(manifest, context) for manifest in manifests.values())
    order = {urn: place for place, urn in enumerate(manifests)}

    def place(verdict: Verdict) -> int:
        return order.get(verdict.finding.source.urn, -1)

    # File by file: so that each is looked through once for its lines, and a report has all of a file together.
    together = sorted(judge.stack(Stack(context=context, resources=resources)), key=place)
    located = [
        *(_alone(found, manifests) for part in parts for found in part.found),
        *_together(together, manifests, cores),
    ]
    located.sort(key=lambda each: place(each.verdict))
    return Checked(name=name, resources=len(resources), located=tuple(located))


def _alone(found: Found, manifests: Mapping[str, Manifest]) -> Located:
    verdict = Verdict(rule=_RULES[found.rule], finding=found.finding)
    return Located(verdict=verdict, file=manifests[found.finding.source.urn].file, line=found.line)


def _together(verdicts: Sequence[Verdict], manifests: Mapping[str, Manifest], cores: Cores) -> Iterator[Located]:
    sources = [manifests.get(verdict.finding.source.urn) for verdict in verdicts]
    places = [
        Place(text=source.document.text, index=source.document.index, path=verdict.finding.path) if source else None
        for verdict, source in zip(verdicts, sources, strict=True)
    ]
    lines = [line for share in cores.shared(_lines, places) for line in share]
    for verdict, source, line in zip(verdicts, sources, lines, strict=True):
        yield Located(verdict=verdict, file=source.file if source else "", line=line)


def _lines(places: Sequence[Place | None]) -> list[int]:
    return [line_of(place.text, place.index, place.path) if place else 1 for place in places]


def _part(files: Sequence[str], context: Context, judge: Judge) -> Part:
    manifests = tuple(manifest for file in files for manifest in _read(file))
    found = (each for manifest in manifests for each in _found(manifest, context, judge))
    return Part(manifests=manifests, found=tuple(found))


def _found(manifest: Manifest, context: Context, judge: Judge) -> Iterator[Found]:
    for verdict in judge.resource(_resource(manifest, context)):
        line = manifest.document.line_of(verdict.finding.path)
        yield Found(rule=verdict.rule.id, finding=verdict.finding, line=line)


def _read(file: str) -> Iterator[Manifest]:
    name, text = _text(file)
    try:
        for number, document in enumerate(documents(text), start=1):
            yield Manifest(file=name, number=number, document=document)
    except MalformedError as error:
        raise InputError(f"{name} is no manifest: {error}", "Mend the file, or leave it out.") from None


def _files(path: str) -> list[str]:
    place = Path(path)
    if path == STDIN or not place.is_dir():
        return [path]
    return sorted(str(each) for each in place.rglob("*") if each.suffix in _SUFFIXES)


def _text(file: str) -> tuple[str, str]:
    if file == STDIN:
        return "standard input", _decoded("standard input", sys.stdin.buffer.read())
    try:
        return file, _decoded(file, Path(file).read_bytes())
    except OSError as error:
        raise InputError(f"{file} can't be read: {error.strerror}", "Name a file or folder that is there.") from None


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        where = content[: error.start].count(b"\n") + 1
        raise InputError(f"{name}, line {where}: it isn't UTF-8", "Save the file as UTF-8.") from None


def _resource(manifest: Manifest, context: Context) -> Resource:
    value = manifest.document.value
    place = f"{manifest.file}, document {manifest.number}"
    if not isinstance(value, dict):
        raise InputError(f"{place}: it is no object", "A manifest is a mapping with apiVersion and kind.")
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        raise InputError(f"{place}: it has no apiVersion and kind", "Leave out files that are no manifests.")
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    return Resource(
        urn=manifest.urn,
        type=f"kubernetes:{api_version if '/' in api_version else f'core/{api_version}'}:{kind}",
        name=str(name or ""),
        properties=value,
        engine=False,
        context=context,
        look_into=own_objects,
    )
