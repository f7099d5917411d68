"""Build the plane's programs and lay their files beside them, in a folder that appears whole or not at all."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

import yaml

from rehearsal.control_plane import golang, modules, patching
from rehearsal.control_plane.sources import DEFINITIONS, STAGES
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Names that the multi-call binary answers to (main.go), and the one that is a binary of its own.
MULTICALL = "tools"
LINKS = (
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubectl",
    "kwok",
    "sealed-secrets-controller",
)
HELM = "helm.sh/helm/v3/cmd/helm"
# `go list -deps` of both binaries on linux/amd64, for the progress line only.
PACKAGES = 3010
REPORT_SECONDS = 2.0
LAST_LINES = 12


class _Loader(yaml.CSafeLoader):
    """The safe loader that takes a bare `=` (an enum's value) for the text it is."""


def _bare(_: yaml.CSafeLoader, node: yaml.ScalarNode) -> str:
    return str(node.value)


_Loader.add_constructor("tag:yaml.org,2002:value", _bare)


def build(sources: Path, target: Path, cache: Path, report: Callable[[str], None]) -> None:
    """Build everything into `target`.

    Programs come to `bin/`, definitions to `definitions/` (one JSON file each, which loads twenty times as fast as
    YAML), KWOK's own stages to `stages/`. A build that is interrupted leaves only a temporary folder, which the
    next one removes.

    Args:
        sources: rehearsal/tools.
        target: the folder to make; its parent must be there.
        cache: the rehearsal's cache folder.
        report: gets progress lines, at most one every two seconds.

    Raises:
        RehearsalError: no Go, a failed download or a failed build.
    """
    go = golang.provide(golang.required(sources / "go.mod"), cache, report)
    fresh = target.with_name(f"{target.name}.building")
    shutil.rmtree(fresh, ignore_errors=True)
    (fresh / "bin").mkdir(parents=True)
    try:
        # The network has little to do while the compiler has much: both at once.
        with ThreadPoolExecutor(max_workers=1) as beside:
            files = beside.submit(lay_files, go, fresh)
            _compile(go, sources, fresh / "bin", report)
            files.result()
        shutil.rmtree(fresh / "patched")
        for name in LINKS:
            (fresh / "bin" / name).symlink_to(MULTICALL)
        fresh.rename(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def _compile(go: str, sources: Path, folder: Path, report: Callable[[str], None]) -> None:
    """Compile both binaries in one run, since most of their packages are the same."""
    started = time.monotonic()
    patched = patching.modules(sources, partial(modules.files, go), folder.parent / "patched")
    flags = ["-v", "-trimpath", f"-modfile={patched}", f"-ldflags={_linker_flags(sources)}"]
    command = [go, "build", *flags, "-o", f"{folder}/", ".", HELM]
    with subprocess.Popen(
        command, cwd=sources, env=golang.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            tail = follow(cast("Iterator[str]", process.stderr), started, report)
        except BaseException:
            process.terminate()
            raise
    if process.returncode:
        raise RehearsalError(
            "Building the control plane's programs failed:\n" + "\n".join(tail),
            "Check the network (modules come from GOPROXY) and try again: what is compiled already is kept.",
        )
    report(f"control plane's programs built in {_clock(time.monotonic() - started)}")


def follow(lines: Iterator[str], started: float, report: Callable[[str], None]) -> list[str]:
    """Read `go build -v`, which names each package that it compiles and each module that it fetches."""
    tail: deque[str] = deque(maxlen=LAST_LINES)
    packages, told = 0, 0.0
    for raw in lines:
        line = raw.rstrip()
        fetching = line.startswith("go: downloading")
        if not fetching:
            tail.append(line)
            packages += 1
        if time.monotonic() - told > REPORT_SECONDS:
            told = time.monotonic()
            what = line.removeprefix("go: ") if fetching else f"{packages} of about {PACKAGES} packages compiled"
            report(f"building the control plane's programs, once: {what}, {_clock(told - started)}")
    return list(tail)


def _linker_flags(sources: Path) -> str:
    """Leave out symbols and debugging data (half the link's time), and tell the programs their versions.

    Kubernetes and Helm read theirs from link flags; without them the API server calls itself v0.0.0, and Helm refuses
    every chart with a `kubeVersion`, or takes a cluster that it isn't shown for one of Kubernetes 1.20.
    """
    versions = _versions(sources / "go.mod")
    kubernetes = versions["k8s.io/kubernetes"]
    major, minor, _ = kubernetes.removeprefix("v").split(".")
    stamps = {
        f"k8s.io/{library}/version.{name}": value
        for library in ("component-base", "client-go/pkg")
        for name, value in (("gitVersion", kubernetes), ("gitMajor", major), ("gitMinor", minor))
    }
    stamps["helm.sh/helm/v3/internal/version.version"] = versions["helm.sh/helm/v3"]
    stamps["helm.sh/helm/v3/pkg/chartutil.k8sVersionMajor"] = major
    stamps["helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor"] = minor
    stamps["sigs.k8s.io/kwok/pkg/consts.Version"] = versions["sigs.k8s.io/kwok"]
    return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in stamps.items())])


def _versions(module_file: Path) -> dict[str, str]:
    """The modules that a go.mod requires, with their versions."""
    words = (line.split() for line in module_file.read_text().splitlines())
    return {each[0]: each[1] for each in words if len(each) > 1 and each[1].startswith("v")}


def lay_files(go: str, folder: Path) -> None:
    """Copy the definitions and the stages out of their modules."""
    with ThreadPoolExecutor(max_workers=len(DEFINITIONS) + 1) as pool:
        stages = pool.submit(modules.files, go, STAGES)
        for found in pool.map(partial(modules.files, go), DEFINITIONS):
            for path in found:
                lay_definitions(path, folder / "definitions")
        (folder / "stages").mkdir()
        for path in stages.result():
            shutil.copyfile(path, folder / "stages" / path.name)


def lay_definitions(path: Path, folder: Path) -> None:
    """Write each custom resource definition of a YAML file as one JSON file, named by the definition."""
    folder.mkdir(exist_ok=True)
    for document in definitions(path):
        name = cast("dict[str, str]", document["metadata"])["name"]
        (folder / f"{name}.json").write_text(json.dumps(_without_descriptions(document)))


def _without_descriptions(value: object) -> object:
    """A schema without its prose.

    That is three quarters of the bytes, which the API server would read and publish at every start, and only
    `kubectl explain` shows. A property that is called `description` is a mapping, and stays.
    """
    if isinstance(value, dict):
        entries = cast("dict[str, object]", value).items()
        return {name: _without_descriptions(each) for name, each in entries if not _is_prose(name, each)}
    if isinstance(value, list):
        return [_without_descriptions(each) for each in cast("list[object]", value)]
    return value


def _is_prose(name: str, value: object) -> bool:
    return name == "description" and isinstance(value, str)


def definitions(path: Path) -> Iterator[dict[str, object]]:
    """The custom resource definitions in a YAML file; other kinds are passed over.

    The Gateway API ships an admission policy beside its definitions, against downgrades: no concern here.
    """
    for document in yaml.load_all(path.read_text(), Loader=_Loader):
        found = cast("dict[str, object] | None", document)
        if found and found.get("kind") == "CustomResourceDefinition":
            yield found


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60} min {int(seconds) % 60:02} s"
