"""Manifests: files, folders of them, or standard input, judged without a stack."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_all_start_methods, get_context
from pathlib import Path
from typing import Final

from ..catalogue import RULES
from ..judge import Judge, Verdict
from ..model.documents import Document, MalformedError, documents
from ..model.objects import own_objects
from ..model.resource import Context, Resource
from ..model.stack import Stack
from ..model.values import Finding
from .located import Checked, InputError, Located

STDIN: Final = "-"
_SHARE: Final = 100
"""Files that make a process of their own worth its start."""
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
class Part:
    """Some files, read and judged object by object; rules are named, so that it can go from process to process."""

    manifests: tuple[Manifest, ...]
    findings: tuple[tuple[str, Finding], ...]


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
    parts = list(_parts([file for path in paths for file in _files(path)], context, judge))
    manifests = {manifest.urn: manifest for part in parts for manifest in part.manifests}
    if not manifests:
        raise InputError(f"there are no manifests in {', '.join(paths)}", "Name a file or folder with YAML or JSON.")
    rules = {rule.id: rule for rule in RULES}
    verdicts = [Verdict(rule=rules[name], finding=finding) for part in parts for name, finding in part.findings]
    resources = tuple(_resource(manifest, context) for manifest in manifests.values())
    verdicts += judge.stack(Stack(context=context, resources=resources))
    return Checked(name=", ".join(paths), resources=len(resources), located=tuple(_located(verdicts, manifests)))


def _located(verdicts: Iterable[Verdict], manifests: Mapping[str, Manifest]) -> Iterator[Located]:
    """The verdicts file by file, so that a report has all of one together, and its lines are looked up in one go."""
    order = {urn: place for place, urn in enumerate(manifests)}
    for verdict in sorted(verdicts, key=lambda each: order.get(each.finding.source.urn, -1)):
        manifest = manifests.get(verdict.finding.source.urn)
        line = manifest.document.line_of(verdict.finding.path) if manifest else 1
        yield Located(verdict=verdict, file=manifest.file if manifest else "", line=line)


def _parts(files: Sequence[str], context: Context, judge: Judge) -> Iterator[Part]:
    """All files, many of them shared among the machine's cores."""
    cores = min(os.cpu_count() or 1, len(files) // _SHARE)
    if cores < 2 or "fork" not in get_all_start_methods():  # noqa: PLR2004 one is no share
        yield _part(files, context, judge)
        return
    shares = [files[len(files) * core // cores : len(files) * (core + 1) // cores] for core in range(cores)]
    with ProcessPoolExecutor(cores, mp_context=get_context("fork")) as pool:
        yield from pool.map(partial(_part, context=context, judge=judge), shares)


def _part(files: Sequence[str], context: Context, judge: Judge) -> Part:
    manifests = tuple(manifest for file in files for manifest in _read(file))
    resources = (_resource(manifest, context) for manifest in manifests)
    verdicts = (verdict for resource in resources for verdict in judge.resource(resource))
    return Part(manifests=manifests, findings=tuple((each.rule.id, each.finding) for each in verdicts))


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
