"""Starts the pack for the engine."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pulumi

from .exemptions import EXEMPTIONS_FILE, Exemptions
from .helm.release import Renderer
from .judge import Judge
from .look_into import look_into
from .model.resource import Context
from .protocol.analysis import Run
from .protocol.servicer import serve_pack

_CONFIG = "stratmaster"


def serve() -> None:
    """Serve the pack until the process is ended; never returns."""
    context = Context.of_config(pulumi.get_stack(), pulumi.Config(_CONFIG).get)
    exemptions = Exemptions.load(EXEMPTIONS_FILE, datetime.now(tz=UTC).date())
    renderer = Renderer(project_of(Path(__file__)))
    serve_pack(Run(context=context, judge=Judge(exemptions), look_into=partial(look_into, renderer)))


def project_of(file: Path) -> Path:
    """The folder of the Pulumi project that holds the pack; chart paths are relative to it.

    The engine runs a pack in the pack's own folder, and doesn't tell it the project's.
    """
    return next((folder for folder in file.parents if (folder / "Pulumi.yaml").is_file()), file.parents[2])
