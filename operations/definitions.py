"""A backup's definitions, which are an archive of pg_dump's: what is in it, and restoring some or all of that.

What depends on what is read from the archive, where pg_dump wrote it down, and not worked out again here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final, Literal

from operations.manifest import Table
from operations.parallel import Step, Stop
from operations.postgres import Server, run_tool

Section = Literal["pre-data", "post-data"]

INDEXING: Final = {"maintenance_work_mem": "256MB", "synchronous_commit": "off", "statement_timeout": "0"}
"""Of the sessions that build indexes; the server's own are for serving."""
HELPERS: Final = 2
"""PostgreSQL's own `max_parallel_maintenance_workers`. They make one index sooner, and all of them together later: what
they sort goes through files, which costs a fifth more of the cores' time."""

_ENTRY: Final = re.compile(r"(?P<number>\d+); \d+ \d+(?P<words> .*)")
_NEEDS: Final = ";\tdepends on: "
_CONSTRAINT, _INDEX = " CONSTRAINT ", " INDEX "


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One of an archive's entries.

    Attributes:
        words: what it is, its schema, its name, its owner, a blank before each.
        needs: the numbers of the entries that have to be there before it.
    """

    number: int
    words: str
    needs: frozenset[int]


@dataclass(frozen=True, kw_only=True)
class Definitions:
    """The definitions on their way into a database.

    Attributes:
        archive: pg_dump's; files can be written beside it.
        server: the database.
        entries: in the order of the archive.
    """

    archive: Path
    server: Server
    entries: Sequence[Entry] = field(init=False)

    def __post_init__(self) -> None:
        """Read what is in the archive.

        Raises:
            OperationError: it is none.
        """
        command = ["pg_restore", "--list", "--verbose", str(self.archive)]
        listed = run_tool(command, self.server.environment(), doing="reading the definitions")
        object.__setattr__(self, "entries", tuple(_entries(listed)))

    def restore(self, section: Section, *, but: Collection[int] = (), words: Sequence[str] = (), jobs: int = 1) -> None:
        """Restore a section.

        Args:
            section: which.
            but: entries that aren't restored.
            words: of entries that aren't either.
            jobs: at a time; the tables' own section takes one.

        Raises:
            OperationError: the server refused something.
        """
        kept = [
            entry.number
            for entry in self.entries
            if entry.number not in but and not any(word in entry.words for word in words)
        ]
        self._run(section, kept, helpers=HELPERS, jobs=jobs)

    def steps_of(self, table: Table, built: set[int], helpers: int) -> Sequence[Step]:
        """What can be done as soon as a table has its rows: what no other table is in.

        Constraints lock the table against everything, so they come after the indexes.

        Args:
            table: which.
            built: gets the numbers of what the steps restore.
            helpers: of the server's own workers that may help with an index.
        """
        begin = f" TABLE {_in_list(table.schema_name)} {_in_list(table.name)} "
        tables = {entry.number for entry in self.entries if entry.words.startswith(begin)}
        candidates = [entry for entry in self.entries if entry.words.startswith((_CONSTRAINT, _INDEX))]
        others = {entry.number for entry in candidates}  # an index of a partition needs its parent's
        own = [entry for entry in candidates if entry.needs & tables and not entry.needs & others]
        built |= {entry.number for entry in own}
        indexes = [entry.number for entry in own if entry.words.startswith(_INDEX)]
        constraints = [entry.number for entry in own if entry.words.startswith(_CONSTRAINT)]
        last = [self._step(constraints, helpers)] if constraints else []
        ended = count(1)
        return [
            self._step([index], helpers, lambda: last if next(ended) == len(indexes) else []) for index in indexes
        ] or last

    def _step(self, numbers: Sequence[int], helpers: int, then: Callable[[], Sequence[Step]] = tuple) -> Step:
        def build(stop: Stop) -> Sequence[Step]:
            self._run("post-data", numbers, helpers=helpers, stop=stop)
            return then()

        return build

    def _run(
        self, section: Section, numbers: Sequence[int], *, helpers: int, jobs: int = 1, stop: Stop | None = None
    ) -> None:
        chosen = self.archive.with_suffix(f".{section}.{numbers[0] if numbers else 0}")
        chosen.write_text("".join(f"{number}\n" for number in numbers))
        command = ["pg_restore", "-w", "--exit-on-error", f"--section={section}", "-d", self.server.database]
        command += ["--jobs", str(jobs)] if jobs > 1 else []
        environment = self.server.environment({**INDEXING, "max_parallel_maintenance_workers": str(helpers)})
        doing = f"restoring the definitions ({section})"
        run_tool([*command, "-L", str(chosen), str(self.archive)], environment, doing=doing, stop=stop)


def _entries(listed: str) -> Iterator[Entry]:
    lines = listed.split("\n")
    for line, next_line in zip(lines, [*lines[1:], ""], strict=True):
        if found := _ENTRY.fullmatch(line):
            needs = next_line.removeprefix(_NEEDS).split() if next_line.startswith(_NEEDS) else ()
            yield Entry(number=int(found["number"]), words=found["words"], needs=frozenset(map(int, needs)))


def _in_list(name: str) -> str:
    """A name as pg_restore lists it: a line has no room for another one."""
    return re.sub(r"[\r\n]", " ", name)
