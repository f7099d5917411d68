"""Databases as such: creating, dropping and exchanging them, from a connection to another one."""

from __future__ import annotations

from typing import Final, cast

from psycopg import sql

from operations.errors import OperationError
from operations.manifest import Properties
from operations.postgres import Connection, value

MAINTENANCE: Final = "postgres"
"""The database that one is connected to while another is created or renamed."""
_BUILTIN_SINCE: Final = 170000


def exists(connection: Connection, name: str) -> bool:
    """Whether there is such a database."""
    return value(connection, "SELECT count(*) FROM pg_database WHERE datname = %s", name) == 1


def sessions(connection: Connection, name: str) -> int:
    """How many clients are connected to it."""
    return cast(
        "int",
        value(
            connection,
            "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND backend_type = 'client backend'",
            name,
        ),
    )


def create(connection: Connection, name: str, properties: Properties) -> None:
    """Create an empty database of the same encoding and order of text.

    Raises:
        OperationError: this server knows no such locale.
    """
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING {} LC_COLLATE {} LC_CTYPE {}").format(
        sql.Identifier(name), properties.encoding, properties.collate, properties.ctype
    )
    if properties.provider == "i":
        statement += sql.SQL(" LOCALE_PROVIDER icu ICU_LOCALE {}").format(properties.locale)
    elif properties.provider == "b" and connection.info.server_version >= _BUILTIN_SINCE:
        statement += sql.SQL(" LOCALE_PROVIDER builtin BUILTIN_LOCALE {}").format(properties.locale)
    else:
        statement += sql.SQL(" LOCALE_PROVIDER libc")
    connection.execute(statement)


def drop(connection: Connection, name: str) -> None:
    """Drop a database, its sessions too."""
    connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def provide_roles(connection: Connection, properties: Properties, *, create_missing: bool) -> None:
    """See to it that the roles are there which the backup's objects belong to.

    Those that aren't are created if asked for, without a password and without the right to log in.

    Raises:
        OperationError: some aren't, and they are not to be created.
    """
    there = {cast("str", name) for (name,) in connection.execute("SELECT rolname::text FROM pg_roles").fetchall()}
    granted = {grant.grantee for grant in properties.grants or ()} | {setting.role for setting in properties.settings}
    missing = sorted(({properties.owner, *properties.roles} | granted) - there - {""})
    if missing and not create_missing:
        raise OperationError(
            f"roles are missing on this server: {', '.join(missing)}",
            "Create them, or add --create-roles (without passwords; roles.sql of the backup says what each may do).",
        )
    for name in missing:
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(name)))


def settle(connection: Connection, name: str, properties: Properties) -> None:
    """Give a database its owner, privileges, settings and comment."""
    database = sql.Identifier(name)
    for grant in properties.grants or ():
        grantee = sql.Identifier(grant.grantee) if grant.grantee else sql.SQL("PUBLIC")
        statement = sql.SQL("GRANT {} ON DATABASE {} TO {}").format(_word(grant.privilege), database, grantee)
        connection.execute(statement + sql.SQL(" WITH GRANT OPTION" if grant.grantable else ""))
    if properties.grants is not None:
        _revoke_defaults(connection, database, properties)
    for entry in properties.settings:
        _apply_settings(connection, database, entry.role, entry.settings)
    connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(database, properties.comment))
    limit = sql.SQL("ALTER DATABASE {} CONNECTION LIMIT {}").format(database, sql.Literal(properties.connection_limit))
    connection.execute(limit)
    connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO {}").format(database, sql.Identifier(properties.owner)))


def _revoke_defaults(connection: Connection, database: sql.Identifier, properties: Properties) -> None:
    public = {grant.privilege for grant in properties.grants or () if not grant.grantee}
    for privilege in ({"CONNECT"}, {"TEMPORARY"}):
        if not privilege & public:
            word = _word(next(iter(privilege)))
            connection.execute(sql.SQL("REVOKE {} ON DATABASE {} FROM PUBLIC").format(word, database))


def _apply_settings(connection: Connection, database: sql.Identifier, role: str, settings: tuple[str, ...]) -> None:
    for setting in settings:
        name, _, text = setting.partition("=")
        subject = sql.SQL("ALTER DATABASE {}").format(database)
        if role:
            subject = sql.SQL("ALTER ROLE {} IN DATABASE {}").format(sql.Identifier(role), database)
        # A list such as search_path is stored quoted as it has to be, so it is not quoted again.
        what = _word(text) if name.lower() in _LISTS else sql.Literal(text)
        connection.execute(subject + sql.SQL(" SET {} TO {}").format(sql.Identifier(*name.split(".")), what))


_LISTS: Final = frozenset(
    {"search_path", "temp_tablespaces", "local_preload_libraries", "session_preload_libraries", "datestyle"}
)


def _word(text: str) -> sql.SQL:
    return sql.SQL(text)  # pyright: ignore[reportArgumentType]  # no literal: the server's own words, from its catalog
