"""What a database holds, read from its own catalog."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from datetime import datetime
from typing import Final, LiteralString, cast

from psycopg import sql

from operations.copy_format import BINARY_TYPES, Format
from operations.manifest import Grant, Properties, RoleSetting, Sequence
from operations.postgres import Connection, value

LOCALE_COLUMN_SINCE: Final = 170000

_TABLES: Final[LiteralString] = """
SELECT n.nspname, c.relname,
       coalesce((SELECT array_agg(a.attname::text ORDER BY a.attnum) FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''),
                '{}'::text[]),
       coalesce(e.extcondition[array_position(e.extconfig, c.oid)], ''),
       d.objid IS NOT NULL,
       coalesce((SELECT bool_and(a.atttypid = ANY (%s::regtype[])) FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''), false)
         AND pg_catalog.current_setting('server_encoding') = 'UTF8'
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend d
       ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
WHERE c.relkind = 'r' AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (d.objid IS NULL OR c.oid = ANY (e.extconfig))
ORDER BY pg_catalog.pg_table_size(c.oid) DESC, n.nspname, c.relname
"""

_SEQUENCES: Final[LiteralString] = """
SELECT n.nspname, c.relname
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_depend d
       ON d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.objsubid = 0 AND d.deptype = 'e'
LEFT JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
WHERE c.relkind = 'S' AND c.relpersistence <> 't'
  AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
  AND (d.objid IS NULL OR c.oid = ANY (e.extconfig))
ORDER BY 1, 2
"""

_ROLES: Final[LiteralString] = """
SELECT DISTINCT r.rolname::text
FROM pg_catalog.pg_shdepend s
JOIN pg_catalog.pg_roles r ON s.refclassid = 'pg_catalog.pg_authid'::regclass AND r.oid = s.refobjid
WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
ORDER BY 1
"""


@dataclass(frozen=True, kw_only=True)
class TableToCopy:
    """A table whose rows are the user's; the largest come first.

    Attributes:
        of_extension: an extension made it and keeps some rows of its own in it; `condition` tells the user's.
        form: in which its rows are written.
    """

    schema_name: str
    name: str
    columns: tuple[str, ...]
    condition: str
    of_extension: bool
    form: Format

    @property
    def identifier(self) -> sql.Identifier:
        """Its name, quoted."""
        return sql.Identifier(self.schema_name, self.name)


@dataclass(frozen=True, kw_only=True)
class Moment:
    """Which server, and when, by its own clock and its own counters."""

    now: datetime
    system_identifier: str
    lsn: str
    xid: int


def moment(connection: Connection) -> Moment:
    """The present moment; in a transaction, that of its snapshot for what a snapshot tells."""
    row = connection.execute(
        """
        SELECT clock_timestamp(), (SELECT system_identifier::text FROM pg_catalog.pg_control_system()),
               (CASE WHEN pg_catalog.pg_is_in_recovery() THEN pg_catalog.pg_last_wal_replay_lsn()
                     ELSE pg_catalog.pg_current_wal_lsn() END)::text,
               pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint
        """
    ).fetchone()
    now, system_identifier, lsn, xid = cast("tuple[datetime, str, str, int]", row)
    return Moment(now=now, system_identifier=system_identifier, lsn=lsn, xid=xid)


def tables(connection: Connection) -> Many[TableToCopy]:
    """The tables whose rows a backup holds, the largest first."""
    types = [f"pg_catalog.{name}" for name in BINARY_TYPES]
    rows = cast("list[tuple[str, str, list[str], str, bool, bool]]", connection.execute(_TABLES, (types,)).fetchall())
    return [
        TableToCopy(
            schema_name=schema,
            name=name,
            columns=tuple(columns),
            condition=condition,
            of_extension=of_extension,
            form="binary" if binary else "text",
        )
        for schema, name, columns, condition, of_extension, binary in rows
    ]


def sequences(connection: Connection) -> tuple[Sequence, ...]:
    """The sequences and where they stand."""
    found: list[Sequence] = []
    for schema, name in cast("list[tuple[str, str]]", connection.execute(_SEQUENCES).fetchall()):
        query = sql.SQL("SELECT last_value, is_called FROM {}").format(sql.Identifier(schema, name))
        last_value, is_called = cast("tuple[int, bool]", connection.execute(query).fetchone())
        found.append(Sequence(schema_name=schema, name=name, last_value=last_value, is_called=is_called))
    return tuple(found)


def large_objects(connection: Connection) -> int:
    """How many large objects there are."""
    return cast("int", value(connection, "SELECT count(*) FROM pg_catalog.pg_largeobject_metadata"))


def properties(connection: Connection) -> Properties:
    """The database's own properties, which no schema holds."""
    version = connection.info.server_version
    locale = sql.SQL("datlocale" if version >= LOCALE_COLUMN_SINCE else "daticulocale")
    row = connection.execute(
        sql.SQL(
            """
            SELECT pg_catalog.pg_get_userbyid(datdba)::text, pg_catalog.pg_encoding_to_char(encoding)::text, datcollate,
                   datctype, datlocprovider::text, {}, pg_catalog.shobj_description(oid, 'pg_database'), datconnlimit
            FROM pg_catalog.pg_database WHERE datname = current_database()
            """
        ).format(locale)
    ).fetchone()
    owner, encoding, collate, ctype, provider, icu, comment, limit = cast(
        "tuple[str, str, str, str, str, str | None, str | None, int]", row
    )
    return Properties(
        owner=owner,
        encoding=encoding,
        collate=collate,
        ctype=ctype,
        provider=provider,
        locale=icu,
        comment=comment,
        connection_limit=limit,
        grants=_grants(connection),
        settings=_settings(connection),
        roles=tuple(cast("str", role) for (role,) in connection.execute(_ROLES).fetchall()),
    )


def _grants(connection: Connection) -> tuple[Grant, ...] | None:
    """Privileges on the database, or None where nobody ever changed them."""
    rows = connection.execute(
        """
        SELECT d.datacl IS NULL, coalesce(pg_catalog.pg_get_userbyid(nullif(a.grantee, 0))::text, ''),
               a.privilege_type, a.is_grantable
        FROM pg_catalog.pg_database d LEFT JOIN LATERAL pg_catalog.aclexplode(d.datacl) a ON true
        WHERE d.datname = current_database() ORDER BY 2, 3
        """
    ).fetchall()
    if rows[0][0]:
        return None
    return tuple(
        Grant(grantee=grantee, privilege=privilege, grantable=grantable)
        for _, grantee, privilege, grantable in cast("list[tuple[bool, str, str, bool]]", rows)
        if privilege
    )


def _settings(connection: Connection) -> tuple[RoleSetting, ...]:
    rows = connection.execute(
        """
        SELECT coalesce(r.rolname::text, ''), s.setconfig
        FROM pg_catalog.pg_db_role_setting s LEFT JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
        WHERE s.setdatabase = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database()) ORDER BY 1
        """
    ).fetchall()
    return tuple(
        RoleSetting(role=role, settings=tuple(settings)) for role, settings in cast("list[tuple[str, list[str]]]", rows)
    )
