"""`python -m operations healthcheck`: the guide's health checks, real this time (facts.md C38)."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from operations.environment import Environment
from operations.errors import OperationError
from operations.healthcheck import flags, live
from operations.healthcheck.asking import run
from operations.healthcheck.kubectl import CannotTellError, Kubectl
from operations.healthcheck.limits import TIMEOUT_SECONDS
from operations.healthcheck.plan import COMPONENTS, QUICK, Scope, checks
from operations.healthcheck.verdict import EXIT_HEALTHY, EXIT_UNHEALTHY, Finding, Verdict, exit_code

_INSIDE: Final = "KUBERNETES_SERVICE_HOST"
"""Set in every pod."""
_EXAMPLES: Final = """\
examples:
  python -m operations healthcheck --comprehensive --strict          everything, as after a restore
  python -m operations healthcheck --slot green --component api      a slot, before it gets users

Exit code 0: healthy. 1: unhealthy. 2: could not tell.
"""
_WORDS: Final = {EXIT_HEALTHY: "healthy", EXIT_UNHEALTHY: "unhealthy"}


def add(command: argparse.ArgumentParser) -> None:
    """The command's flags. The guide's own are --component, --comprehensive and --strict."""
    command.epilog, command.formatter_class = _EXAMPLES, argparse.RawDescriptionHelpFormatter
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--component", action="append", choices=COMPONENTS, help="only this; may be given more than once"
    )
    which.add_argument("--comprehensive", action="store_true", help=f"all of {', '.join(COMPONENTS)}")
    command.add_argument("--strict", action="store_true", help="a passed threshold counts as unhealthy too")
    command.add_argument("--json", action="store_true", help="one JSON document on standard output")
    command.add_argument(
        "--url", type=flags.address, default="https://api.stratmaster.com", help="the address that users call"
    )
    whose = command.add_mutually_exclusive_group()
    whose.add_argument(
        "--slot", action="append", default=[], help="blue or green: ask that slot's Services and roll-outs instead"
    )
    whose.add_argument(
        "--weights", type=flags.weights, metavar="JSON", help="the same of each slot that has some of them"
    )
    command.add_argument(
        "--mcp",
        type=flags.service,
        action="append",
        default=[],
        metavar="NAME=URL",
        help="an MCP service's /healthz",
    )
    command.add_argument("--context", default="", help="the kubeconfig's; stratmaster when left out, never the current")
    command.add_argument(
        "--timeout", type=flags.seconds, default=TIMEOUT_SECONDS, metavar="SECONDS", help="for all of it"
    )
    command.set_defaults(run=healthcheck)


def healthcheck(options: argparse.Namespace, environment: Environment) -> int:
    """Ask and tell.

    Returns:
        The exit code: 0 healthy, 1 unhealthy, 2 could not tell.
    """
    components: Sequence[str] = COMPONENTS if options.comprehensive else options.component or QUICK
    end = time.monotonic() + options.timeout
    with ExitStack() as open_until_then:
        scope, untold = _scope(options, components, environment, open_until_then)
        questions, unasked = checks([each for each in components if each not in untold], scope, environment)
        findings = [*untold.values(), *unasked, *run(questions, end - time.monotonic())]
    code = exit_code(findings, strict=options.strict)
    print(_json(findings, code) if options.json else _table(findings, code))  # noqa: T201 - what the command is for
    return code


def _scope(
    options: argparse.Namespace, components: Sequence[str], environment: Environment, open_until_then: ExitStack
) -> tuple[Scope, dict[str, Finding]]:
    """Whom to ask, and the components of which that can't be told."""
    # Two questions come before all others; a third of the time is left whatever becomes of them.
    kubectl, seconds = Kubectl(context=options.context), float(options.timeout) / 3
    slots: list[str] = options.weights or options.slot
    scope = Scope(
        url=options.url,
        slots=slots,
        mcp_slots=slots,
        mcp=dict(options.mcp),
        kubectl=kubectl,
    )
    asked = [each for each in components if each in {"api", "mcp"} and (slots or (each == "mcp" and not scope.mcp))]
    if not asked:
        return scope, {}
    try:
        # Users are on the live slot: its MCP services are those that count when nobody says which.
        scope = scope if slots else replace(scope, mcp_slots=live.applied(kubectl, seconds))
        # A pod finds Services by their names; from anywhere else the API server leads there.
        if not environment.has(_INSIDE):
            scope = replace(scope, services=open_until_then.enter_context(kubectl.services(seconds)))
    except (CannotTellError, OperationError) as error:
        return scope, {each: _untold(each, error) for each in asked}
    return scope, {}


def _untold(component: str, error: CannotTellError | OperationError) -> Finding:
    how = f"{error.how} Or say where: --slot blue, --mcp research-mcp=http://localhost:8081/healthz"
    return Finding(component=component, subject="Kubernetes", verdict=Verdict.UNKNOWN, what=error.what, how=how)


def _table(findings: Sequence[Finding], code: int) -> str:
    lines = [_line(each) for each in sorted(findings, key=lambda each: COMPONENTS.index(each.component))]
    return "\n".join([*lines, _WORDS.get(code, "could not tell")])


def _line(finding: Finding) -> str:
    line = f"{finding.verdict:<9}  {finding.component:<12}  {finding.subject}: {finding.what}"
    return f"{line}\n{' ' * 25}{finding.how}" if finding.how else line


def _json(findings: Sequence[Finding], code: int) -> str:
    listed = [
        {
            "component": each.component,
            "subject": each.subject,
            "verdict": str(each.verdict),
            "what": each.what,
            "how": each.how,
        }
        for each in findings
    ]
    return json.dumps({"health": _WORDS.get(code, "unknown"), "findings": listed})
