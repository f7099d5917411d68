"""A stack's state: Pulumi's deployment format in one file, and a journal while an update runs.

A killed update must lose nothing: each operation is written to the journal before it starts and after it
ends, so the next run knows what may exist without being in the state. Files are 0600 and hold secrets only
encrypted (`crypter`).
"""

from __future__ import annotations

import json
import os
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Literal, TypeAlias, cast

from rehearsal.engine import urn as urns
from rehearsal.engine.codec import Codec, JsonObject
from rehearsal.engine.crypter import Crypter
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties
from rehearsal.errors import RehearsalError

Operation: TypeAlias = Literal["creating", "updating", "deleting"]
Key: TypeAlias = tuple[str, str]
"""A URN, and the id too where the entry is the old half of a replacement."""


def _key(resource: Resource) -> Key:
    return resource.urn, resource.id if resource.delete else ""


@dataclass(kw_only=True)
class State:
    """What a stack holds: its resources in the order they came to be, and operations a killed run left."""

    path: Path
    crypter: Crypter
    resources: dict[Key, Resource] = field(default_factory=dict[Key, Resource])
    pending: dict[Key, tuple[Operation, Resource]] = field(default_factory=dict[Key, tuple[Operation, Resource]])
    _entries: dict[Key, JsonObject] = field(default_factory=dict[Key, JsonObject], repr=False)
    """`resources` as they are written: each is encoded, and its secrets encrypted, only when it changes."""
    _lock: threading.RLock = field(default_factory=threading.RLock, repr=False)
    _journal: IO[str] | None = field(default=None, repr=False)

    @property
    def journal(self) -> Path:
        """The file beside the state that an update appends to."""
        return self.path.with_suffix(".journal")

    @classmethod
    def load(cls, path: Path, passphrase: str) -> State:
        """The state in `path` with what its journal adds; an empty one where there is none yet.

        Raises:
            RehearsalError: the file isn't a state, or was encrypted with another passphrase.
        """
        state = cls(path=path, crypter=Crypter.new(passphrase))
        if path.exists():
            try:
                deployment = cast("dict[str, JsonObject]", json.loads(path.read_text()))["deployment"]
                salt = cast("dict[str, dict[str, str]]", deployment["secrets_providers"])["state"]["salt"]
            except (ValueError, KeyError, TypeError) as error:
                raise RehearsalError(
                    f"{path} is not a stack's state ({type(error).__name__})",
                    "Put back a copy of it, or run `make down` to throw the whole rehearsal away.",
                ) from error
            state.crypter = Crypter.of(passphrase, salt, where=str(path))
            state._read(deployment)
        if state.journal.exists():
            state._replay()
        return state

    def _read(self, deployment: JsonObject) -> None:
        codec = Codec(self.crypter)
        for entry in cast("list[JsonObject]", deployment["resources"]):
            self._put(codec.decode(entry), entry)
        for entry in cast("list[JsonObject]", deployment["pending_operations"]):
            resource = codec.decode(cast("JsonObject", entry["resource"]))
            self.pending[_key(resource)] = (cast("Operation", entry["type"]), resource)

    def _replay(self) -> None:
        codec = Codec(self.crypter)
        for line in self.journal.read_text().splitlines():
            try:
                entry = cast("JsonObject", json.loads(line))
            except ValueError:
                break  # the line that the killed process was writing: what it announces had not begun
            encoded = cast("JsonObject", entry["resource"])
            resource = codec.decode(encoded)
            match entry["event"]:
                case "begin":
                    self.pending[_key(resource)] = (cast("Operation", entry["operation"]), resource)
                case "record":
                    self._put(resource, encoded)
                case "rename":
                    self._drop(resource.with_urn(str(entry["operation"])))
                    self._put(resource, encoded)
                case "abandon":
                    self.pending.pop(_key(resource), None)
                case _:
                    self._drop(resource)

    def find(self, urn: str) -> Resource | None:
        """The live entry of `urn`."""
        with self._lock:
            return self.resources.get((urn, ""))

    def live(self) -> list[Resource]:
        """Every resource, the old halves of replacements too, in the order they came to be."""
        with self._lock:
            return list(self.resources.values())

    def outputs(self) -> Properties | None:
        """The stack's outputs; None when it was never updated, or was destroyed."""
        return next((each.outputs for each in self.resources.values() if each.type == urns.STACK_TYPE), None)

    def begin(self, operation: Operation, resource: Resource) -> None:
        """Write down that `operation` on `resource` starts now."""
        line = _line("begin", self._encode(resource), operation)
        with self._lock:
            self.pending[_key(resource)] = (operation, resource)
            self._append(line)

    def record(self, resource: Resource) -> None:
        """Write down what `resource` is now; it ends the operation under way on it."""
        entry = self._encode(resource)
        line = _line("record", entry)
        with self._lock:
            self._put(resource, entry)
            self._append(line)

    def forget(self, resource: Resource) -> None:
        """Write down that `resource` is gone, or that this stack doesn't hold it any more."""
        line = _line("forget", self._encode(resource))
        with self._lock:
            self._drop(resource)
            self._append(line)

    def rename(self, resource: Resource, former: str) -> None:
        """Write down that what was held under the URN `former` is `resource`: in one line, so never under both."""
        entry = self._encode(resource)
        line = _line("rename", entry, former)
        with self._lock:
            self._drop(resource.with_urn(former))
            self._put(resource, entry)
            self._append(line)

    def abandon(self, resource: Resource) -> None:
        """Write down that the operation begun on `resource` came to nothing; what was held before still is."""
        line = _line("abandon", self._encode(resource))
        with self._lock:
            self.pending.pop(_key(resource), None)
            self._append(line)

    def _put(self, resource: Resource, entry: JsonObject) -> None:
        self.pending.pop(_key(resource), None)
        self.resources[_key(resource)] = resource
        self._entries[_key(resource)] = entry

    def _drop(self, resource: Resource) -> None:
        self.pending.pop(_key(resource), None)
        self.resources.pop(_key(resource), None)
        self._entries.pop(_key(resource), None)

    def _encode(self, resource: Resource) -> JsonObject:
        return Codec(self.crypter).encode(resource)

    def _append(self, line: str) -> None:
        if self._journal is None:
            # The journal can only be read with the salt that stands in the state's file; and one that a killed
            # run left may end in half a line, after which nothing more could be read.
            if self.journal.exists() or not self.path.exists():
                self.save()
            self._journal = _private(self.journal, os.O_APPEND)
        self._journal.write(line)
        self._journal.flush()

    def save(self) -> None:
        """Fold the journal into the state's file, whole or not at all."""
        with self._lock:
            deployment = {
                "manifest": {"magic": "", "version": ""},
                "secrets_providers": {"type": "passphrase", "state": {"salt": self.crypter.describe()}},
                "resources": list(self._entries.values()),
                "pending_operations": [
                    {"type": operation, "resource": self._encode(each)} for operation, each in self.pending.values()
                ],
            }
            partial = self.path.with_suffix(".partial")
            with _private(partial, os.O_TRUNC) as file:
                file.write(json.dumps({"version": 3, "deployment": deployment}))  # json.dump takes the slow encoder
            partial.replace(self.path)
            if self._journal is not None:
                self._journal.close()
                self._journal = None
            self.journal.unlink(missing_ok=True)


def _line(event: str, entry: JsonObject, operation: str = "") -> str:
    """A line of the journal: made before the lock is taken, since others wait for that to look something up."""
    whole = {"event": event, "operation": operation, "resource": entry}
    return json.dumps(whole, separators=(",", ":")) + "\n"


def _private(path: Path, flags: int) -> IO[str]:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600), "w")
