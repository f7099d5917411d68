"""The exemptions' own rule: judged by the pack itself, since it takes the whole run to know which are needed."""

from __future__ import annotations

from typing import Final

from ..model.record import StackRule

EXEMPTIONS: Final = StackRule(
    id="exemptions-in-order",
    title="Every exemption is well formed, not over, and needed",
    severity="high",
    why="An exemption that nobody looks at any more is a policy that nobody decided on.",
    mend="Mend policies/exemptions.yaml (its schema is beside it): drop the entry, or give it a new end and a reason.",
    check=lambda _: (),
)
