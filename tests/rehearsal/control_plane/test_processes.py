"""Servers as processes of this machine, and the ports they get."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from rehearsal.control_plane import ports, processes
from rehearsal.errors import RehearsalError
from tests.waiting import eventually

SLEEP = "import time; time.sleep(60)"
STUBBORN = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); {SLEEP}"
PYTHON = Path(sys.executable).name


def server(folder: Path, program: str) -> processes.Server:
    return processes.Server(
        name=PYTHON, command=(sys.executable, "-c", program, f"{folder}/data"), log=folder.with_name("log")
    )


def test_no_free_port_is_an_error_that_names_the_range() -> None:
    with ports.socket.socket() as taken:
        taken.bind((ports.LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(RehearsalError, match=f"between {port} and {port}"):
            ports.choose(range(port, port + 1))


def test_a_server_holds_no_file_of_the_command_that_started_it(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    os.set_inheritable(writer, True)  # noqa: FBT003 - os takes it so
    processes.start(server(tmp_path, SLEEP))
    os.close(writer)
    try:
        started = time.monotonic()
        assert os.read(reader, 1) == b""
        assert time.monotonic() - started < 10
        # Its files are closed a moment before it is the program that it is to be.
        eventually(lambda: PYTHON in processes.running(tmp_path, [PYTHON]), "it runs")
    finally:
        os.close(reader)
        processes.stop(processes.running(tmp_path, [PYTHON])[PYTHON])
    assert processes.running(tmp_path, [PYTHON]) == {}


def test_a_server_that_does_not_listen_to_a_request_to_end_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "TERMINATE_SECONDS", 0.5)
    wanted = server(tmp_path / "home", STUBBORN)
    processes.start(wanted)
    eventually(lambda: bool(wanted.log.read_text()), "it runs")
    processes.stop(processes.running(tmp_path / "home", [PYTHON])[PYTHON])
    assert processes.running(tmp_path / "home", [PYTHON]) == {}


def test_a_process_of_another_name_or_another_folder_is_not_ours(tmp_path: Path) -> None:
    wanted = server(tmp_path / "home", SLEEP)
    processes.start(wanted)
    try:
        assert processes.running(tmp_path / "home", ["etcd"]) == {}
        assert processes.running(tmp_path / "hom", [PYTHON]) == {}
        found = processes.running(tmp_path / "home", [PYTHON])[PYTHON]
        assert [processes.runs(each, wanted) for each in found] == [True]
        assert not processes.runs(found[0], server(tmp_path / "home", STUBBORN))
    finally:
        processes.stop(processes.running(tmp_path / "home", [PYTHON])[PYTHON])
