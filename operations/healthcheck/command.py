"""`python -m operations healthcheck`: the guide's health checks, real this time (facts.md C38)."""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import Final

from operations.environment import Environment
from operations.healthcheck.asking import run
from operations.healthcheck.limits import TIMEOUT_SECONDS
from operations.healthcheck.plan import COMPONENTS, QUICK, Scope, checks
from operations.healthcheck.verdict import EXIT_HEALTHY, EXIT_UNHEALTHY, Finding, exit_code

_WORDS: Final = {EXIT_HEALTHY: "healthy", EXIT_UNHEALTHY: "unhealthy"}


def add(command: argparse.ArgumentParser) -> None:
    """The command's flags. The guide's own are --component, --comprehensive and --strict."""
    which = command.add_mutually_exclusive_group()
    which.add_argument(
        "--component", action="append", choices=COMPONENTS, help="only this; may be given more than once"
    )
    which.add_argument("--comprehensive", action="store_true", help=f"all of {', '.join(COMPONENTS)}")
    command.add_argument("--strict", action="store_true", help="a passed threshold counts as unhealthy too")
    command.add_argument("--json", action="store_true", help="one JSON document on standard output")
    command.add_argument("--url", default="https://api.stratmaster.com", help="the address that users call")
    command.add_argument("--slot", default="", help="blue or green: ask that slot's Services and roll-outs instead")
    command.add_argument("--mcp", action="append", default=[], metavar="NAME=URL", help="an MCP service's /healthz")
    command.add_argument("--timeout", type=float, default=TIMEOUT_SECONDS, metavar="SECONDS", help="for all of it")
    command.set_defaults(run=healthcheck)


def healthcheck(options: argparse.Namespace, environment: Environment) -> int:
    """Ask and tell.

    Returns:
        The exit code: 0 healthy, 1 unhealthy, 2 could not tell.
    """
    components: Sequence[str] = COMPONENTS if options.comprehensive else options.component or QUICK
    services = dict(text.partition("=")[::2] for text in options.mcp)
    scope = Scope(url=options.url.rstrip("/"), slot=options.slot, mcp=services)
    questions, unasked = checks(components, scope, environment)
    findings = [*unasked, *run(questions, options.timeout)]
    code = exit_code(findings, strict=options.strict)
    print(_json(findings, code) if options.json else _table(findings, code))  # noqa: T201 - what the command is for
    return code


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
