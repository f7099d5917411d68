"""All rules, in the order of their reports."""

from __future__ import annotations

from typing import Final

from .images import PINNED_IMAGES
from .providers import PINNED_CLUSTER
from .record import Rule
from .workloads import NO_PRIVILEGE

RULES: Final[tuple[Rule, ...]] = (NO_PRIVILEGE, PINNED_IMAGES, PINNED_CLUSTER)
