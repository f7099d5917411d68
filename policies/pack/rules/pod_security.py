"""The Pod Security Standards: one rule for each check of Kubernetes' own admission.

Kubernetes refuses a pod only once its controller makes it: the Deployment is accepted, and nothing comes up. Here the
preview says so.
"""

from __future__ import annotations

from typing import Final

from . import pod_security_host, pod_security_kernel, pod_security_restricted

BASELINE: Final = (*pod_security_host.RULES, *pod_security_kernel.RULES)
"""Level baseline."""

RESTRICTED: Final = (*BASELINE, *pod_security_restricted.RULES)
"""Level restricted, which every namespace of this project enforces."""

RULES: Final = RESTRICTED
