"""Writes docs/policies.md from the rules' records: `python -m policies.document`."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from policies.pack.catalogue import BY_AREA
from policies.pack.model.record import AnyRule, StackRule
from policies.pack.unknowns import ALLOWED

PAGE: Final = Path(__file__).parents[1] / "docs" / "policies.md"
_HEAD: Final = """\
# Policies

What StratMaster's stacks may not do. `pulumi preview` and `python -m rehearsal preview` ask the pack on every run;
`python -m policies.check` asks it without an engine (stacks, manifests or standard input; text, SARIF, JUnit), as pull
requests do.

- **It fails closed.** A value that is unknown where a rule must look is a violation by itself, a rule that crashes
  blocks, and so does a type or kind that no rule knows and that can carry a workload. Where an unknown may stand is
  listed at the end of this page.
- **It sees inside Helm.** Every Release and Chart is rendered with its own values, as an install and as an upgrade,
  with placeholders for its secrets; its objects are judged like any other. `helm` has to be on the PATH
  (<https://helm.sh/docs/intro/install>); without it, or when a chart doesn't render, the release is blocked. A chart
  component of the Kubernetes SDK registers its objects one by one, and they are judged so.
- **Essential rules can't be switched off.** A policy config that weakens one is reported, and the rule is asked all the
  same. What has to pass for a while is an exemption.
- **What the policy SDK hides** (secretness, which it strips) is read from the request itself, in
  `policies/pack/protocol/`. Look-ups aren't shown to a pack either (Pulumi 3.260): what the program's gate looked up is
  its output `held` (`components/gate.py`), and rules about live slots judge by that. Deletions are never shown:
  `protect` guards data, and the program's own gate refuses the rest.

## Exemptions

`policies/exemptions.yaml` holds them (`exemptions.schema.json` is its schema): the rule, the resource's exact URN and
the field as the report prints it, a reason, an owner, and the last day on which it holds, at most 90 days off. One that
is malformed, over, or that nothing needs any more fails the run.

    exemptions:
      - rule: availability-replicas
        urn: urn:pulumi:production::stratmaster::…::cache
        path: spec.replicas
        reason: Redis doesn't replicate its state; two of them would be two caches.
        owner: platform
        expires: "2027-01-31"

## Rules

Each with its severity; *advice* doesn't block, *stack* says that a rule looks at the whole stack and so comes last.
This part is generated from the rules' records (`make golden`).
"""


def page() -> str:
    """The page as it should stand."""
    return "\n".join(itertools.chain([_HEAD], _areas(), _allowed()))


def _areas() -> Iterator[str]:
    for area, rules in BY_AREA.items():
        yield f"### {area}\n"
        for rule in rules:
            yield from _rule(rule)


def _rule(rule: AnyRule) -> Iterator[str]:
    marks = [rule.severity]
    if rule.enforcement == "advisory":
        marks.append("*advice*")
    if isinstance(rule, StackRule):
        marks.append("*stack*")
    yield f"**`{rule.id}`** ({', '.join(marks)}): {rule.title}."
    yield f"{rule.why} {rule.mend}"
    yield f"*{', '.join(rule.frameworks)}*\n" if rule.frameworks else ""


def _allowed() -> Iterator[str]:
    yield "## Where a value may be unknown\n"
    if not ALLOWED:
        yield "Nowhere, at present.\n"
    for (type_, path), reason in ALLOWED.items():
        yield f"- `{type_}`, `{path}`: {reason}"


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(f"wrote {PAGE.relative_to(Path.cwd()) if PAGE.is_relative_to(Path.cwd()) else PAGE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
