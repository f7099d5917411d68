"""The rotation that docs/aws.md tells, on a real PostgreSQL that asks for passwords: nothing breaks at any step."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import psycopg
import pytest
from psycopg import sql

from tests.operations.servers import PostgreSQL, postgresql
from tests.stacks.recorded import ROOT

STATEMENTS: Final = re.findall(r"```sql\n(.*?)```", (ROOT / "docs/aws.md").read_text(), re.DOTALL)
ASKING: Final = "local all postgres trust\nlocal all all scram-sha-256\n"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    """A server with the owner and the reader, and the users that the page makes of them."""
    with postgresql(16) as running:
        (running.data / "pg_hba.conf").write_text(ASKING)
        running.sql(
            "SELECT pg_reload_conf()",
            "CREATE ROLE stratmaster",
            "CREATE ROLE stratmaster_readonly",
            "CREATE DATABASE stratmaster OWNER stratmaster",
            database="postgres",
        )
        (making,) = STATEMENTS
        running.sql(*(each for each in making.split(";") if each.strip()), database="postgres")
        yield running


def password(server: PostgreSQL, user: str, word: str) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user), sql.Literal(word)))


def login(server: PostgreSQL, user: str, word: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(host=str(server.home), dbname="stratmaster", user=user, password=word, autocommit=True)


def test_what_runs_goes_on_while_the_other_user_gets_a_new_password_and_takes_over(server: PostgreSQL) -> None:
    password(server, "stratmaster_a", "a1")
    password(server, "stratmaster_b", "b1")
    with login(server, "stratmaster_a", "a1") as running:
        running.execute("CREATE TABLE things (id int)")
        password(server, "stratmaster_b", "b2")
        running.execute("INSERT INTO things VALUES (1)")
        login(server, "stratmaster_a", "a1").close()
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            login(server, "stratmaster_b", "b1")
        with login(server, "stratmaster_b", "b2") as restarted:
            assert restarted.execute("SELECT session_user, current_user").fetchone() == ("stratmaster_b", "stratmaster")
            restarted.execute("ALTER TABLE things ADD COLUMN name text")
            restarted.execute("CREATE TABLE others (id int)")
            running.execute("INSERT INTO others VALUES (1)")
            restarted.execute("DROP TABLE things")
            owner = "SELECT tableowner FROM pg_tables WHERE tablename = 'others'"
            assert restarted.execute(owner).fetchone() == ("stratmaster",)


def test_the_readers_take_turns_too_and_write_nothing(server: PostgreSQL) -> None:
    password(server, "stratmaster_readonly_b", "r1")
    with login(server, "stratmaster_readonly_b", "r1") as reader, pytest.raises(psycopg.errors.InsufficientPrivilege):
        reader.execute("CREATE TABLE mine (id int)")


def test_the_page_names_the_users_that_the_entries_name() -> None:
    made = set(re.findall(r"CREATE ROLE (\S+)", STATEMENTS[0]))
    assert made == {f"stratmaster{kind}_{letter}" for kind in ("", "_readonly") for letter in "ab"}
