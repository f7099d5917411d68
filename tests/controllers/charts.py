"""Charts that their owners publish inside Go modules, so that they can be had where no chart repository can."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, cast

import yaml

from rehearsal.control_plane import binaries, golang

GO: Final = (1, 26, 0)


@dataclass(frozen=True, kw_only=True)
class Published:
    """A chart in a Go module, pinned by the module's sum."""

    module: str
    version: str
    digest: str
    path: str

    def copied(self, target: Path) -> Path:
        """The chart in a folder of its own, without what keeps it from being rendered here.

        That is the version of Kubernetes that it wants (the rehearsal's Helm takes itself for an old one) and charts
        of others, which aren't in the module and are switched off.
        """
        folder = target / Path(self.path).name
        shutil.copytree(Path(_module(self.module, self.version, self.digest)) / self.path, folder)
        for path in (folder, *folder.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)
        about = folder / "Chart.yaml"
        document = cast("dict[str, object]", yaml.safe_load(about.read_text()))
        kept = {key: value for key, value in document.items() if key not in {"kubeVersion", "dependencies"}}
        about.write_text(yaml.safe_dump(kept))
        (folder / "Chart.lock").unlink(missing_ok=True)
        return folder


@cache
def _module(module: str, version: str, digest: str) -> str:
    go = golang.provide(GO, binaries.cache(), print)
    command = [go, "mod", "download", "-json", f"{module}@{version}"]
    done = subprocess.run(
        command, cwd="/", env=golang.environment(), capture_output=True, text=True, check=True, timeout=300
    )
    answer = cast("dict[str, str]", json.loads(done.stdout))
    assert answer["Sum"] == digest, answer
    return answer["Dir"]


CHARTS: Final = {
    "cert-manager": Published(
        module="github.com/cert-manager/cert-manager",
        version="v1.21.2",
        digest="h1:UWgoYM+KLNtRlqmoWOKjKBOBUPVHeepQ6/ac3ERJW68=",
        path="deploy/charts/cert-manager",
    ),
    "external-secrets": Published(
        module="github.com/external-secrets/external-secrets",
        version="v1.3.2",
        digest="h1:u2J8RjlHIeF0oZCqtl92adI/uZWUwOesJIDkfql6LqQ=",
        path="deploy/charts/external-secrets",
    ),
    "sealed-secrets": Published(
        module="github.com/bitnami-labs/sealed-secrets",
        version="v0.27.1",
        digest="h1:oSq/rCGYz0pk7RP4RacIorG/VCWA6c4D8wIEpRkZAUg=",
        path="helm/sealed-secrets",
    ),
    "metrics-server": Published(
        module="sigs.k8s.io/metrics-server",
        version="v0.9.0",
        digest="h1:nlqqZ2H0Xfko8eJC/1qaNVVT17hu4rxndkOi22KTZ4w=",
        path="charts/metrics-server",
    ),
}
"""Release -> its chart. Those of CloudNativePG, the Prometheus operator and Contour are in no Go module."""
