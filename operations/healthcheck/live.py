"""Which slots users are on, as stack `traffic` last applied it."""

from __future__ import annotations

import json
import re
from typing import Any, Final, cast

from operations.errors import OperationError
from operations.healthcheck.kubectl import Kubectl

NAMESPACE: Final = "stratmaster-production"
RULES: Final = "stratmaster-traffic"
"""The PrometheusRule that holds the weights as constants; tests compare the names with the program's."""
_CONSTANT: Final = re.compile(r"vector\((\d+)\)")


def applied(kubectl: Kubectl, seconds: float) -> list[str]:
    """The slots that have weight now.

    Raises:
        OperationError: stack traffic was never brought up.
        CannotTellError: Kubernetes couldn't be asked.
    """
    (rule,) = kubectl.get(NAMESPACE, f"prometheusrule/{RULES}", seconds=seconds)
    constants = {
        each["labels"]["slot"]: _CONSTANT.fullmatch(each["expr"])
        for group in rule["spec"]["groups"]
        for each in group["rules"]
        if "slot" in each.get("labels", {})
    }
    return _weighted({slot: int(found[1]) for slot, found in constants.items() if found})


def planned(weights: str) -> list[str]:
    """The slots that are about to have weight.

    Args:
        weights: `stratmaster:weights` as JSON, which is what `pulumi config get` writes.

    Raises:
        OperationError: that is not what it is, or no slot has any.
    """
    try:
        found = cast("dict[str, Any]", json.loads(weights))
        slots = _weighted({slot: int(share) for slot, share in found.items()})
    except (ValueError, TypeError, AttributeError):
        slots = []
    if not slots:
        raise OperationError(
            f"--weights {weights!r} give no slot any", """Write them as '{"blue": 0, "green": 100}'."""
        )
    return slots


def _weighted(weights: dict[str, int]) -> list[str]:
    return [slot for slot, share in weights.items() if share > 0]
