"""Reads `secrets/<stack>.sealed.yaml` and tells everything that is wrong with it at once."""

import base64
import binascii
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final, cast

import yaml

from components.secret_catalogue import SecretSpec
from settings.problems import Problem, nearest, refuse

_ROOT: Final = Path(__file__).resolve().parent.parent
_WRAPPED_KEY_BYTES: Final = 2
"""A sealed value starts with the length of its wrapped key, two bytes, big endian."""

Sealed = Mapping[str, Mapping[str, str]]
"""Secret -> key -> ciphertext."""


SCOPES: Final = ("namespace-wide", "cluster-wide")
"""Scopes that a secret can have in place of strict, which binds its values to its name and namespace."""


def read(stack: str, secrets: Sequence[SecretSpec], folder: str | Path = "secrets") -> Sealed:
    """The sealed values of a stack.

    Guards against a release whose pods wait for a key that nobody sealed: every key of the stack's secrets has to be
    there.

    Args:
        stack: the stack's name.
        secrets: those it has.
        folder: of its file, from the project's folder on.

    Raises:
        SettingsError: with every missing, unknown or damaged value by its name. Values are never repeated.
    """
    path, shown = _place(stack, folder)
    if not path.is_file():
        refuse(
            [
                Problem(
                    what=f"{shown} is missing.",
                    mend=f"Seal the stack's secrets into it: python -m runbook seal {stack}",
                )
            ]
        )
    content = _parsed(path, shown)
    sealed = _mapping(content.get("secrets"))
    if sealed is None:
        refuse(
            [
                Problem(
                    what=f"{shown} has no mapping `secrets`.", mend="Write secrets: {<secret>: {<key>: <ciphertext>}}."
                )
            ]
        )
    sealed = sealed or {}
    refuse([*_problems(sealed, {spec.name: spec for spec in secrets}, shown), *_scope_problems(content, shown)])
    return cast("Sealed", sealed)


def scopes(stack: str, folder: str | Path = "secrets") -> Mapping[str, str]:
    """The scopes of secrets that aren't sealed strictly; the file is one that `read` has taken."""
    content = _parsed(*_place(stack, folder))
    return cast("Mapping[str, str]", content.get("scopes") or {})


def _place(stack: str, folder: str | Path) -> tuple[Path, str]:
    """The stack's file, and how it is called towards people.

    In an absolute folder are stand-ins for the committed file, as a rehearsal makes them: that one is to be mended.
    """
    name = f"{stack}.sealed.yaml"
    return _ROOT / folder / name, str(Path("secrets" if Path(folder).is_absolute() else folder) / name)


def _scope_problems(content: Mapping[str, object], shown: str) -> Iterator[Problem]:
    if "scopes" not in content:
        return
    scopes = _mapping(content["scopes"])
    for name, scope in ({"them": None} if scopes is None else scopes).items():
        if scope not in SCOPES:
            yield Problem(
                what=f"{shown}: the scope of {name} is none.",
                mend=f"Write scopes: {{<secret>: {' or '.join(SCOPES)}}}, or seal strictly and leave it out.",
            )


def _parsed(path: Path, shown: str) -> Mapping[str, object]:
    try:
        content = _mapping(yaml.safe_load(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        mark = error.problem_mark if isinstance(error, yaml.MarkedYAMLError) else None
        where = f", line {mark.line + 1}" if mark else ""
        refuse([Problem(what=f"{shown}{where} is not valid YAML.", mend="Mend that line, or seal the values again.")])
    except UnicodeDecodeError:
        refuse([Problem(what=f"{shown} is not UTF-8 text.", mend="Seal the values again.")])
    else:
        if content is not None:
            return content
        refuse([Problem(what=f"{shown} is empty or a list.", mend="Write secrets: {<secret>: {<key>: <ciphertext>}}.")])
    return {}


def _mapping(value: object) -> Mapping[str, object] | None:
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else None


def _problems(sealed: Mapping[str, object], secrets: Mapping[str, SecretSpec], shown: str) -> Iterator[Problem]:
    for name in sealed:
        if name not in secrets:
            yield Problem(
                what=f"{shown}: {name} is none of the stack's secrets.", mend=nearest(str(name), list(secrets))
            )
    for name, spec in secrets.items():
        values = _mapping(sealed.get(name)) or {}
        for key in values:
            if key not in spec.keys:
                yield Problem(what=f"{shown}: {name} has no key {key}.", mend=nearest(str(key), list(spec.keys)))
        for key in spec.keys:
            if key not in values:
                yield Problem(
                    what=f"{shown}: {name}.{key} is missing.",
                    mend=f"Seal it: python -m runbook seal {_stack(shown)} {name}",
                )
            elif not _is_sealed(values[key]):
                yield Problem(
                    what=f"{shown}: {name}.{key} is no sealed value.",
                    mend=f"Seal it: python -m runbook seal {_stack(shown)} {name}; if it was clear text, change it.",
                )


def _stack(shown: str) -> str:
    return Path(shown).name.removesuffix(".sealed.yaml")


def _is_sealed(value: object) -> bool:
    """Whether a value has the form that kubeseal writes; only the controller can tell whether it opens."""
    if not isinstance(value, str):
        return False
    try:
        raw = base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return False
    wrapped = int.from_bytes(raw[:_WRAPPED_KEY_BYTES], "big")
    return wrapped in {256, 384, 512, 1024} and len(raw) > _WRAPPED_KEY_BYTES + wrapped
