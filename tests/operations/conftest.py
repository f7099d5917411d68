"""What the tests of operations share: servers, an S3 API, a bucket a test, and the command line as a Job runs it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from tests.operations.bucket import ACCESS, Bucket, s3_server
from tests.operations.failing import ROWS
from tests.operations.running import Command
from tests.operations.servers import PostgreSQL, postgresql


@pytest.fixture(scope="session", autouse=True)
def credentials() -> Iterator[None]:
    """The credentials that boto3 finds in this process."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in ACCESS.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="session")
def s3() -> Iterator[str]:
    with s3_server() as endpoint:
        yield endpoint


@pytest.fixture
def bucket(s3: str) -> Bucket:
    made = Bucket(name=f"backups-{secrets.token_hex(4)}", endpoint=s3)
    made.client.create_bucket(Bucket=made.name)
    return made


@pytest.fixture(scope="session")
def server() -> Iterator[PostgreSQL]:
    """PostgreSQL 16, with track_commit_timestamp off and all else as it comes."""
    with postgresql(16) as running:
        yield running


@pytest.fixture
def database(server: PostgreSQL) -> Iterator[PostgreSQL]:
    """The server with an empty database `stratmaster`, and no other one afterwards."""
    _clear(server)
    server.sql("CREATE DATABASE stratmaster", database="postgres")
    yield server
    _clear(server)


def _clear(server: PostgreSQL) -> None:
    names = server.sql(
        "SELECT datname FROM pg_database WHERE NOT datistemplate AND datname <> 'postgres'", database="postgres"
    )
    for (name,) in names:
        server.sql(f'DROP DATABASE "{name}" WITH (FORCE)', database="postgres")


@pytest.fixture
def command(database: PostgreSQL, bucket: Bucket) -> Command:
    """`python -m operations`, told of the database and the bucket."""
    return Command(server=database, bucket=bucket)


@pytest.fixture(scope="session")
def filled_template(server: PostgreSQL) -> str:
    """A table that takes a while to copy, and a small one: made once, since a copy of their files takes no time."""
    name = "filled"
    server.sql(f"CREATE DATABASE {name}", database="postgres")
    server.sql(
        "CREATE TABLE t (id bigserial PRIMARY KEY, said text)",
        ROWS,
        "CREATE TABLE small AS SELECT 1 AS n",
        database=name,
    )
    server.sql(f"ALTER DATABASE {name} IS_TEMPLATE true", database="postgres")
    return name


@pytest.fixture
def filled(database: PostgreSQL, filled_template: str) -> PostgreSQL:
    """The database `stratmaster` with both tables."""
    database.sql(
        "DROP DATABASE stratmaster", f"CREATE DATABASE stratmaster TEMPLATE {filled_template}", database="postgres"
    )
    return database
