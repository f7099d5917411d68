"""`up`, `preview` and `destroy` with the embedded engine."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import zip_longest

from rehearsal.display import Screen
from rehearsal.engine.analyzers import Analyzers
from rehearsal.engine.events import Result
from rehearsal.engine.program import Config
from rehearsal.engine.run import Engine
from rehearsal.errors import RehearsalError
from rehearsal.session import Session


@dataclass(kw_only=True)
class Runner:
    """Runs operations on stacks one after the other and shows them.

    Args:
        session: the project and its plane.
        quiet: print errors and summaries only.
        json: print nothing but one JSON document, made of `results`, at the end; progress goes to standard error.
    """

    session: Session
    quiet: bool = False
    json: bool = False
    results: list[Result] = field(default_factory=list[Result])

    def preview(self, stacks: Sequence[str]) -> bool:
        """Show what an update of each stack would do; whether all went well."""
        engine, results = self.session.engine(), list[Result]()
        with ExitStack() as coming:
            judges: Analyzers | None = None
            for stack, following in zip_longest(stacks, stacks[1:]):
                current, judges = judges, self._judges(engine, following, coming)
                results.append(self._preview(engine, stack, current))
        return not any(result.failed for result in results)

    def up(self, stacks: Sequence[str]) -> bool:
        """Preview and update each stack; stops at the first that fails. Whether all went well."""
        engine = self.session.engine()
        return all(self._up(engine, stack) for stack in stacks)

    def destroy(self, stacks: Sequence[str]) -> bool:
        """Delete all that each stack holds; stops at the first that fails. Whether all went well."""
        engine = self.session.engine()
        return all(self._destroy(engine, stack) for stack in stacks)

    def screen(self, *, updating: bool = False) -> Screen:
        """Where progress goes."""
        stream = sys.stderr if self.json else sys.stdout
        return Screen(stream=stream, quiet=self.quiet, updating=updating)

    def _judges(self, engine: Engine, stack: str | None, coming: ExitStack) -> Analyzers | None:
        """The packs of the next stack, started while this one is previewed: they take half a second to come up."""
        if stack is None:
            return None
        try:
            return coming.enter_context(engine.judges(stack, self._config(stack), preview=True))
        except RehearsalError:
            return None  # its own preview says so, when it is its turn

    def _preview(self, engine: Engine, stack: str, judges: Analyzers | None = None) -> Result:
        screen = self.screen()
        with screen:
            result = engine.preview(stack, self._config(stack), screen, judges)
        self._show(screen, result, tree=True)
        return result

    def _up(self, engine: Engine, stack: str) -> bool:
        with self.session.locked(stack):
            planned = self._preview(engine, stack)
            if planned.failed:
                return False
            if planned.settled:
                return True
            screen = self.screen(updating=True)
            with screen:
                result = engine.update(stack, self._config(stack), screen)
            self._show(screen, result)
            return not result.failed

    def _destroy(self, engine: Engine, stack: str) -> bool:
        if not engine.holds(stack):
            self.screen().line(f"{stack}: nothing there")
            return True
        with self.session.locked(stack):
            screen = self.screen(updating=True)
            with screen:
                planned = engine.destroy(stack, screen, preview=True)
                result = planned if planned.failed else engine.destroy(stack, screen, preview=False)
            self._show(screen, result)
            return not result.failed

    def _config(self, stack: str) -> Config:
        return self.session.project.config(stack, self.session.stand_ins(stack))

    def _show(self, screen: Screen, result: Result, *, tree: bool = False) -> None:
        self.results.append(result)
        if tree:
            screen.tree(result)
        screen.summary(result)
