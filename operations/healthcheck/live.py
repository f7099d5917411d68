"""Which slots users are on, as stack `traffic` last applied it."""

from __future__ import annotations

import re
from typing import Final

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
    return [slot for slot, found in constants.items() if found and int(found[1]) > 0]
