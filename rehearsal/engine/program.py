"""Running a project's `__main__.py` under the released SDK, as Pulumi's language host does."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import io
import json
import logging
import os
import runpy
import signal
import sys
import traceback
from collections.abc import Generator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pulumi
from google.protobuf import empty_pb2
from pulumi.runtime import config as sdk_config
from pulumi.runtime import settings as sdk
from pulumi.runtime.proto import engine_pb2

from rehearsal.engine.deployment import Deployment, StoppedError
from rehearsal.engine.events import Severity
from rehearsal.engine.monitor import Monitor

WORKERS: Final = 64
"""Registrations under way at once: each waits in a thread until its resource is ready."""

COLLECTION: Final = 100_000
"""Objects made before the garbage collector looks for cycles: at its own 700 it spends as long on a program of 2,000
resources, all of which stay, as the program runs; the memory used is the same."""

_SEVERITIES: Final[Mapping[int, Severity]] = {
    engine_pb2.INFO: "info",
    engine_pb2.WARNING: "warning",
    engine_pb2.ERROR: "error",
}


@dataclass(frozen=True, kw_only=True)
class Config:
    """What a program gets from outside.

    Args:
        values: the stack's configuration, every value as text.
        secret_keys: which of them are secret, or hold something that is.
        secrets: what is secret itself, to be kept out of every message.
        kubeconfig: the ambient one: always the rehearsal's own, never the user's.
    """

    values: Mapping[str, str]
    secret_keys: frozenset[str] = frozenset()
    secrets: frozenset[str] = frozenset()
    kubeconfig: Path = Path("/nonexistent")

    def __repr__(self) -> str:
        return f"Config({sorted(self.values)})"


@dataclass(frozen=True, kw_only=True)
class EngineLog:
    """What the SDK calls the engine: `pulumi.log` ends here."""

    deployment: Deployment

    def Log(self, request: engine_pb2.LogRequest) -> empty_pb2.Empty:  # noqa: N802 the SDK's name
        """Take a message; debug ones are dropped."""
        severity = _SEVERITIES.get(request.severity)
        if severity == "error":
            self.deployment.fail(request.message, urn=request.urn)
        elif severity and not request.ephemeral:
            self.deployment.say(severity, request.message, urn=request.urn)
        return empty_pb2.Empty()


class Printed(io.TextIOBase):
    """What a program prints, as messages: standard output is the rehearsal's own."""

    def __init__(self, deployment: Deployment) -> None:
        """Say every line to `deployment`."""
        super().__init__()
        self._deployment = deployment
        self._line = ""

    def write(self, text: str, /) -> int:
        """Take text; a line is said once it is whole."""
        *lines, self._line = (self._line + text).split("\n")
        for line in filter(str.strip, lines):
            self._deployment.say("info", line)
        return len(text)


def run(project: Path, deployment: Deployment, monitor: Monitor, config: Config) -> None:
    """Run the program of `project` once; what goes wrong in it is reported to `deployment`.

    In a context of its own, so that nothing of one run is left in the SDK's settings for the next.
    """
    contextvars.copy_context().run(_run, project, deployment, monitor, config)


def _run(project: Path, deployment: Deployment, monitor: Monitor, config: Config) -> None:
    deployment.redactor.learn(sorted(config.secrets), secret=True)
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)  # a failed run leaves futures nobody awaits
    sdk.ROOT.set(None)
    sdk.configure(
        sdk.Settings(
            project=deployment.project,
            stack=deployment.stack,
            organization=deployment.organization,
            root_directory=str(project),
            monitor=monitor,
            engine=EngineLog(deployment=deployment),
            dry_run=deployment.preview,
            parallel=WORKERS,
        )
    )
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    with _rare_collections(), ThreadPoolExecutor(WORKERS) as pool, _environment(project, deployment, config):
        loop.set_default_executor(pool)
        try:
            loop.run_until_complete(pulumi.runtime.run_in_stack(lambda: _main(project)))
        except StoppedError:
            pass
        except pulumi.RunError as error:
            deployment.fail(str(error))
        except SystemExit as error:
            if error.code:
                deployment.fail(
                    f"the program ended itself with {error.code}\nLet it raise pulumi.RunError with a reason."
                )
        except Exception as error:  # noqa: BLE001 whatever a program raises is reported, as the language host does
            if not deployment.result.failed:
                deployment.fail(
                    _unsupported(error) or f"Program failed with an unhandled exception:\n{_traceback(error, project)}"
                )
        finally:
            _end(loop)


async def _main(project: Path) -> None:
    """Run the entry point. What it makes of an interrupt holds for a process of its own, not for this one."""
    before = signal.getsignal(signal.SIGINT)
    try:
        runpy.run_path(str(project), run_name="__main__")
    finally:
        signal.signal(signal.SIGINT, before)
    # Lets every registration begin. The SDK then awaits them one by one; of those that have not begun it knows
    # only the outputs, all of which it looks through whenever one is there: time by the square of their number.
    await asyncio.sleep(0)


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Let go of what a stopped program still awaits."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
    loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    asyncio.set_event_loop(None)


@contextlib.contextmanager
def _rare_collections() -> Generator[None]:
    before = gc.get_threshold()
    gc.set_threshold(COLLECTION)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextlib.contextmanager
def _environment(project: Path, deployment: Deployment, config: Config) -> Generator[None]:
    """The environment and folder that the language host gives a program."""
    variables = {
        "PULUMI_CONFIG": json.dumps(dict(config.values)),
        "PULUMI_CONFIG_SECRET_KEYS": json.dumps(sorted(config.secret_keys)),
        "KUBECONFIG": str(config.kubeconfig),
        "PULUMI_PROJECT": deployment.project,
        "PULUMI_STACK": deployment.stack,
        "PULUMI_ORGANIZATION": deployment.organization,
        "PULUMI_DRY_RUN": str(deployment.preview).lower(),
    }
    before = {key: os.environ.get(key) for key in variables}
    folder = Path.cwd()
    modules = set(sys.modules)
    os.environ.update(variables)
    os.chdir(project)
    sdk_config.set_all_config(dict(config.values), sorted(config.secret_keys))
    try:
        with contextlib.redirect_stdout(Printed(deployment)):
            yield
    finally:
        os.chdir(folder)
        _forget_modules(project, modules)
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})


def _unsupported(error: Exception) -> str:
    """The refusal that the SDK speaks for us: it asks the engine for each feature, and takes it for the CLI."""
    _, said, option = str(error).partition("The Pulumi CLI does not support ")
    what = option.partition(". ")[0]
    refusal = f"the embedded engine does not carry out {what}\nLeave it out, or run the stack with --engine pulumi."
    return refusal if said else ""


def _traceback(error: BaseException, project: Path) -> str:
    """The part of a traceback that lies in the program, as the language host shows it."""
    engine = Path(__file__).parent
    frames = [
        each
        for each in traceback.extract_tb(error.__traceback__)
        for file in [Path(each.filename)]
        if file.is_relative_to(project) and not file.is_relative_to(engine) and ".venv" not in file.parts
    ]
    where = "".join(traceback.format_list(frames))
    return f"{where}{type(error).__name__}: {error}"


def _forget_modules(project: Path, before: set[str]) -> None:
    """Forget the modules a run brought in from the project: the CLI's next run would start without them too."""
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None)
        ours = name in before or name.partition(".")[0] == __name__.partition(".")[0]
        if file and not ours and Path(file).is_relative_to(project) and ".venv" not in Path(file).parts:
            del sys.modules[name]
