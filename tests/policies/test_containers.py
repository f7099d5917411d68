from __future__ import annotations

import pytest

from rehearsal.engine.wire import Properties, Value
from tests.policies.judging import Pack, container, every_kind, pod_spec

POD = "kubernetes:core/v1:Pod"
DEPLOYMENT = "kubernetes:apps/v1:Deployment"
PATCH = "kubernetes:apps/v1:DeploymentPatch"
KINDS = [type_ for type_, _ in every_kind({})]


def _of(type_: str, **spec: Value) -> Properties:
    return dict(every_kind(pod_spec(**spec)))[type_]


def _with(**changes: Value) -> Properties:
    return _of(POD, containers=[container(**changes)])


class TestReadOnlyRoot:
    @pytest.mark.parametrize("settings", [{}, {"readOnlyRootFilesystem": False}, {"readOnlyRootFilesystem": "true"}])
    def test_a_container_that_can_write_its_root_is_refused(self, production: Pack, settings: Properties) -> None:
        found = production.findings("container-read-only-root", POD, _with(securityContext=settings))
        assert len(found) == 1

    def test_a_windows_container_has_no_such_setting(self, production: Pack) -> None:
        spec = _of(POD, os={"name": "windows"}, containers=[container(securityContext={})])
        assert production.findings("container-read-only-root", POD, spec) == []


class TestResources:
    @pytest.mark.parametrize(
        "resources",
        [
            {"requests": {"cpu": "250m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}},
            {"requests": {"cpu": 0.5, "memory": "1.5e9"}, "limits": {"memory": 2000000000}},
            {"limits": {"cpu": "1", "memory": "1Gi"}},
        ],
    )
    def test_a_container_with_reserves_and_a_memory_limit_passes(self, production: Pack, resources: Properties) -> None:
        assert production.findings("container-resources", POD, _with(resources=resources)) == []

    @pytest.mark.parametrize(
        ("resources", "place"),
        [
            ({"requests": {"memory": "1Gi"}, "limits": {"memory": "1Gi"}}, "requests.cpu reserves no CPU"),
            ({"requests": {"cpu": "1", "memory": "1Gi"}}, "limits.memory has no limit"),
            ({"requests": {"cpu": "1", "memory": "0"}, "limits": {"memory": "1Gi"}}, "requests.memory reserves no"),
            ({"requests": {"cpu": "much"}, "limits": {"memory": "1Gi"}}, "requests.cpu reserves no CPU"),
            ({"requests": {"cpu": True}, "limits": {"memory": "1Gi"}}, "requests.cpu reserves no CPU"),
            ({"requests": {"cpu": 0, "memory": "1"}, "limits": {"memory": "1Gi"}}, "requests.cpu reserves no CPU"),
            ({"requests": {"cpu": "-1", "memory": "1"}, "limits": {"memory": "1Gi"}}, "requests.cpu reserves no"),
        ],
    )
    def test_what_is_missing_or_nothing_is_named(self, production: Pack, resources: Properties, place: str) -> None:
        found = production.findings("container-resources", POD, _with(resources=resources))
        assert [place in sentence for sentence in found] == [True]

    def test_a_container_without_resources_lacks_all_three(self, production: Pack) -> None:
        assert len(production.findings("container-resources", POD, _with(resources=None))) == 3

    def test_what_the_pod_has_its_containers_share(self, production: Pack) -> None:
        shared: Properties = {"limits": {"cpu": "1", "memory": "1Gi"}}
        spec = _of(POD, resources=shared, containers=[container(resources=None)])
        assert production.findings("container-resources", POD, spec) == []

    def test_an_ephemeral_container_can_have_none(self, production: Pack) -> None:
        spec = _of(POD, ephemeralContainers=[container(resources=None)])
        assert production.findings("container-resources", POD, spec) == []

    @pytest.mark.parametrize("type_", KINDS)
    def test_an_init_container_needs_them_in_every_kind(self, production: Pack, type_: str) -> None:
        spec = _of(type_, initContainers=[container(resources={})])
        assert len(production.findings("container-resources", type_, spec)) == 3

    def test_a_patch_may_leave_them_as_they_are_but_not_take_them_away(self, production: Pack) -> None:
        zero: Properties = {"limits": {"memory": "0"}}
        spec = _of(PATCH, containers=[container(image=None, resources=None), container(image=None, resources=zero)])
        found = production.findings("container-resources", PATCH, spec)
        assert len(found) == 2  # of nothing, nothing is reserved either
        assert all("containers[1].resources.limits.memory" in sentence for sentence in found)


class TestProbes:
    @pytest.mark.parametrize(
        ("rule", "key"), [("probe-readiness", "readinessProbe"), ("probe-liveness", "livenessProbe")]
    )
    @pytest.mark.parametrize("probe", [None, {}, {"periodSeconds": 5}])
    def test_a_container_that_is_to_stay_needs_both(self, production: Pack, rule: str, key: str, probe: Value) -> None:
        spec = _of(DEPLOYMENT, containers=[container(**{key: probe})])
        found = production.findings(rule, DEPLOYMENT, spec)
        assert [f"containers[0].{key}" in sentence for sentence in found] == [True]

    @pytest.mark.parametrize("handler", ["tcpSocket", "grpc", "exec", "httpGet"])
    def test_every_way_to_ask_is_one(self, production: Pack, handler: str) -> None:
        spec = _of(DEPLOYMENT, containers=[container(livenessProbe={handler: {"port": 80}})])
        assert production.findings("probe-liveness", DEPLOYMENT, spec) == []

    @pytest.mark.parametrize("type_", ["kubernetes:batch/v1:Job", "kubernetes:batch/v1:CronJob"])
    def test_a_job_needs_none(self, production: Pack, type_: str) -> None:
        spec = _of(type_, containers=[container(readinessProbe=None, livenessProbe=None)])
        assert production.findings("probe-readiness", type_, spec) == []
        assert production.findings("probe-liveness", type_, spec) == []

    def test_a_pod_that_ends_by_itself_needs_none_and_one_that_is_started_again_does(self, production: Pack) -> None:
        bare = container(readinessProbe=None)
        for policy, count in (("Never", 0), ("OnFailure", 0), ("Always", 1), (None, 1)):
            found = production.findings("probe-readiness", POD, _of(POD, restartPolicy=policy, containers=[bare]))
            assert len(found) == count, policy

    def test_init_containers_and_ephemeral_ones_need_none(self, production: Pack) -> None:
        bare = container(readinessProbe=None, livenessProbe=None)
        spec = _of(DEPLOYMENT, initContainers=[bare], ephemeralContainers=[bare])
        assert production.findings("probe-readiness", DEPLOYMENT, spec) == []

    def test_a_custom_resource_that_runs_pods_needs_both(self, production: Pack) -> None:
        type_ = "kubernetes:argoproj.io/v1alpha1:Rollout"
        spec = _of(type_, containers=[container(livenessProbe=None)])
        assert len(production.findings("probe-liveness", type_, spec)) == 1

    @pytest.mark.parametrize(
        "timing",
        [{}, {"failureThreshold": 3}, {"periodSeconds": 10, "initialDelaySeconds": 60}, {"failureThreshold": 1}],
    )
    def test_a_liveness_probe_that_gives_up_no_later_than_readiness_is_refused(
        self, production: Pack, timing: Properties
    ) -> None:
        ask: Properties = {"httpGet": {"path": "/healthz", "port": 8080}}
        same = container(readinessProbe=ask, livenessProbe={**ask, **timing})
        assert len(production.findings("probe-patience", DEPLOYMENT, _of(DEPLOYMENT, containers=[same]))) == 1

    @pytest.mark.parametrize(
        "liveness",
        [
            {"httpGet": {"path": "/healthz", "port": 8080}, "failureThreshold": 4},
            {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 11},
            {"httpGet": {"path": "/alive", "port": 8080}},
            {"tcpSocket": {"port": 8080}},
        ],
    )
    def test_a_liveness_probe_that_waits_longer_or_asks_otherwise_passes(
        self, production: Pack, liveness: Properties
    ) -> None:
        spec = _of(DEPLOYMENT, containers=[container(livenessProbe=liveness)])
        assert production.findings("probe-patience", DEPLOYMENT, spec) == []

    def test_a_patch_that_leaves_the_timing_as_it_is_can_not_be_told(self, production: Pack) -> None:
        ask: Properties = {"httpGet": {"path": "/healthz", "port": 8080}}
        same = container(image=None, readinessProbe=ask, livenessProbe=ask)
        assert production.findings("probe-patience", PATCH, _of(PATCH, containers=[same])) == []
