"""What the image is made of is there, and is what the program imports."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = (ROOT / "operations" / "Dockerfile").read_text()
NAMES: Final = {"psycopg": "psycopg[binary]", "botocore": "boto3", "urllib3": "boto3", "yaml": "kubernetes"}
"""Modules that another package's requirement brings."""


def test_every_file_that_is_copied_exists() -> None:
    copied = re.findall(r"^COPY (\S+) ", DOCKERFILE, flags=re.MULTILINE)
    assert len(copied) == 3
    for path in copied:
        assert (ROOT / path).exists(), path


def test_every_package_that_is_imported_is_pinned() -> None:
    pinned = {line.partition("==")[0] for line in (ROOT / "operations/requirements.txt").read_text().splitlines()}
    imported: set[str] = set()
    for file in (ROOT / "operations").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.module.startswith("types_boto3"):
                imported.add(node.module.partition(".")[0])
    foreign = imported - set(sys.stdlib_module_names) - {"operations"}
    assert foreign
    assert {NAMES.get(name, name) for name in foreign} <= pinned


def test_the_image_runs_as_the_user_that_the_jobs_name() -> None:
    from components.data_jobs import USER  # noqa: PLC0415

    assert f"USER {USER}\n" in DOCKERFILE
    assert f"--uid {USER} " in DOCKERFILE


def test_the_base_is_one_image_and_not_a_tag() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, flags=re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"\S+:[\w.-]+@sha256:[0-9a-f]{64}", base) for base in bases)


def test_hadolint_has_nothing_against_it() -> None:
    hadolint = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert hadolint, "it is among requirements-dev.txt"
    done = subprocess.run([hadolint, str(ROOT / "operations/Dockerfile")], check=False, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")
