"""Previews as one comment in a pull request.

What a pull request's program says (names, values, errors) is untrusted text in a comment of ours: all of it stands in
code fences that are longer than any run of backticks in it, without control characters; outside of them stand stacks'
names, escaped, and words of our own. So nothing can end a fence, mention anybody, load an image, hide a change by
writing backwards, or forge a table.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from rehearsal.display import Screen
from rehearsal.engine.events import Op
from rehearsal.pull_requests.preview import Preview

MARKER: Final = "<!-- stratmaster: preview -->"
"""The comment's first line, by which it is found again."""
LIMIT: Final = 65_536
"""GitHub's limit of a comment, in characters ("body is too long (maximum is 65536 characters)")."""
_WIDTH: Final = 1_000  # of a line

_COLUMNS: Final[Sequence[Op]] = ("create", "update", "replace", "delete", "same")
_HEADER: Final = (
    "| stack | create | update | replace | delete | unchanged | policies | result |",
    "| --- | ---: | ---: | ---: | ---: | ---: | --- | --- |",
)
# C0 and C1 controls, line separators, and the marks that change the direction of writing.
_CONTROL: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_PLAIN: Final = re.compile(r"[^\w., -]")


@dataclass(frozen=True, kw_only=True)
class _Section:
    title: str
    lines: tuple[str, ...]

    def render(self, characters: int) -> str:
        """The section in at most so many characters, its last lines left out where it must be."""
        kept, used = 0, 0
        for line in self.lines:
            used += len(line) + 1
            if used > characters:
                break
            kept += 1
        lines = list(self.lines[:kept])
        if left := len(self.lines) - kept:
            lines.append(f"… {left} more lines: they are in the job's log, and `make preview` shows them.")
        fence = _fence(self.lines)
        body = "\n".join(lines)
        return f"<details><summary>{self.title}</summary>\n\n{fence}text\n{body}\n{fence}\n\n</details>\n"

    @property
    def size(self) -> int:
        return sum(len(line) + 1 for line in self.lines)


def comment(previews: Sequence[Preview], about: str = "") -> str:
    """The comment: a table of all stacks, and of each stack what goes wrong and the tree of what changes.

    Args:
        previews: in the order the stacks come up.
        about: a sentence on what was previewed against what.
    """
    failed = [each.result.stack for each in previews if each.result.failed]
    verdict = f"**Not to be merged as it is**: {_named(failed)}." if failed else "Every preview went well."
    if not previews:
        verdict = "**No stack was previewed.**"
    intro = [MARKER, "## Preview", "", verdict, "", *([_plainly(about), ""] if about else [])]
    head = "\n".join((*intro, *_HEADER, *(_row(each) for each in previews), "", ""))
    sections = [section for each in previews if (section := _section(each)).lines]
    around = sum(len(section.render(0)) + 1 for section in sections)
    rooms = _shares([section.size for section in sections], LIMIT - len(head) - around)
    return head + "\n".join(section.render(room) for section, room in zip(sections, rooms, strict=True))


def _named(stacks: Iterable[str]) -> str:
    return ", ".join(_plainly(stack) for stack in stacks)


def _row(preview: Preview) -> str:
    counts = (str(preview.counts.get(op, 0) or "") for op in _COLUMNS)
    return f"| {' | '.join((_plainly(preview.result.stack), *counts, _policies(preview), _outcome(preview)))} |"


def _policies(preview: Preview) -> str:
    violations = preview.result.violations
    blocking = sum(each.mandatory for each in violations)
    parts = [f"**{blocking} block**"] if blocking else []
    if len(violations) > blocking:
        parts.append(f"{len(violations) - blocking} advise")
    if not parts:
        parts.append("passed" if preview.judged else "not told" if preview.judged is None else "**no pack ran**")
    return ", ".join(parts)


def _outcome(preview: Preview) -> str:
    if any(each.mandatory for each in preview.result.violations):
        return "**blocked by policy**"
    return "**failed**" if preview.result.failed else "ok"


def _section(preview: Preview) -> _Section:
    """What goes wrong first, since what comes last is what may be cut off."""
    troubles, tree = io.StringIO(), io.StringIO()
    Screen(stream=troubles).summary(preview.result)
    Screen(stream=tree).tree(preview.result)
    wrong = troubles.getvalue().rstrip("\n").split("\n")[:-1]  # without the summary's line, which is the title here
    warnings = [f"  warning: {each.message}" for each in preview.result.diagnostics if each.severity == "warning"]
    text = "\n".join((*wrong, *warnings, tree.getvalue())).rstrip()
    counts = [f"{preview.counts[op]} to {op}" for op in _COLUMNS[:-1] if preview.counts.get(op)]
    return _Section(
        title=f"{_plainly(preview.result.stack)}: {', '.join(counts) or 'no changes'}",
        lines=tuple(_clean(line) for line in text.split("\n")) if text else (),
    )


def _clean(line: str) -> str:
    """A line of a code block: nothing in it acts on the reader's screen, or goes on for pages."""
    shown = _CONTROL.sub("�", line).replace("\t", "    ").rstrip()
    return shown if len(shown) <= _WIDTH else f"{shown[: _WIDTH - 1]}…"


def _fence(lines: Iterable[str]) -> str:
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    return "`" * max(3, longest + 1)


def _plainly(text: str) -> str:
    """Text outside of a fence: letters, digits and a few marks, so that no Markdown or HTML is left in it."""
    return _PLAIN.sub("�", text)


def _shares(sizes: Sequence[int], room: int) -> list[int]:
    """How much of the room each gets: the small ones all they need, the large ones the rest in equal parts."""
    shares = [0] * len(sizes)
    left = sorted(range(len(sizes)), key=lambda index: sizes[index])
    while left:
        index, *rest = left
        shares[index] = min(sizes[index], max(0, room) // len(left))
        room -= shares[index]
        left = rest
    return shares
