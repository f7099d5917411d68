"""The doctor reads versions as the tools print them, and says what is missing, too old, and what that blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rehearsal import doctor
from rehearsal.doctor import State
from rehearsal.prerequisites import Purpose, Tool

if TYPE_CHECKING:
    from pathlib import Path


def tool(minimum: str = "1.25", purpose: Purpose = Purpose.REHEARSAL) -> Tool:
    return Tool(
        name="it",
        commands=(("first-name", "--version"), ("second-name", "version")),
        minimum=minimum,
        purpose=purpose,
        remedy="apt install it",
    )


def install(folder: Path, name: str, script: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("Client Version: v1.32.4-dispatcher\nKustomize Version: v5.5.0", "1.32.4"),
        ("v3.22.0+gabcdef1", "3.22.0"),
        ("psql (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)", "15.18"),
        ("pg_dump (PostgreSQL) 14.0", "14.0"),
        ("Docker version 28.2.2, build e6534b4", "28.2.2"),
        ("Docker Compose version v2.29.1", "2.29.1"),
        ("kubeseal version: 0.27.1", "0.27.1"),
        ("sops 3.9.0 (latest)", "3.9.0"),
        ("GNU Make 4.3\nBuilt for x86_64-pc-linux-gnu", "4.3"),
        ("git version 2.39.5 (Apple Git-154)", "2.39.5"),
        ("go1.26.8", "1.26.8"),
        ("no number here", ""),
    ],
)
def test_the_version_is_found_in_what_each_tool_prints(said: str, version: str) -> None:
    assert doctor.version_in(said) == version


@pytest.mark.parametrize(
    ("version", "minimum", "enough"),
    [
        ("1.25", "1.25", True),
        ("1.9", "1.25", False),
        ("1.100.0", "1.25", True),
        ("15.18", "14", True),
        ("13.9", "14", False),
        ("0.1", "", True),
    ],
)
def test_versions_are_compared_number_by_number(version: str, minimum: str, *, enough: bool) -> None:
    assert doctor.at_least(version, minimum) is enough


def test_a_tool_that_is_not_on_the_path_is_missing_and_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = doctor.look(tool())
    assert (found.state, found.blocks, found.remedy) == (State.MISSING, True, "apt install it")


def test_an_old_tool_is_too_old_and_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "first-name", "echo it v1.24.17", monkeypatch)
    found = doctor.look(tool())
    assert (found.state, found.found, found.blocks) == (State.TOO_OLD, "1.24.17", True)


def test_a_new_enough_tool_is_ok_and_needs_no_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "first-name", "echo it v1.25.0 >&2", monkeypatch)
    found = doctor.look(tool())
    assert (found.state, found.blocks, found.remedy) == (State.OK, False, "")


def test_a_plugin_of_another_tool_counts_when_the_first_command_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(tmp_path, "second-name", "echo 2.29.1", monkeypatch)
    assert doctor.look(tool()).found == "2.29.1"


def test_a_command_that_fails_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    install(tmp_path, "second-name", "echo 2.29.1; exit 1", monkeypatch)
    assert doctor.look(tool()).state is State.MISSING


def test_what_only_the_guide_needs_never_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = doctor.look(tool(purpose=Purpose.GUIDE))
    assert found.state is State.MISSING
    assert not found.blocks


def test_every_prerequisite_of_the_guide_is_looked_at() -> None:
    minimums = {each.name: each.minimum for each in doctor.examine() if each.purpose is Purpose.GUIDE}
    assert minimums == {
        "kubectl": "1.25",
        "helm": "3.10",
        "psql": "14",
        "pg_dump": "14",
        "docker": "20.10",
        "docker-compose": "2.0",
        "kubeseal": "0.18",
        "sops": "3.7",
    }


def test_the_rehearsal_needs_python_go_disk_git_and_make() -> None:
    needs = [each.name for each in doctor.examine() if each.purpose is Purpose.REHEARSAL]
    assert needs == ["python", "go", "disk", "git", "make"]


def test_an_empty_cache_on_a_full_disk_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "not" / "there"))
    monkeypatch.setattr("rehearsal.control_plane.binaries.NEEDED_GIGABYTES", 10**9)
    disk = next(each for each in doctor.examine() if each.name == "disk")
    assert disk.blocks
    assert "XDG_CACHE_HOME" in disk.remedy
