"""What was in a database is in it again after a backup and a restore, byte by byte as pg_dump sees it."""

from __future__ import annotations

import pytest

from tests.operations import contents
from tests.operations.bucket import Bucket
from tests.operations.running import Command
from tests.operations.servers import WITHOUT_15, PostgreSQL, installed, postgresql

SMALL = (
    "CREATE TABLE approval_workflows (id bigserial PRIMARY KEY, title text NOT NULL, status text NOT NULL)",
    "INSERT INTO approval_workflows (title, status) SELECT 'brief ' || n, 'pending' FROM generate_series(1, 5000) n",
    "CREATE INDEX idx_approval_workflows_status_tenant ON approval_workflows (status)",
)


def test_a_restored_database_dumps_as_the_one_that_was_backed_up(command: Command, database: PostgreSQL) -> None:
    database.sql(*SMALL)
    before = database.dump()
    assert command("backup").code == 0
    database.sql("DROP TABLE approval_workflows")
    restored = command("restore", "--latest", "--force")
    assert (restored.code, restored.error) == (0, "")
    assert database.dump() == before


def survives(command: Command, server: PostgreSQL) -> None:
    """Back a database up, throw it away, restore it, compare."""
    before = server.dump()
    taken = command("backup")
    assert (taken.code, taken.error) == (0, "")
    server.sql("DROP DATABASE stratmaster", database="postgres")
    restored = command("restore", "--latest")
    assert (restored.code, restored.error) == (0, "")
    assert server.dump() == before


@pytest.mark.parametrize("version", [15, 16, 18])
def test_everything_that_a_dump_can_stumble_over_comes_back(version: int, bucket: Bucket) -> None:
    if not installed(version):
        pytest.skip(WITHOUT_15)
    with postgresql(version) as server:
        server.sql("CREATE DATABASE stratmaster", database="postgres")
        structure = contents.STRUCTURE
        if version == 15:  # Debian's has no vector, but an extension with a table of its own would not differ
            structure = tuple(line for line in structure if "vector" not in line and "embeddings" not in line)
        server.sql(*contents.ODD, *contents.VALUES, *structure)
        server.sql("CREATE TABLE fuzzed (id bigserial, said text)", *(contents.fuzz(seed) for seed in range(5)))
        survives(Command(server=server, bucket=bucket), server)


def test_a_hundred_schemas_come_back(command: Command, database: PostgreSQL) -> None:
    database.sql(*contents.schemas(100))
    survives(command, database)


def test_what_belongs_to_the_database_itself_comes_back(command: Command, database: PostgreSQL) -> None:
    database.sql(
        "COMMENT ON DATABASE stratmaster IS 'it''s ours'",
        "ALTER DATABASE stratmaster SET search_path TO public, pg_temp",
        "ALTER DATABASE stratmaster SET work_mem TO '5MB'",
        "ALTER DATABASE stratmaster CONNECTION LIMIT 90",
        "REVOKE CONNECT ON DATABASE stratmaster FROM PUBLIC",
        "CREATE ROLE reader LOGIN PASSWORD 'hunter2'",
        "GRANT CONNECT ON DATABASE stratmaster TO reader",
        "CREATE TABLE t (id int)",
        "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO reader",
    )
    before = database.dump("stratmaster", "--create")
    assert command("backup").code == 0
    keys = command.bucket.keys()
    (roles,) = [command.bucket.store.get(key).decode() for key in keys if key.endswith("/roles.sql")]
    assert "CREATE ROLE reader;" in roles
    assert "PASSWORD" not in roles
    database.sql("DROP DATABASE stratmaster", database="postgres")
    assert command("restore", "--latest").code == 0
    assert database.dump("stratmaster", "--create") == before
    database.sql("DROP OWNED BY reader", "DROP ROLE reader")


def test_another_encoding_comes_back(command: Command, database: PostgreSQL) -> None:
    database.sql(
        "DROP DATABASE stratmaster",
        "CREATE DATABASE stratmaster TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'",
        database="postgres",
    )
    database.sql('CREATE TABLE "größe" ("straße" text)', "INSERT INTO \"größe\" VALUES ('Größe'), ('\\xe9')")
    survives(command, database)


@pytest.mark.skipif(not installed(15), reason=WITHOUT_15)
def test_the_applications_own_role_can_do_all_of_it(bucket: Bucket) -> None:
    with postgresql(15, {"shared_preload_libraries": "'pg_stat_statements'"}) as server:
        server.sql(
            "CREATE ROLE stratmaster LOGIN CREATEDB IN ROLE pg_monitor",
            "CREATE DATABASE stratmaster OWNER stratmaster",
            database="postgres",
        )
        server.sql("CREATE EXTENSION pg_stat_statements")
        url = server.url().replace("postgres@", "stratmaster@")
        command = Command(server=server, bucket=bucket, variables={"POSTGRES_URL": url})
        for arguments in (("migrate",), ("backup",), ("restore", "--latest", "--force"), ("migrate", "verify")):
            ended = command(*arguments)
            assert (ended.code, ended.error) == (0, ""), arguments
        assert server.sql("SELECT tableowner FROM pg_tables WHERE tablename = 'audit_logs'") == [("stratmaster",)]
