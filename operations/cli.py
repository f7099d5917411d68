"""The command line: `python -m operations <command>`."""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import Final, NoReturn

from operations import commands, image_scan, recovery_commands, schema_commands, upkeep_commands
from operations.config import command as config
from operations.environment import Environment
from operations.errors import OperationError
from operations.healthcheck import command as healthcheck

OK, FAILED, STOPPED = 0, 1, 143

_DESCRIPTION: Final = """\
StratMaster's data: schema, backups, restores and the proof of both.

  python -m operations backup                     a full backup, proven before it is published
  python -m operations restore --date 20241220    the newest backup of that day, beside the database, then in its place
  python -m operations restore-config --latest --key key.txt --dry-run    which objects of the cluster differ from then
  python -m operations migrate --dry-run          what an upgrade of the schema would do
  python -m operations db status                  sessions, size, slow statements, Redis

POSTGRES_URL names the database, BACKUP_BUCKET (and BACKUP_PREFIX, BACKUP_KMS_KEY) the bucket; credentials and endpoint
are found as by any AWS client. BACKUP_RECIPIENTS are the public keys, of age, that the configuration is encrypted for.
WAL_ARCHIVE (s3://bucket/prefix) and WAL_SERVER name the archive of the WAL, SCRATCH a folder with room for a whole
database. Exit code 0: done. 1: not done; two lines on standard error say why and how to mend it.
"""


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="python -m operations", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    backup = add.add_parser("backup", help="take a backup and publish it")
    form = backup.add_mutually_exclusive_group()
    form.add_argument("--plain", action="store_true", help="a script: <database>-full-<date>.sql.gz")
    form.add_argument("--schema-only", action="store_true", help="definitions only: schema-<date>.sql")
    backup.set_defaults(run=commands.backup)
    restore = add.add_parser("restore", help="put the database back to a backup, or a server to a moment")
    which = _choice(restore)
    which.add_argument(
        "--backup-date", metavar="YYYYMMDD", help="emergency: as --date, with --force --create-roles, then every check"
    )
    which.add_argument("--to-time", metavar="TIME", help="a moment, from the archive of the WAL; needs --into")
    which.add_argument("--to-xid", metavar="XID", help="up to and with this transaction; needs --into")
    which.add_argument("--to-name", metavar="NAME", help="a restore point; needs --into")
    restore.add_argument("--into", metavar="DIR", help="a new folder for the data of a server that goes to a moment")
    restore.add_argument(
        "--force", action="store_true", help="although clients are connected or data are newer; disconnects clients"
    )
    restore.add_argument("--create-roles", action="store_true", help="create roles that are missing on the server")
    restore.set_defaults(run=commands.restore)
    verify = add.add_parser("verify", help="read a backup back whole and restore a part of it")
    _choice(verify)
    verify.set_defaults(run=commands.verify)
    drill = add.add_parser("drill", help="restore for practice, on a server of its own, and measure RTO and RPO")
    drill.set_defaults(run=recovery_commands.drill)
    prune = add.add_parser("prune", help="delete backups that are older than BACKUP_RETENTION_DAYS (30)")
    prune.set_defaults(run=commands.prune)
    config.add_backup(add.add_parser("backup-config", help="live objects and Helm's values, encrypted"))
    restore_config = add.add_parser(
        "restore-config", help="put objects of the cluster back; --dry-run shows the change"
    )
    _choice(restore_config)
    config.add_restore(restore_config)
    config.add_list(add.add_parser("list-config", help="the published backups of the configuration"))
    _migrate(add.add_parser("migrate", help="bring the schema to this version; expand steps only"))
    maintain = add.add_parser("maintain", help="statistics, dead rows, the index: the guide's upkeep")
    maintain.set_defaults(run=upkeep_commands.maintain)
    _database(add.add_parser("db", help="questions to the database"))
    healthcheck.add(add.add_parser("healthcheck", help="whether database, cache, API and the rest are well"))
    image_scan.add(add.add_parser("scan", help="the images that run: which there are, and what Trivy found in them"))
    listing = add.add_parser("list", help="the published backups")
    listing.add_argument("--json", action="store_true", help="one JSON document on standard output")
    listing.set_defaults(run=commands.list_backups)
    return top


def _migrate(migrate: argparse.ArgumentParser) -> None:
    migrate.add_argument("-d", "--dry-run", action="store_true", help="say what would be applied; writes nothing")
    migrate.add_argument("-v", "--verbose", action="store_true", help="show the SQL")
    migrate.add_argument(
        "--contract", action="store_true", help="contract steps too: when no older version runs any more"
    )
    migrate.set_defaults(run=schema_commands.migrate)
    actions = migrate.add_subparsers(metavar="ACTION")
    actions.add_parser("status", help="what is applied and what is not").set_defaults(run=schema_commands.status)
    actions.add_parser("verify", help="fail unless the schema is this version's").set_defaults(
        run=schema_commands.verify
    )
    rollback = actions.add_parser("rollback", help="take the newest migration back, and what is in its tables")
    rollback.add_argument("number", type=int, metavar="N", help="its number")
    rollback.set_defaults(run=schema_commands.rollback)


def _database(database: argparse.ArgumentParser) -> None:
    actions = database.add_subparsers(metavar="ACTION", required=True)
    status = actions.add_parser("status", help="sessions, size, slow statements, and how fast Redis answers")
    status.add_argument("--explain", metavar="SQL", help="EXPLAIN ANALYZE this too; it may not write")
    status.add_argument("--json", action="store_true", help="one JSON document on standard output")
    status.set_defaults(run=upkeep_commands.db_status)


def _choice(
    command: argparse.ArgumentParser,
) -> argparse._MutuallyExclusiveGroup:  # pyright: ignore[reportPrivateUsage]  # it has no other name
    which = command.add_mutually_exclusive_group(required=True)
    which.add_argument("--latest", action="store_true", help="the newest backup")
    which.add_argument("--date", default="", metavar="YYYYMMDD", help="the newest backup of that day")
    which.add_argument("--id", default="", help="one backup, as `list` names it")
    return which


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Returns:
        The exit code.
    """
    options = parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    try:
        return options.run(options, Environment.of_process()) or OK
    except OperationError as error:
        print(f"error: {error}", file=sys.stderr)  # noqa: T201 - what a command is for is to say
        return FAILED


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    """A Job that is deleted gets this signal: leave as after an error, so that nothing half-done stays."""
    sys.exit(STOPPED)
