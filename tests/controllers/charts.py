"""Charts that their owners publish inside Go modules, so that they can be had where no chart repository can."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast

import yaml

from rehearsal.control_plane import binaries, golang, modules
from rehearsal.control_plane.modules import Source
from rehearsal.control_plane.sources import CONTROLLER, pinned

GO: Final = (1, 26, 0)


@dataclass(frozen=True, kw_only=True)
class Published:
    """A chart in a Go module: the folder in it."""

    source: Source
    path: str

    def copied(self, target: Path) -> Path:
        """The chart in a folder of its own, without the charts of others, which aren't in the module and are off."""
        folder = target / Path(self.path).name
        go = golang.provide(GO, binaries.cache(), print)
        shutil.copytree(modules.download(go, self.source) / self.path, folder)
        for path in (folder, *folder.rglob("*")):
            path.chmod(path.stat().st_mode | 0o200)
        about = folder / "Chart.yaml"
        document = cast("dict[str, object]", yaml.safe_load(about.read_text()))
        kept = {key: value for key, value in document.items() if key != "dependencies"}
        about.write_text(yaml.safe_dump(kept))
        (folder / "Chart.lock").unlink(missing_ok=True)
        return folder


CHARTS: Final = {
    "cert-manager": Published(source=pinned("github.com/cert-manager/cert-manager"), path="deploy/charts/cert-manager"),
    "external-secrets": Published(
        source=pinned("github.com/external-secrets/external-secrets"), path="deploy/charts/external-secrets"
    ),
    "sealed-secrets": Published(source=CONTROLLER, path="helm/sealed-secrets"),
    "metrics-server": Published(
        source=Source(
            module="sigs.k8s.io/metrics-server",
            version="v0.9.0",
            digest="h1:nlqqZ2H0Xfko8eJC/1qaNVVT17hu4rxndkOi22KTZ4w=",
            files=(),
        ),
        path="charts/metrics-server",
    ),
}
"""Release -> its chart. Those of CloudNativePG, the Prometheus operator and Contour are in no Go module."""
