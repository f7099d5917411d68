"""The pack's Pod Security rules beside the API server's own admission, on pods at random."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import pytest
from hypothesis import assume, given, settings

from policies.pack.rules.pod_security import BASELINE, RESTRICTED
from rehearsal.control_plane import ControlPlane
from rehearsal.engine.providers.api import Api, ApiError
from rehearsal.engine.wire import Properties
from tests.policies.judging import Pack, resource
from tests.policies.pod_security_fixtures import LEVEL_VERSION, LEVELS, Level
from tests.policies.random_pods import ephemeral_containers, pods

RULES: Final = {"baseline": {rule.id for rule in BASELINE}, "restricted": {rule.id for rule in RESTRICTED}}
ROUNDS: Final = int(os.environ.get("POD_SECURITY_ROUNDS", "200"))
PATIENCE_SECONDS: Final = 30.0
_NAMESPACE: Final = "pod-security-"
_DRY_RUN: Final = {"dryRun": "All"}
_MERGE: Final = "application/strategic-merge-patch+json"
_LABEL: Final = "pod-security.kubernetes.io/enforce"
PLAIN: Final[Properties] = {
    "name": "c0",
    "image": "registry.k8s.io/pause:3.10",
    "securityContext": {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    },
}


@dataclass(frozen=True)
class Admission:
    """The API server's answer to pods in namespaces that enforce a level."""

    api: Api

    def refuses(self, level: Level, pod: Properties) -> bool | None:
        """Whether a pod's level keeps it out; None where it is no pod at all."""
        return self._refuses("POST", f"/api/v1/namespaces/{_NAMESPACE}{level}/pods", pod)

    def refuses_beside(self, level: Level, container: Properties) -> bool | None:
        """The same of an ephemeral container beside those of a pod that runs."""
        body = {"spec": {"ephemeralContainers": [container]}}
        return self._refuses("PATCH", f"/api/v1/namespaces/{_NAMESPACE}{level}/pods/running/ephemeralcontainers", body)

    def _refuses(self, method: str, path: str, body: object) -> bool | None:
        kind = _MERGE if method == "PATCH" else "application/json"
        try:
            self.api.request(method, path, body, query=_DRY_RUN, content_type=kind)
        except ApiError as error:
            if error.reason == "Invalid":
                return None
            if "violates PodSecurity" not in error.message:
                raise
            return True
        return False


@pytest.fixture(scope="module")
def admission(control_plane: ControlPlane) -> Iterator[Admission]:
    """Two namespaces, one of each level, with a pod in each."""
    api = Api.of(control_plane.kubeconfig, "")
    for level in LEVELS:
        labels = {_LABEL: level, f"{_LABEL}-version": LEVEL_VERSION}
        api.request("POST", "/api/v1/namespaces", {"metadata": {"name": f"{_NAMESPACE}{level}", "labels": labels}})
    for level in LEVELS:
        _run(api, f"{_NAMESPACE}{level}")
    yield Admission(api)
    for level in LEVELS:
        api.request("DELETE", f"/api/v1/namespaces/{_NAMESPACE}{level}")


def _run(api: Api, namespace: str) -> None:
    """Create the pod once the namespace has its default account, without which there can be none."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    pod = {"metadata": {"name": "running"}, "spec": {"containers": [PLAIN]}}
    while True:
        try:
            api.request("POST", f"/api/v1/namespaces/{namespace}/pods", pod)
        except ApiError as error:
            if "serviceaccount" not in error.message or time.monotonic() > give_up:
                raise
            time.sleep(0.1)
        else:
            return


def _agree(pack: Pack, pod: Properties, refuses: Callable[[Level], bool | None]) -> None:
    """The pack's rules of each level find something if and only if the API server does."""
    answers: dict[Level, bool] = {}
    for level in LEVELS:
        answer = refuses(level)
        assume(answer is not None)
        answers[level] = answer is True
    found = {said.rule for said in pack.resource(resource("kubernetes:core/v1:Pod", inputs=pod))}
    assert {level: bool(found & RULES[level]) for level in LEVELS} == answers, sorted(found & RULES["restricted"])


@settings(max_examples=ROUNDS, deadline=None)
@given(pod=pods())
def test_a_pod_is_refused_if_and_only_if_the_api_server_refuses_it(
    admission: Admission, production: Pack, pod: Properties
) -> None:
    _agree(production, pod, lambda level: admission.refuses(level, pod))


@settings(max_examples=ROUNDS // 4, deadline=None)
@given(container=ephemeral_containers())
def test_an_ephemeral_container_is_refused_if_and_only_if_the_api_server_refuses_it(
    admission: Admission, production: Pack, container: Properties
) -> None:
    pod: Properties = {"kind": "Pod", "spec": {"containers": [PLAIN], "ephemeralContainers": [container]}}
    _agree(production, pod, lambda level: admission.refuses_beside(level, container))
