"""The migrations as files: what facts.md names is in them, squawk has nothing against them, each can be taken back."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import psycopg
import pytest

from operations import migrations
from tests.operations.servers import PostgreSQL

ROOT: Final = Path(__file__).parents[2]
TABLES: Final = {
    "analytics_metrics",
    "approval_actions",
    "approval_stages",
    "approval_workflows",
    "audit_logs",
    "constitutional_compliance",
    "ml_experiments",
    "mobile_notifications",
    "system_configurations",
}
"""facts.md 2.5."""


def test_squawk_has_nothing_against_a_migration() -> None:
    files = [str(file) for file in sorted((ROOT / "database" / "migrations").glob("*.sql"))]
    linted = subprocess.run(
        [str(ROOT / ".venv/bin/squawk"), "-c", str(ROOT / "database/squawk.toml"), *files],
        check=False,
        capture_output=True,
        text=True,
    )
    assert linted.returncode == 0, linted.stdout
    assert f"{len(files)} file" in linted.stdout


def test_squawk_would_see_a_column_that_rewrites_its_table(tmp_path: Path) -> None:
    bad = tmp_path / "bad.sql"
    bad.write_text("ALTER TABLE public.audit_logs ALTER COLUMN id TYPE text;\n")
    linted = subprocess.run(
        [str(ROOT / ".venv/bin/squawk"), "-c", str(ROOT / "database/squawk.toml"), str(bad)],
        check=False,
        capture_output=True,
        text=True,
    )
    assert linted.returncode != 0
    assert "changing-column-type" in linted.stdout


@pytest.fixture
def migrated(database: PostgreSQL) -> PostgreSQL:
    with psycopg.connect(database.url()) as connection:
        for migration in migrations.read():
            connection.execute(migration.sql.encode())
    return database


def test_the_tables_and_indexes_of_facts_are_there(migrated: PostgreSQL) -> None:
    tables = {str(name) for (name,) in migrated.sql("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")}
    indexes = {
        str(name)
        for (name,) in migrated.sql(
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname LIKE 'idx%'"
        )
    }
    assert tables == TABLES
    assert len(indexes) == 36
    assert "idx_approval_workflows_status_tenant" in indexes
    assert all(any(name.startswith(f"idx_{table}_") for table in TABLES) for name in indexes)


def test_an_update_moves_updated_at(migrated: PostgreSQL) -> None:
    insert = (
        "INSERT INTO approval_workflows (tenant_id, workflow_type, title, created_by, updated_at)"
        " VALUES ('t', 'brief', 'a', 'me', '2000-01-01')"
    )
    rows = migrated.sql(
        insert,
        "UPDATE approval_workflows SET status = 'approved'",
        "SELECT updated_at > now() - interval '1 minute' FROM approval_workflows",
    )
    assert rows == [(True,)]


def test_all_rollbacks_together_leave_nothing(migrated: PostgreSQL) -> None:
    with psycopg.connect(migrated.url()) as connection:
        for migration in reversed(migrations.read()):
            connection.execute(migration.rollback.encode())
    left = migrated.sql("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    functions = migrated.sql("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    assert (left, functions) == ([], [])
