"""Where credentials may stand: in a Secret, put there as a Pulumi secret, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from typing import Final

from ..helm.placeholders import MARK
from ..helm.release import RELEASE_TYPES
from ..model.kinds import BUILT_IN_GROUPS
from ..model.objects import Object, objects
from ..model.pods import Container, containers
from ..model.record import Rule, per
from ..model.resource import Resource
from ..model.values import Field, Finding, Opaque, each
from .secret_literals import BY_NAME, BY_SHAPE, in_arguments, looks_like_one, may_look_like_one, problems, written_out

_COMMANDS: Final = (
    ("command",),
    ("args",),
    ("livenessProbe", "exec", "command"),
    ("readinessProbe", "exec", "command"),
    ("startupProbe", "exec", "command"),
    ("lifecycle", "postStart", "exec", "command"),
    ("lifecycle", "preStop", "exec", "command"),
)
_CIPHERTEXT: Final = {"SealedSecret": "encryptedData"}
"""Where a kind keeps what only its controller can read."""


def _literals(resource: Resource) -> Iterator[Finding]:
    yield from per(containers, _in_container)(resource)
    yield from per(objects(), _in_object)(resource)
    if resource.type in RELEASE_TYPES:
        yield from each(_leaves(resource.root.child("values")), partial(_in_value, resource))


def _in_container(container: Container) -> Iterator[Finding]:
    yield from each(container.child("env").elements(), _in_variable)
    for path in _COMMANDS:
        yield from each((container.field.at(*path),), _in_command)
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        headers = container.field.at(probe, "httpGet", "httpHeaders")
        yield from each((headers,), lambda field: each(field.elements(), _in_variable))


def _in_variable(entry: Field) -> Iterator[Finding]:
    value = entry.child("value").text()
    if value is not None:
        name = entry.child("name").text() or ""
        yield from (entry.child("value").finding(problem) for problem in problems(name, value))


def _in_command(command: Field) -> Iterator[Finding]:
    arguments = command.elements()
    texts = [_text(argument) for argument in arguments]
    for index, problem in in_arguments([text or "" for text in texts]):
        yield arguments[index].finding(problem)
    yield from (argument.unreadable() for argument, text in zip(arguments, texts, strict=True) if text is None)


def _text(argument: Field) -> str | None:
    return argument.value if isinstance(argument.value, str) else None


def _in_object(own: Object) -> Iterator[Finding]:
    for metadata in (own.metadata, *(pod.metadata for pod in own.pods)):
        if (annotations := metadata.child("annotations")).value is not None:
            yield from each((annotations,), _in_entries)
    if own.group == "core" and own.kind == "ConfigMap":
        yield from each((own.root.child("data"),), _in_entries)
    if own.group not in BUILT_IN_GROUPS:
        readable = [part for part in _parts(own.spec) if part.key != _CIPHERTEXT.get(own.kind)]
        yield from each((leaf for part in readable if _suspicious(part) for leaf in _leaves(part)), _in_custom)


def _parts(spec: Field) -> Iterable[Field]:
    return spec.children() if isinstance(spec.value, dict) else (spec,)


def _suspicious(part: Field) -> bool:
    """Whether `_in_custom` may find anything there: all words are looked at as one, which is faster."""
    keys, words, pending = [part.key], list[str](), [part.value]
    while pending:
        match pending.pop():
            case str() as word:
                words.append(word)
            case dict() as entries:
                keys += entries
                pending += entries.values()
            case list() as items:
                pending += items
            case Opaque():
                return True
            case _:
                pass
    return "pass" in "\n".join(keys).lower() or may_look_like_one("\n".join(words))


def _in_entries(mapping: Field) -> Iterator[Finding]:
    for key, entry in mapping.entries().items():
        # Of `example.com/api-key` the last part; a ConfigMap's key has no slash.
        yield from each((entry,), partial(_in_entry, key.rsplit("/", 1)[-1]))


def _in_entry(key: str, entry: Field) -> Iterator[Finding]:
    yield from (entry.finding(problem) for problem in problems(key, entry.text() or ""))


def _in_custom(leaf: Field) -> Iterator[Finding]:
    value = leaf.known()
    if not isinstance(value, str):
        return
    if looks_like_one(value):
        yield leaf.finding(BY_SHAPE)
    # `secret`, `token` and `key` are names of objects as often as not in custom resources; passwords never are.
    elif "pass" in leaf.key.lower() and written_out(leaf.key, value):
        yield leaf.finding(BY_NAME)


def _in_value(resource: Resource, leaf: Field) -> Iterator[Finding]:
    # An unknown among a release's values keeps it from being rendered at all: see helm/release.py.
    if isinstance(leaf.value, str) and not resource.is_secret(leaf):
        yield from (leaf.finding(problem) for problem in problems(leaf.key, leaf.value))


def _misplaced(resource: Resource) -> Iterator[Finding]:
    if resource.type in RELEASE_TYPES:
        for own in resource.contents.objects:
            leaves = (leaf for leaf in _leaves(own.root) if not _holds_secrets(own, leaf))
            yield from (_plain(leaf) for leaf in leaves if isinstance(leaf.value, str) and MARK in leaf.value)
        return
    for own in resource.contents.objects:
        below = f"{own.root.path}." if own.root.path else ""
        for path in sorted(path for path in resource.secrets if not below or path.startswith(below)):
            leaf = Field(own.root.source, path, None)
            if not _holds_secrets(own, leaf):
                yield _plain(leaf)


def _plain(leaf: Field) -> Finding:
    return leaf.finding("gets a secret value, where everybody who may read the object reads it")


def _holds_secrets(own: Object, leaf: Field) -> bool:
    below = f"{own.root.path}." if own.root.path else ""
    place = leaf.path.removeprefix(below).split(".", 1)[0].split("[", 1)[0]
    return own.group == "core" and own.kind == "Secret" and place in {"data", "stringData"}


def _leaves(field: Field) -> Iterator[Field]:
    pending = [field]
    while pending:
        place = pending.pop()
        if isinstance(place.value, dict | list):
            pending += reversed(list(place.children()))
        elif place.value is not None:
            yield place


NO_LITERALS: Final = Rule(
    id="secrets-no-literals",
    title="No credential is written out in a variable, a ConfigMap, a command, an annotation or a release's values",
    severity="critical",
    frameworks=("C-0012", "kube-linter:env-var-secret", "KSV-0109", "KSV-01010", "NSA"),
    why="What is written out stands in Git, in the state and in the cluster for everybody who may read a pod.",
    mend="Keep it in a Secret (`secretEnv`, valueFrom.secretKeyRef) and set it with `pulumi config set --secret`.",
    check=_literals,
)

ONLY_IN_SECRETS: Final = Rule(
    id="secrets-only-in-secrets",
    title="A Pulumi secret goes into a Secret's data and nowhere else",
    severity="critical",
    frameworks=("C-0012",),
    why="In a ConfigMap, a variable or an annotation it is plain text to everybody who may read the object.",
    mend="Put the value into a Secret and refer to it by name and key.",
    check=_misplaced,
)

RULES: Final = (NO_LITERALS, ONLY_IN_SECRETS)
