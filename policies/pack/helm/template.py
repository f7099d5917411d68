"""Runs `helm template`, once as an install and once as an upgrade."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..model.documents import documents
from ..model.plain import MalformedError
from ..model.values import Value

_SECONDS: Final = 60.0
"""How long a chart may take to render; one from a repository is downloaded first."""


class RenderError(Exception):
    """A chart can't be rendered; the message says why, as the end of a sentence, without any value."""


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A chart and what it is rendered with.

    Args:
        name, namespace: the release's.
        chart: a folder, an archive, an OCI reference, or a name in `repository`.
        version, repository: empty for a local chart.
        values: the release's values; secrets in them are placeholders already.
        skip_crds: whether the release leaves out the chart's CRDs.
    """

    name: str
    namespace: str
    chart: str
    version: str = ""
    repository: str = ""
    values: dict[str, Value]
    skip_crds: bool = False


def render(chart: Chart, project: Path) -> tuple[list[Value], list[Value]]:
    """What an install and an upgrade of a release would send to the server.

    Args:
        chart: the chart and its values.
        project: the folder that a relative chart path starts from.

    Raises:
        RenderError: there is no Helm, no such chart, or Helm refuses it.
    """
    helm = shutil.which("helm")
    if helm is None:
        raise RenderError("needs helm on the PATH (the guide's prerequisite: https://helm.sh/docs/intro/install)")
    command = [helm, *_arguments(chart)]
    values = json.dumps(chart.values).encode()
    with ThreadPoolExecutor(2) as pool:
        install = pool.submit(_run, command, values, project)
        upgrade = pool.submit(_run, [*command, "--is-upgrade"], values, project)
    return install.result(), upgrade.result()


def _arguments(chart: Chart) -> Iterator[str]:
    yield from ("template", chart.name, chart.chart, "--namespace", chart.namespace, "--values", "-")
    yield "--skip-crds" if chart.skip_crds else "--include-crds"
    if chart.version:
        yield from ("--version", chart.version)
    if chart.repository:
        yield from ("--repo", chart.repository)


def _run(command: Sequence[str], values: bytes, project: Path) -> list[Value]:
    try:
        done = subprocess.run(command, input=values, cwd=project, capture_output=True, timeout=_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        raise RenderError(f"wasn't rendered within {_SECONDS:.0f} s") from None
    except OSError as error:
        raise RenderError(f"can't be rendered: helm doesn't start ({error.strerror})") from None
    if done.returncode:
        lines = [line for line in done.stderr.decode(errors="replace").splitlines() if line.strip()]
        raise RenderError(f"can't be rendered: {' '.join(lines)[:800]}")
    try:
        return [each.value for each in documents(done.stdout.decode())]
    except (MalformedError, UnicodeDecodeError) as error:
        raise RenderError(f"renders to what is no YAML: {error}") from None
