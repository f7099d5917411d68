"""What was in a database is in it again after a backup and a restore, byte by byte as pg_dump sees it."""

from __future__ import annotations

from tests.operations.running import Command
from tests.operations.servers import PostgreSQL

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
