"""Where a value may be unknown at a preview: a short list, with a reason each."""

from __future__ import annotations

from typing import Final

from .model.values import Finding

ALLOWED: Final[dict[tuple[str, str], str]] = {}
"""By Pulumi type and path of the field: why nothing unsafe can hide there."""


def allowed(finding: Finding) -> bool:
    """Whether what `finding` says is unknown may be."""
    return (finding.source.type, finding.path) in ALLOWED
