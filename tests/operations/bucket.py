"""A real S3 API on this machine, and what can be done to a bucket from outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import boto3

from operations.environment import Environment
from operations.store import Store
from tests.operations.servers import free_port

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

ACCESS: Final = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"}


@dataclass(frozen=True, kw_only=True)
class Bucket:
    """A bucket, and how an operation is told of it."""

    name: str
    endpoint: str

    @property
    def variables(self) -> dict[str, str]:
        """The environment of an operation that uses it."""
        return {**ACCESS, "AWS_ENDPOINT_URL_S3": self.endpoint, "BACKUP_BUCKET": self.name}

    @property
    def client(self) -> S3Client:
        """S3's own client."""
        return boto3.client(  # pyright: ignore[reportUnknownMemberType]  # stubs of other services are not installed
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            region_name="us-east-1",
        )

    @property
    def store(self) -> Store:
        """As the operations see it."""
        return Store(self.client, self.name, "")

    def keys(self) -> list[str]:
        """All keys in it."""
        pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.name)
        return [str(entry.get("Key")) for page in pages for entry in page.get("Contents", [])]

    def manifests(self) -> list[str]:
        """The keys of what is published."""
        return [key for key in self.keys() if "/manifests/" in key]

    def unfinished(self) -> int:
        """Uploads that were begun and neither completed nor given up."""
        return len(self.client.list_multipart_uploads(Bucket=self.name).get("Uploads", []))

    def environment(self, url: str, **more: str) -> Environment:
        """An operation's environment."""
        return Environment(variables={**self.variables, "POSTGRES_URL": url, **more})


@contextmanager
def s3_server() -> Generator[str]:
    """An S3 API in a process of its own; its endpoint."""
    port = free_port()
    endpoint = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **ACCESS},
    )
    try:
        _wait(endpoint)
        yield endpoint
    finally:
        process.terminate()
        process.wait()


def _wait(endpoint: str) -> None:
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{endpoint}/moto-api/", timeout=1).close()  # noqa: S310 - ours, on loopback
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise TimeoutError
