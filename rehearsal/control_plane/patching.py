"""The one line of others' code that is changed: where the Sealed Secrets controller finds its API server.

It asks `rest.InClusterConfig`, which reads files at a fixed path that only a pod has. All else of it is as released.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.control_plane.sources import CONTROLLER
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable

    from rehearsal.control_plane.modules import Source

MAIN = Path("pkg/controller/main.go")
ASKED = "rest.InClusterConfig()"
DECLARATION = """
// Connect says where the API server is, and who asks.
var Connect = rest.InClusterConfig
"""


def modules(tools: Path, download: Callable[[Source], list[Path]], folder: Path) -> Path:
    """Write a go.mod that takes the controller's module from a patched copy.

    Args:
        tools: rehearsal/tools.
        download: fetches a module and returns the files named of it, its own go.mod first.
        folder: where to; made.

    Returns:
        The go.mod; its go.sum lies beside it.

    Raises:
        RehearsalError: the module can't be had, or no longer has that one line.
    """
    source = download(CONTROLLER)[0].parent
    copy = folder / "sealed-secrets"
    shutil.copytree(source / "pkg", copy / "pkg", copy_function=shutil.copyfile)
    shutil.copyfile(source / "go.mod", copy / "go.mod")
    original = (source / MAIN).read_text()
    if original.count(ASKED) != 1:
        raise RehearsalError(
            f"{CONTROLLER.module} {CONTROLLER.version} doesn't ask {ASKED} once any more.",
            "Mend patching.py: look where its main finds the API server now.",
        )
    (copy / MAIN).write_text(original.replace(ASKED, "Connect()") + DECLARATION)
    made = folder / "go.mod"
    made.write_text((tools / "go.mod").read_text() + f"\nreplace {CONTROLLER.module} => {copy}\n")
    shutil.copyfile(tools / "go.sum", folder / "go.sum")
    return made
