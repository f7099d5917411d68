"""Sealed values that this rehearsal's controller opens, in place of those that only another cluster's can.

What is committed was sealed for production, or for nobody. The controller here is the real one with a key of its own,
so every value that it can't open is stood in for by one that it can. The committed file never changes, a value that was
sealed for this very controller is kept, and the same committed value always has the same stand-in: what changes in the
file, and nothing else, shows as a change.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import os
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, Self, cast

import yaml
from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from rehearsal.control_plane.sealing import SealingKey

FOLDER: Final = "secrets"
_MEMORY: Final = "stand-ins.json"
_VALUE: Final = b"stand-in"
_DOCUMENT: Final = b'{"auths":{}}'
"""For a registry's credentials, which the API server takes as JSON only."""
_LENGTH_BYTES: Final = 2
_NONCE: Final = bytes(12)
_MODULI: Final = frozenset({256, 384, 512, 1024})
"""Bytes of a wrapped key, by which a sealed value is told from what else may stand there by mistake."""


def write(committed: Path, *, namespace: str, home: Path, keys: Sequence[SealingKey]) -> Path | None:
    """Write a stack's file with what the controller can open.

    Args:
        committed: secrets/<stack>.sealed.yaml.
        namespace: of the stack.
        home: the rehearsal's.
        keys: the controller's; values are sealed for the last.

    Returns:
        The folder that the file is in; None where the committed one is missing or broken, as the program itself says.
    """
    try:
        document: object = yaml.safe_load(committed.read_text(encoding="utf-8"))
    except (OSError, ValueError, yaml.YAMLError):
        return None
    sealed = cast("dict[str, object]", document).get("secrets") if isinstance(document, dict) else None
    if not isinstance(document, dict) or not isinstance(sealed, dict):
        return None
    whole, found = cast("dict[str, object]", document), cast("dict[str, object]", sealed)
    scopes = whole.get("scopes")
    scopes = cast("dict[str, object]", scopes) if isinstance(scopes, dict) else {}
    folder = home / FOLDER
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _Memory(folder / _MEMORY, keys) as memory:
        for name, values in found.items():
            if isinstance(values, dict):
                label = _label(str(scopes.get(name, "strict")), namespace, f"{name}-sealed")
                entries = cast("dict[str, object]", values).items()
                found[name] = {key: memory.openable(str(key), each, label) for key, each in entries}
    _replace(folder / committed.name, yaml.safe_dump(whole, sort_keys=False, width=2**30))
    return folder


def _label(scope: str, namespace: str, name: str) -> bytes:
    """What a value is sealed under, by the scope of its secret."""
    return {"cluster-wide": "", "namespace-wide": namespace}.get(scope, f"{namespace}/{name}").encode()


def _padding(label: bytes) -> OAEP:
    return OAEP(mgf=MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=label)


class _Memory:
    """Which value stands in for which, for as long as the controller keeps its key."""

    def __init__(self, path: Path, keys: Sequence[SealingKey]) -> None:
        self._path = path
        loaded = [serialization.load_pem_private_key(each.private, password=None) for each in keys]
        self._private = [each for each in loaded if isinstance(each, RSAPrivateKey)]
        self._public = cast("RSAPublicKey", x509.load_pem_x509_certificate(keys[-1].certificate).public_key())
        self._digest = hashlib.sha256(keys[0].certificate).hexdigest()
        self._known: dict[str, str] = {}

    def __enter__(self) -> Self:
        try:
            found = cast("dict[str, object]", json.loads(self._path.read_text()))
        except (OSError, ValueError):
            return self
        if found.get("key") == self._digest:
            self._known = cast("dict[str, str]", found["values"])
        return self

    def __exit__(self, *_: object) -> None:
        _replace(self._path, json.dumps({"key": self._digest, "values": self._known}))

    def openable(self, key: str, value: object, label: bytes) -> object:
        """The value itself if the controller opens it, or is no sealed value at all; else its stand-in."""
        raw = _sealed(value)
        if raw is None or any(_opens(raw, each, label) for each in self._private):
            return value
        known = hashlib.sha256(label + b"\0" + key.encode() + b"\0" + raw).hexdigest()
        if known not in self._known:
            self._known[known] = self._seal(_DOCUMENT if key.endswith("json") else _VALUE, label)
        return self._known[known]

    def _seal(self, value: bytes, label: bytes) -> str:
        session = secrets.token_bytes(32)
        wrapped = self._public.encrypt(session, _padding(label))
        sealed = AESGCM(session).encrypt(_NONCE, value, None)
        return base64.b64encode(len(wrapped).to_bytes(_LENGTH_BYTES, "big") + wrapped + sealed).decode()


def _sealed(value: object) -> bytes | None:
    """The bytes of a sealed value; None for what is none, which the program refuses in its own words."""
    try:
        raw = base64.b64decode(value, validate=True) if isinstance(value, str) else b""
    except (binascii.Error, ValueError):
        return None
    return raw if int.from_bytes(raw[:_LENGTH_BYTES], "big") in _MODULI else None


def _opens(raw: bytes, key: RSAPrivateKey, label: bytes) -> bool:
    end = _LENGTH_BYTES + int.from_bytes(raw[:_LENGTH_BYTES], "big")
    try:
        session = key.decrypt(raw[_LENGTH_BYTES:end], _padding(label))
        AESGCM(session).decrypt(_NONCE, raw[end:], None)
    except (ValueError, InvalidTag):
        return False
    return True


def settings(found: Mapping[str, str], key: str, folder: Path) -> dict[str, object]:
    """What to set over a stack's settings, so that the program reads the folder.

    Args:
        found: the stack's config.
        key: of the settings of its secrets, `stratmaster:secrets`.
        folder: where the stand-ins are.
    """
    given = cast("dict[str, object]", json.loads(found.get(key) or "{}"))
    return {key: {**given, "folder": str(folder.absolute())}}


def wanted(found: Mapping[str, str], key: str) -> bool:
    """Whether a stack reads sealed values, from the place that everybody does."""
    try:
        given: object = json.loads(found.get(key) or "{}")
    except ValueError:
        return False  # the program says what is wrong with it
    if not isinstance(given, dict):
        return False
    fields = cast("dict[str, object]", given)
    return fields.get("backend", "sealed") == "sealed" and "folder" not in fields


def _replace(path: Path, text: str) -> None:
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)
