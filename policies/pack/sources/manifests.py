"""Manifests: files, folders of them, or standard input, judged without a stack."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..judge import Judge
from ..model.documents import Document, MalformedError, documents
from ..model.objects import own_objects
from ..model.resource import Context, Resource
from ..model.stack import Stack
from .located import Checked, InputError, Located

STDIN: Final = "-"
_SUFFIXES: Final = (".yaml", ".yml", ".json")


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One document of a file, as a resource that no engine declares."""

    resource: Resource
    document: Document
    file: str


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
    manifests = [manifest for path in paths for manifest in _read(path, context)]
    if not manifests:
        raise InputError(f"there are no manifests in {', '.join(paths)}", "Name a file or folder with YAML or JSON.")
    order = {manifest.resource.urn: number for number, manifest in enumerate(manifests)}
    by_urn = {manifest.resource.urn: manifest for manifest in manifests}
    resources = tuple(manifest.resource for manifest in manifests)
    verdicts = [verdict for resource in resources for verdict in judge.resource(resource)]
    verdicts += judge.stack(Stack(context=context, resources=resources))
    located: list[Located] = []
    # By resource, so that a report has all of one file together, and its lines are looked up in one go.
    for verdict in sorted(verdicts, key=lambda each: order.get(each.finding.source.urn, -1)):
        manifest = by_urn.get(verdict.finding.source.urn)
        line = manifest.document.line_of(verdict.finding.path) if manifest else 1
        located.append(Located(verdict=verdict, file=manifest.file if manifest else "", line=line))
    return Checked(name=", ".join(paths), resources=len(resources), located=tuple(located))


def _read(path: str, context: Context) -> Iterator[Manifest]:
    for name, text in _texts(path):
        try:
            for number, document in enumerate(documents(text), start=1):
                yield _manifest(name, number, document, context)
        except MalformedError as error:
            raise InputError(f"{name} is no manifest: {error}", "Mend the file, or leave it out.") from None


def _texts(path: str) -> Iterator[tuple[str, str]]:
    if path == STDIN:
        yield "standard input", _decoded("standard input", sys.stdin.buffer.read())
        return
    place = Path(path)
    files = sorted(each for each in place.rglob("*") if each.suffix in _SUFFIXES) if place.is_dir() else [place]
    for file in files:
        try:
            yield str(file), _decoded(str(file), file.read_bytes())
        except OSError as error:
            raise InputError(
                f"{file} can't be read: {error.strerror}", "Name a file or folder that is there."
            ) from None


def _decoded(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        where = content[: error.start].count(b"\n") + 1
        raise InputError(f"{name}, line {where}: it isn't UTF-8", "Save the file as UTF-8.") from None


def _manifest(file: str, number: int, document: Document, context: Context) -> Manifest:
    value = document.value
    place = f"{file}, document {number}"
    if not isinstance(value, dict):
        raise InputError(f"{place}: it is no object", "A manifest is a mapping with apiVersion and kind.")
    api_version, kind = value.get("apiVersion"), value.get("kind")
    if not isinstance(api_version, str) or not isinstance(kind, str):
        raise InputError(f"{place}: it has no apiVersion and kind", "Leave out files that are no manifests.")
    metadata = value.get("metadata")
    name = metadata.get("name") if isinstance(metadata, dict) else None
    resource = Resource(
        urn=f"{file}#{number}",
        type=f"kubernetes:{api_version if '/' in api_version else f'core/{api_version}'}:{kind}",
        name=str(name or ""),
        properties=value,
        engine=False,
        context=context,
        look_into=own_objects,
    )
    return Manifest(resource=resource, document=document, file=file)
