"""What people see."""

from __future__ import annotations

import io
import time

from rehearsal.display import Screen, describe, sentence, shown
from rehearsal.engine import urn as urns
from rehearsal.engine.analyzed import Violation
from rehearsal.engine.diff import FieldChange
from rehearsal.engine.events import Diagnostic, Op, Result, Step
from rehearsal.engine.wire import UNKNOWN, Secret

STACK = urns.make(stack="blue", project="p", parent="", type_=urns.STACK_TYPE, name="p-blue")
BOX = urns.make(stack="blue", project="p", parent=STACK, type_="p:index:Box", name="box")


def _step(op: Op, name: str, parent: str = STACK, *fields: FieldChange) -> Step:
    urn = urns.make(stack="blue", project="p", parent=parent, type_="kubernetes:core/v1:ConfigMap", name=name)
    return Step(op=op, urn=urn, parent=parent, fields=fields)


def _result(*steps: Step, preview: bool = True) -> Result:
    root = Step(op="same", urn=STACK)
    return Result(stack="blue", preview=preview, steps=[root, *steps], seconds=1.23)


def test_the_tree_shows_changes_under_their_components_with_the_changed_fields() -> None:
    stream = io.StringIO()
    change = FieldChange(path=("data", "k"), kind="update", old="1", new="2")
    box = Step(op="same", urn=BOX, parent=STACK)
    result = _result(box, _step("update", "inside", BOX, change), _step("same", "quiet"), _step("create", "new"))
    Screen(stream=stream).tree(result)
    assert stream.getvalue().splitlines() == [
        "  + ConfigMap new",
        "    Box box",
        "    ~ ConfigMap inside",
        "        data.k: 1 → 2",
    ]


def test_a_field_is_one_line_without_its_secrets() -> None:
    path = ("spec", "rules", 0, "host")
    assert describe(FieldChange(path=path, kind="add", new=UNKNOWN)) == "+ spec.rules[0].host: [unknown]"
    assert describe(FieldChange(path=path, kind="delete", old=Secret("x"))) == "- spec.rules[0].host: [secret]"
    forced = FieldChange(path=("a",), kind="update", old="x\ny", new={"b": Secret("z")}, replaces=True)
    assert describe(forced) == "a: x⏎y → {'b': '[secret]'} (forces replacement)"
    assert len(shown("x" * 500)) == 72


def test_the_summary_counts_what_was_done_or_would_be() -> None:
    steps = [_step("create", "a"), _step("create", "b"), _step("delete", "c"), _step("same", "d"), _step("read", "e")]
    assert sentence(_result(*steps)) == "2 to create, 1 to delete, 1 unchanged in 1.2 s"
    assert sentence(_result(*steps, preview=False)) == "2 created, 1 deleted, 1 unchanged in 1.2 s"
    assert sentence(_result(_step("same", "d"))) == "no changes, 1 unchanged in 1.2 s"
    assert sentence(_result()) == "no changes, nothing there in 1.2 s"


def test_errors_come_before_the_summary_with_their_resource() -> None:
    stream = io.StringIO()
    result = _result(_step("create", "a"), _step("create", "b"))
    result.diagnostics.append(Diagnostic(severity="error", message="wrong\nmend it", urn=result.steps[1].urn))
    Screen(stream=stream).summary(result)
    assert stream.getvalue() == "  error: ConfigMap a: wrong\n    mend it\nblue: failed, 1 to create in 1.2 s\n"


def test_a_violation_is_named_and_blocks() -> None:
    stream = io.StringIO()
    result = _result(_step("create", "a"))
    urn = result.steps[1].urn
    result.violations.append(
        Violation(
            pack="p",
            version="1",
            policy="images",
            urn=urn,
            message="no digest",
            description="",
            severity="",
            mandatory=True,
        )
    )
    Screen(stream=stream).summary(result)
    assert "  policy p/images, a:\n    no digest\n" in stream.getvalue()
    assert "blue: blocked by policy, 1 to create" in stream.getvalue()


def test_what_takes_long_says_so_and_how_long_it_took() -> None:
    stream = io.StringIO()
    screen = Screen(stream=stream, updating=True)
    step = _step("create", "slow")
    with screen:
        screen.started(step)
        screen.progress(step, "0 of 3 Pods")
        time.sleep(2.6)
        screen.finished(step, "")
    first, last = stream.getvalue().splitlines()
    assert first == "  … ConfigMap slow, 2 s: 0 of 3 Pods"
    assert last.startswith("  + ConfigMap slow (2.")


def test_a_quiet_screen_says_only_how_it_ended() -> None:
    stream = io.StringIO()
    screen = Screen(stream=stream, updating=True, quiet=True)
    step = _step("create", "a")
    screen.started(step)
    screen.finished(step, "")
    screen.said(Diagnostic(severity="warning", message="x"))
    screen.tree(_result(step))
    assert not stream.getvalue()
