"""barman-cloud's tools for tests, and a server that archives to a bucket with them.

barman asks for psycopg2, which has to be compiled: it is installed beside the binary build of the same, in a folder of
its own, once a machine.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from tests.operations.bucket import Bucket
from tests.operations.servers import BINARIES, USER, PostgreSQL, postgresql

PACKAGES: Final = ("barman==3.19.1", "psycopg2-binary==2.9.13")
SERVER: Final = "postgres"
HOME: Final = Path(tempfile.gettempdir()) / f"barman-{PACKAGES[0].partition('==')[2]}-py{sys.version_info.minor}"


def interpreter() -> str:
    """A Python of this one's version that the server's user may run: an archive command is the server's."""
    wanted = f"{sys.version_info.major}.{sys.version_info.minor}"
    for python in (sys.executable, f"/usr/bin/python{wanted}", f"/usr/local/bin/python{wanted}"):
        try:
            subprocess.run([python, "-c", ""], check=True, user=USER, cwd="/", capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    return pytest.skip(f"no Python {wanted} on this machine may be run by {USER}")


def install() -> Path:
    """The folder with the tools, each of which finds its modules."""
    if not (HOME / "ready").exists():
        shutil.rmtree(HOME, ignore_errors=True)
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(HOME / "lib")]
        subprocess.run([*pip, *PACKAGES], check=True, capture_output=True)
        (HOME / "bin").mkdir(exist_ok=True)
        python, modules = interpreter(), f"{HOME / 'lib'}:{sysconfig.get_paths()['purelib']}"
        for tool in (HOME / "lib" / "bin").glob("barman-cloud-*"):
            wrapper = HOME / "bin" / tool.name
            wrapper.write_text(f'#!/bin/sh\nPYTHONPATH={modules} exec {python} {tool} "$@"\n')
            wrapper.chmod(0o755)
        (HOME / "ready").touch()
    return HOME / "bin"


def url(bucket: Bucket) -> str:
    """Where the server archives to."""
    return f"s3://{bucket.name}/physical"


def environment(bucket: Bucket, version: int = 16) -> dict[str, str]:
    """What the tools need: themselves, PostgreSQL's, and the bucket."""
    path = os.pathsep.join([str(install()), str(BINARIES[version]), os.environ["PATH"]])
    return {**os.environ, **bucket.variables, "PATH": path, "WAL_ARCHIVE": url(bucket), "WAL_SERVER": SERVER}


@contextmanager
def archiving(bucket: Bucket, version: int = 16) -> Generator[PostgreSQL]:
    """A server whose WAL goes to the bucket, with a physical backup of it there."""
    tools = install()
    settings = {
        "archive_mode": "on",
        "archive_command": f"'{tools}/barman-cloud-wal-archive --gzip {url(bucket)} {SERVER} %p'",
        "archive_timeout": "'5s'",
    }
    with pytest_environment(bucket), postgresql(version, settings) as server:
        server.sql("CREATE DATABASE stratmaster", database="postgres")
        yield server


def base_backup(server: PostgreSQL, bucket: Bucket) -> None:
    """Take a physical backup."""
    taken = subprocess.run(
        [
            "barman-cloud-backup",
            "--immediate-checkpoint",
            "--max-archive-size",
            "1GB",  # the S3 API here fails to complete an upload of more than 2 GB
            "-h",
            str(server.home),
            "-U",
            "postgres",
            url(bucket),
            SERVER,
        ],
        check=False,
        env=environment(bucket, server.version),
        capture_output=True,
        text=True,
    )
    assert taken.returncode == 0, taken.stderr


@contextmanager
def pytest_environment(bucket: Bucket) -> Generator[None]:
    """A server's archive command inherits the server's environment, and that inherits ours."""
    before = dict(os.environ)
    os.environ.update(bucket.variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
