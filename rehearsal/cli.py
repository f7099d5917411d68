"""The command line: `python -m rehearsal <command>`."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from rehearsal import report
from rehearsal.commands import Runner
from rehearsal.errors import RehearsalError, full_disk
from rehearsal.project import UnknownStackError
from rehearsal.session import Session

OK, FAILED, USAGE, NO_STACK, CHANGES = 0, 1, 2, 6, 7
"""Exit codes, as Pulumi's (pkg/cmd/pulumi: exit_codes.go)."""

_DESCRIPTION: Final = """\
StratMaster's whole environment on a real Kubernetes control plane on this machine.

  python -m rehearsal up                      bring everything up, in order
  python -m rehearsal preview green           what an update of green would do
  python -m rehearsal up traffic --config-path -c weights.blue=0 -c weights.green=100
                                              cut traffic over
  python -m rehearsal destroy                 take everything down, in reverse
"""


def parser() -> argparse.ArgumentParser:
    """The command line's grammar."""
    top = argparse.ArgumentParser(
        prog="python -m rehearsal", description=_DESCRIPTION, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, text in (
        ("up", "preview and update stacks, in order"),
        ("preview", "show what an update would do"),
        ("destroy", "delete all that stacks hold, in reverse order"),
    ):
        command = _command(commands, name, text)
        command.add_argument("stacks", nargs="*", metavar="STACK", help="default: all of the environment")
        command.add_argument("--engine", choices=("embedded", "pulumi"), help="default: pulumi where it is on the PATH")
        command.add_argument("-q", "--quiet", action="store_true", help="errors and summaries only")
        if name != "destroy":
            _config_options(command)
        if name == "preview":
            command.add_argument(
                "--expect-no-changes", action="store_true", help="exit with 7 if anything would change"
            )
    render = _command(commands, "render", "write every object of stacks as YAML, the chart's too; needs no cluster")
    render.add_argument("stacks", nargs="*", metavar="STACK", help="default: all of the environment")
    render.add_argument("--out", required=True, type=Path, metavar="DIR", help="where to, a folder a stack")
    _config_options(render)
    shown = _command(commands, "record", "write what a policy pack is shown of stacks, as JSON; needs no cluster")
    shown.add_argument("stacks", nargs="*", metavar="STACK", help="default: all of the environment")
    _config_options(shown)
    _command(commands, "start", "start the control plane")
    stop = _command(commands, "stop", "stop the control plane; what is in it stays")
    stop.add_argument("--wipe", action="store_true", help="throw away what is in it, and the stacks' states")
    _command(commands, "status", "whether the control plane runs, and what the stacks hold")
    _command(commands, "doctor", "the guide's prerequisites: what is there, what is missing, how to get it")
    return top


def _command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]  # argparse has no public name for it
    name: str,
    text: str,
) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("--json", action="store_true", help="one JSON document on standard output")
    return command


def _config_options(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "-c",
        "--config",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="set config, kept in a copy of the stack's file",
    )
    command.add_argument("--config-path", action="store_true", help="keys of -c are paths: weights.blue=0")
    command.add_argument("--config-forget", action="store_true", help="first forget what earlier -c have set")
    command.add_argument("--policy-pack", action="append", type=Path, metavar="DIR", help="default: policies/")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code."""
    options = parser().parse_args(arguments)
    try:
        return _COMMANDS[options.command](options)
    except UnknownStackError as error:
        return _complain(error, NO_STACK)
    except RehearsalError as error:
        return _complain(error, FAILED)
    except OSError as error:
        if told := full_disk(error):
            return _complain(told, FAILED)
        raise
    except KeyboardInterrupt:
        print("error: interrupted\n  Run the same command again: it finishes what was begun.", file=sys.stderr)
        return FAILED


def _complain(error: RehearsalError, code: int) -> int:
    print(f"error: {error.what}\n  {error.mend}", file=sys.stderr)
    return code


def _stacks(session: Session, options: argparse.Namespace) -> list[str]:
    """The stacks a command is about, in the order they come up; `-c` is kept for them before anything runs."""
    for stack in options.stacks:
        session.project.check(stack)
    known = session.project.stacks()
    stacks = [each for each in known if each in options.stacks] or session.project.environment()
    if not stacks:
        raise RehearsalError("this project has no stacks", "Add a Pulumi.<stack>.yaml.")
    if getattr(options, "config", None) and not options.stacks:
        raise RehearsalError("-c needs the stack that it is for", "For instance: up traffic -c maintenance=true")
    for stack in stacks:
        if getattr(options, "config_forget", False):
            session.project.forget(stack)
        if getattr(options, "config", None):
            session.project.keep(stack, options.config, paths=options.config_path)
    if options.command != "destroy":
        for stack in stacks:
            session.project.config(stack)  # what is wrong with the last one's file is said before the first is touched
    return stacks


def _operate(options: argparse.Namespace) -> int:
    session = Session.here(getattr(options, "policy_pack", None))
    stacks = _stacks(session, options)
    engine = options.engine or ("pulumi" if shutil.which("pulumi") else "embedded")
    if engine == "pulumi":
        from rehearsal.pulumi_cli import PulumiCli  # noqa: PLC0415 only where it is asked for

        return PulumiCli(session=session).run(options, stacks)
    runner = Runner(session=session, quiet=options.quiet, json=options.json)
    if options.command != "destroy" or any(session.engine().holds(stack) for stack in stacks):
        session.plane.start(runner.screen().line)
    if options.command == "destroy":
        well = runner.destroy(list(reversed(stacks)))
    else:
        well = (runner.up if options.command == "up" else runner.preview)(stacks)
    if options.json:
        print(json.dumps({"stacks": [report.of_result(each) for each in runner.results]}, indent=1))
    if well and getattr(options, "expect_no_changes", False) and any(each.changes for each in runner.results):
        print("error: no changes were expected, but there are some\n  Run up, or mend what differs.", file=sys.stderr)
        return CHANGES
    return OK if well else FAILED


def _start(options: argparse.Namespace) -> int:
    session = Session.here()
    stream = sys.stderr if options.json else sys.stdout
    session.plane.start(lambda line: print(line, file=stream, flush=True))  # each when it is true, also in a pipe
    return _status(options)


def _stop(options: argparse.Namespace) -> int:
    session = Session.here()
    session.plane.stop(wipe=options.wipe)
    if options.wipe:
        for folder in ("state", "stacks", "pulumi", "secrets"):
            shutil.rmtree(session.project.home / folder, ignore_errors=True)
    print(json.dumps({"running": False}) if options.json else "the control plane is stopped")
    return OK


def _status(options: argparse.Namespace) -> int:
    session = Session.here()
    status = session.plane.status()
    kept = {stack: session.project.kept(stack) for stack in session.project.stacks()}
    if options.json:
        print(json.dumps({"running": status.ready, "kubeconfig": str(session.plane.kubeconfig), "set": kept}))
        return OK
    print("the control plane is running" if status.ready else "the control plane is not running")
    if status.ready:
        print(f"  export KUBECONFIG={session.plane.kubeconfig}")
    for stack, settings in kept.items():
        for key, value in settings.items():
            print(f"  {stack}: -c {key.removeprefix('path ')}={value} is kept (--config-forget undoes it)")
    return OK


def _doctor(options: argparse.Namespace) -> int:
    from rehearsal import doctor  # noqa: PLC0415 the other commands don't need it

    findings = doctor.examine()
    if options.json:
        entries = [{**vars(each), "state": each.state.value, "purpose": each.purpose.value} for each in findings]
        print(json.dumps(entries, indent=1))
    else:
        for each in findings:
            least = f" (at least {each.minimum})" if each.minimum else ""
            print(f"{each.state.value:>15}  {each.name} {each.found}{least}, for {each.purpose.value}")
            if each.remedy:
                print(f"{'':>17}{each.remedy}")
    return FAILED if any(each.blocks for each in findings) else OK


def _render(options: argparse.Namespace) -> int:
    from rehearsal.render import render  # noqa: PLC0415 the other commands don't need it

    session = Session.here(options.policy_pack)
    stacks = _stacks(session, options)
    return render(session, stacks, options.out, as_json=options.json)


def _record(options: argparse.Namespace) -> int:
    from rehearsal.shown import shown  # noqa: PLC0415 the other commands don't need it

    session = Session.here(options.policy_pack)
    print(json.dumps(shown(session, _stacks(session, options))))
    return OK


_COMMANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {
    "up": _operate,
    "preview": _operate,
    "destroy": _operate,
    "render": _render,
    "record": _record,
    "start": _start,
    "stop": _stop,
    "status": _status,
    "doctor": _doctor,
}
