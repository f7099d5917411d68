"""`python -m rehearsal.pull_requests`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Final

from rehearsal.errors import RehearsalError

_DRIFT: Final = "<!-- stratmaster: drift -->"
_TITLE: Final = "The cluster isn't as it is declared"


def _parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m rehearsal.pull_requests", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    preview = commands.add_parser("preview", help="preview stacks with the released CLI, into one document")
    preview.add_argument("stacks", nargs="+", metavar="STACK")
    preview.add_argument("--policy-pack", action="append", default=[], metavar="DIR")
    preview.add_argument("--out", type=Path, required=True, metavar="FILE")
    rehearse = commands.add_parser(
        "rehearse", help="preview what this checkout changes of a commit, with no credentials"
    )
    rehearse.add_argument("stacks", nargs="*", metavar="STACK", help="default: all of the environment")
    rehearse.add_argument("--base", required=True, metavar="COMMIT")
    rehearse.add_argument("--out", type=Path, required=True, metavar="FILE")
    comment = commands.add_parser("comment", help="previews as one comment in Markdown")
    comment.add_argument(
        "documents", nargs="+", type=Path, metavar="FILE", help="from `preview`, or `rehearsal --json`"
    )
    comment.add_argument("--about", default="", metavar="TEXT", help="what was previewed against what")
    comment.add_argument("--out", type=Path, required=True, metavar="FILE")
    post = commands.add_parser("post", help="put a comment into pull request $PULL_REQUEST, in place of the last one")
    post.add_argument("comment", type=Path, metavar="FILE")
    drift = commands.add_parser("drift", help="open, renew or close the one issue that says so")
    drift.add_argument("outcome", choices=("success", "failure", "cancelled"), help="of the checks")
    return top


def _preview(options: argparse.Namespace) -> int:
    from rehearsal.pull_requests import cluster  # noqa: PLC0415 only where it is asked for

    told = cluster.preview(options.stacks, options.policy_pack, lambda line: print(line, file=sys.stderr, flush=True))
    options.out.write_text(json.dumps({"stacks": [each.document() for each in told]}))
    for each in told:
        print(f"{each.stack}: pulumi ended with exit code {each.code}{_indented(each.complaint)}")
    return max(int(each.code != 0) for each in told)


def _indented(text: str) -> str:
    return "".join(f"\n  {line}" for line in text.splitlines())


def _rehearse(options: argparse.Namespace) -> int:
    from rehearsal.pull_requests import embedded  # noqa: PLC0415 only where it is asked for

    done = embedded.preview(Path.cwd(), options.base, options.stacks, lambda line: print(line, file=sys.stderr))
    options.out.write_text(done.document)
    return done.code


def _comment(options: argparse.Namespace) -> int:
    from rehearsal.pull_requests import markdown, reading  # noqa: PLC0415 needs packages, which `post` must not

    found = [each for path in options.documents for each in reading.previews(path.name, _read(path))]
    body = markdown.comment(found, options.about)
    options.out.write_text(body)
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a") as page:
            page.write(body)
    return 0


def _post(options: argparse.Namespace) -> int:
    from rehearsal.pull_requests.github import GitHub  # noqa: PLC0415 only where it is asked for

    number = _variable("PULL_REQUEST")
    if not number.isdecimal():
        raise RehearsalError(f"PULL_REQUEST is {number!r}, which is no number", "Set it to the pull request's number.")
    body = _read(options.comment)
    if not body.strip():
        raise RehearsalError(f"{options.comment} is empty", "Make it with `make pull-request-comment`.")
    github = GitHub(repository=_variable("GITHUB_REPOSITORY"), token=_variable("GITHUB_TOKEN"), api=_api())
    github.say(int(number), body)
    return 0


def _drift(options: argparse.Namespace) -> int:
    from rehearsal.pull_requests.github import GitHub  # noqa: PLC0415 only where it is asked for

    github = GitHub(repository=_variable("GITHUB_REPOSITORY"), token=_variable("GITHUB_TOKEN"), api=_api())
    if options.outcome == "success":
        github.close_issue(_DRIFT)
        return 0
    server = os.environ.get("GITHUB_SERVER_URL", "https://github.com")
    run = f"{server}/{github.repository}/actions/runs/{_variable('GITHUB_RUN_ID')}"
    github.raise_issue(
        _TITLE,
        f"{_DRIFT}\nThe last check for drift failed; what differs, stack by stack, is in [its log]({run}).\n\n"
        "Somebody changed the cluster past the stacks, or the check itself failed: docs/pull-requests.md says what "
        "to do.\nThis issue is renewed by every check that fails, and closed by the first that finds nothing.\n",
    )
    return 0


def _api() -> str:
    return os.environ.get("GITHUB_API_URL", "https://api.github.com")


def _variable(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise RehearsalError(f"{name} isn't set", "A workflow sets it (.github/workflows); by hand, export it.")
    return value


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeError) as error:
        raise RehearsalError(f"{path} can't be read: {error}", "Make it first: docs/pull-requests.md.") from None


_COMMANDS: Final = {"preview": _preview, "rehearse": _rehearse, "comment": _comment, "post": _post, "drift": _drift}


def main() -> int:
    """Run one command; returns its exit code."""
    options = _parser().parse_args()
    try:
        return _COMMANDS[options.command](options)
    except RehearsalError as error:
        print(f"error: {error.what}\n  {error.mend}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
