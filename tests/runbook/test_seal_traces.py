"""`runbook seal` leaves nothing of a value behind, on the screen or on the disk."""

from __future__ import annotations

import base64
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.runbook.conftest import POSTGRES, ROOT, Project, opened

CANARY: Final = "c4n4ry-7f3e9a"


@pytest.mark.parametrize(
    "arguments",
    [
        ("external-api-keys", "openai-api-key", CANARY),
        ("external-api-keys", f"openai-api-key={CANARY}"),
        ("external-api-keys", "openai-api-key", "--value", CANARY),
        ("external-api-keys", f"--from-literal=openai-api-key={CANARY}"),
        (CANARY,),
        ("external-api-keys", CANARY),
    ],
    ids=["third", "pair", "option", "literal", "as a secret", "as a key"],
)
def test_a_value_as_an_argument_is_refused_and_not_repeated(
    project: Project, cert: str, arguments: tuple[str, ...]
) -> None:
    refused = project.seal(*arguments, cert, stdin=b"x")
    refused.refused()
    assert CANARY not in refused.out + refused.err


WATCH: Final = """
import os, sys
def look(event, arguments):
    if event == "open" and isinstance(arguments[0], int):
        return  # what is open already
    if event == "open" and arguments[1] is not None and set(str(arguments[1])) & set("wax+"):
        print("OPENED", arguments[0], file=sys.__stderr__)
    if event == "open" and arguments[1] is None and arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        print("OPENED", arguments[0], file=sys.__stderr__)
    if event in ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.putenv", "os.system"):
        print("STARTED", event, file=sys.__stderr__)
from runbook.cli import main
from runbook import stack_file
from pathlib import Path
import io, json
stack_file.PROJECT = Path.cwd()
sys.addaudithook(look)
for arguments, document in json.load(sys.stdin):
    sys.stdin = io.TextIOWrapper(io.BytesIO(document.encode()))
    print("DONE", main(["seal", "blue", *arguments, *sys.argv[1:]]), file=sys.__stderr__)
"""


def test_a_value_leaves_no_trace_but_its_ciphertext(project: Project, cert: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    environment = {**os.environ, "HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT), "KUBECONFIG": ""}
    inputs: list[tuple[list[str], str]] = [
        ([], "".join(f"{key}: {CANARY}-{key}\n" for key in POSTGRES)),
        (["jwt-secrets", "jwt-secret"], CANARY),
        (["jwt-secrets"], f"jwt-secret: {CANARY}\n{CANARY}: [\n"),
        ([], f"{CANARY}={CANARY}\n{CANARY}\n"),
        ([], json.dumps({CANARY: {CANARY: CANARY}})),
        (["jwt-secrets"], CANARY),
    ]
    done = subprocess.run(
        [sys.executable, "-B", "-c", WATCH, cert],
        input=json.dumps(inputs),
        capture_output=True,
        text=True,
        cwd=project.folder,
        env=environment,
        check=True,
    )
    lines = done.stderr.splitlines()
    assert [line for line in lines if line.startswith("DONE")] == ["DONE 0"] * 2 + ["DONE 1"] * 4
    assert CANARY not in done.stdout + done.stderr
    assert "STARTED" not in done.stderr
    opened = {Path(line.split()[1]) for line in lines if line.startswith("OPENED")}
    assert {path.parent for path in opened} == {project.sealed.parent}
    shapes = [CANARY.encode(), base64.b64encode(CANARY.encode()).rstrip(b"=")[:-1], CANARY.encode().hex().encode()]
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert project.sealed in left
    assert not [path for path in left if any(shape in path.read_bytes() for shape in shapes)]


ASK: Final = """
import sys
from pathlib import Path
from runbook import cli, stack_file
stack_file.PROJECT = Path(sys.argv[1])
sys.exit(cli.main(["seal", "blue", "jwt-secrets", "jwt-secret", sys.argv[2]]))
"""


def typed(project: Project, cert: str, *answers: str) -> tuple[int, str]:
    """The command at a terminal of its own: its exit code, and all that the screen shows."""
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(ROOT)
        os.execv(sys.executable, [sys.executable, "-c", ASK, str(project.folder), cert])  # noqa: S606 - nothing else has a terminal
    screen = b""
    for answer in (*answers, None):
        while answer is None or not screen.endswith(b": "):
            try:
                screen += os.read(terminal, 1024)
            except OSError:  # how Linux says that the other end is closed
                break
        if answer is not None:
            os.write(terminal, answer.encode() + b"\n")
            screen += b"\n"
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), screen.decode()


def test_a_value_that_is_asked_for_is_not_shown(project: Project, cert: str) -> None:
    code, screen = typed(project, cert, CANARY, CANARY)
    assert code == 0, screen
    assert "jwt-secret:" in screen
    assert CANARY not in screen
    assert opened(project, "jwt-secrets", "jwt-secret") == CANARY.encode()


def test_two_answers_that_differ_seal_nothing(project: Project, cert: str) -> None:
    before = project.sealed.read_bytes()
    code, screen = typed(project, cert, CANARY, f"{CANARY}x")
    assert code == 1
    assert "The two values for jwt-secret differ." in screen
    assert CANARY not in screen
    assert project.sealed.read_bytes() == before
