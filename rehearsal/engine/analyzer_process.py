"""A policy pack's process, started as the Pulumi CLI starts it."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from typing import IO, Final, cast

import yaml

from rehearsal.errors import RehearsalError

# The CLI hands a pack the engine's address. Python packs parse it and never dial it (pulumi/policy/__main__.py); what
# they log goes to standard error. Port 9 discards, should one ever try.
_NO_ENGINE: Final = "127.0.0.1:9"

# The pack ends with whoever holds the other end of our standard input, so that not even SIGKILL leaves it behind.
_GUARD: Final = '"$@" & pack=$!; exec >/dev/null 2>&1; cat; kill $pack; wait $pack'

_START_SECONDS: Final = 60.0  # a cold disk and two loaded cores; the CLI waits without end
_STOP_SECONDS: Final = 5.0  # what the CLI gives a plugin (sdk/go/common/resource/plugin/plugin.go)
_LAST_WORDS_SECONDS: Final = 0.5  # a pack that died has closed its standard error; one that hangs has nothing to add
_KEPT_LINES: Final = 50


@dataclass(frozen=True, kw_only=True)
class PackProject:
    """A pack's folder and what its PulumiPolicy.yaml says; an empty version is the pack's own."""

    folder: Path
    python: Path
    version: str

    @staticmethod
    def load(folder: Path) -> PackProject:
        """Read `folder`.

        Raises:
            RehearsalError: there is no pack, its PulumiPolicy.yaml can't be read, or its runtime isn't Python.
        """
        path = folder / "PulumiPolicy.yaml"
        try:
            document = cast("object", yaml.safe_load(path.read_text("utf-8")))
        except OSError:
            raise RehearsalError(
                f"there is no policy pack in {folder}: PulumiPolicy.yaml can't be read",
                "Pass the folder of a pack to --policy-pack, for instance: --policy-pack policies",
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            place = f" ({error.problem_mark})" if isinstance(error, yaml.MarkedYAMLError) else ""
            raise _malformed(path, f"it is no YAML{place}".replace("\n", " ")) from None
        return _project(path, document)


def _project(path: Path, document: object) -> PackProject:
    fields = cast("dict[str, object]", document) if isinstance(document, dict) else {}
    runtime = fields.get("runtime")
    options: object = None
    if isinstance(runtime, dict):
        named = cast("dict[str, object]", runtime)
        runtime, options = named.get("name"), named.get("options")
    if not runtime or not isinstance(options, dict | None):
        raise _malformed(path, "it needs `runtime: python`, or a mapping with a name and options")
    if runtime != "python":
        raise RehearsalError(
            f"the policy pack in {path.parent} has the runtime {runtime}; the embedded engine runs Python packs only",
            "Run the stack with --engine pulumi.",
        )
    virtualenv = cast("dict[str, object]", options or {}).get("virtualenv", "")
    if not isinstance(virtualenv, str):
        raise _malformed(path, "its option virtualenv is no path")
    folder = path.parent.resolve()
    return PackProject(folder=folder, python=_python(folder, virtualenv), version=str(fields.get("version") or ""))


def _malformed(path: Path, problem: str) -> RehearsalError:
    return RehearsalError(f"{path} doesn't describe a policy pack: {problem}", "Mend the file as Pulumi documents it.")


def _python(folder: Path, virtualenv: str) -> Path:
    """The Python that runs the pack: its virtual environment's, else ours, which has what packs need."""
    python = folder / virtualenv / "bin" / "python"
    return python if virtualenv and python.exists() else Path(sys.executable)


@dataclass(frozen=True, kw_only=True)
class PackSettings:
    """What a pack is told about the run, in its environment. `config` is in clear, secret values too, as the CLI's."""

    organization: str
    project: str
    stack: str
    dry_run: bool
    config: Mapping[str, str]

    def environment(self) -> dict[str, str]:
        """The variables that the CLI's language host sets (sdk/python/cmd/pulumi-language-python/main.go)."""
        return {
            "PULUMI_ORGANIZATION": self.organization,
            "PULUMI_PROJECT": self.project,
            "PULUMI_STACK": self.stack,
            "PULUMI_DRY_RUN": str(self.dry_run).lower(),
            "PULUMI_CONFIG": json.dumps(dict(self.config)),
        }


class PackProcess:
    """A running pack. Whoever makes one has to `stop` it."""

    def __init__(self, project: PackProject, settings: PackSettings, say: Callable[[str], None]) -> None:
        """Start the process and return at once; `say` is given each line that the pack writes for people."""
        command = [str(project.python), "-u", "-m", "pulumi.policy", _NO_ENGINE, str(project.folder)]
        self.folder = project.folder
        self._python = project.python
        self._say = say
        self._port: Future[int] = Future()
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, "sh", *command],
            cwd=project.folder,
            env={**os.environ, **settings.environment()},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._readers = [
            Thread(target=self._read_output, args=(self._guard.stdout,), daemon=True),
            Thread(target=self._read_errors, args=(self._guard.stderr,), daemon=True),
        ]
        for reader in self._readers:
            reader.start()

    def port(self) -> int:
        """Wait for the port that the pack serves on.

        Raises:
            RehearsalError: the pack ended, wrote something else, or needs more than a minute.
        """
        try:
            return self._port.result(_START_SECONDS)
        except ValueError as error:
            raise self.failure(str(error)) from None
        except TimeoutError:
            raise self.failure(f"it didn't start within {_START_SECONDS:.0f} s") from None

    def failure(self, problem: str, mask: Callable[[str], str] = str) -> RehearsalError:
        """An error about this pack, with the last thing that it wrote to standard error, which `mask` goes over."""
        self._readers[1].join(_LAST_WORDS_SECONDS)
        last = next((line for line in reversed(self._lines) if line.strip()), "")
        return RehearsalError(
            f"the policy pack in {self.folder} failed: {problem}" + (f" ({mask(last.strip())})" if last else ""),
            f"Mend the pack; started by hand it shows more: cd {self.folder} && {self._python} -m pulumi.policy _ .",
        )

    def stop(self) -> None:
        """End the process and all that it started. Safe to call again."""
        stdin = self._guard.stdin
        if stdin is not None and not stdin.closed:
            with contextlib.suppress(OSError):
                stdin.close()
        try:
            self._guard.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(self._guard.pid, 9)
            self._guard.wait()
        for reader in self._readers:
            reader.join(_STOP_SECONDS)

    def _read_output(self, stream: IO[str]) -> None:
        first = stream.readline().strip()
        if first.isdecimal():
            self._port.set_result(int(first))
        else:
            problem = "it wrote something else than its port first" if first else "it ended before it served"
            self._port.set_exception(ValueError(problem))
        for line in stream:
            self._say(line.rstrip("\n"))

    def _read_errors(self, stream: IO[str]) -> None:
        for line in stream:
            self._lines.append(line)
            self._say(line.rstrip("\n"))
