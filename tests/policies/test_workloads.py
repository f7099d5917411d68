from __future__ import annotations

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Secret, Value
from tests.policies.judging import Pack, Said, container, every_kind, pod_spec, resource

POD = "kubernetes:core/v1:Pod"
ACCOUNT = "kubernetes:core/v1:ServiceAccount"
BINDING = "kubernetes:rbac.authorization.k8s.io/v1:RoleBinding"
KINDS = [type_ for type_, _ in every_kind({})]
AREA = ("pod-", "container-", "probe-", "image-")
LISTS = ["containers", "initContainers", "ephemeralContainers"]

MALFORMED: list[tuple[str, Properties]] = [
    ("pod-no-host-namespaces", {"hostPID": "true"}),
    ("pod-not-privileged", {"containers": [container(securityContext="privileged")]}),
    ("pod-not-privileged", {"containers": [container(securityContext={"privileged": 1})]}),
    ("pod-no-host-path", {"volumes": {"name": "x"}}),
    ("pod-volume-types", {"volumes": ["x", {"name": "tmp", "emptyDir": {}}]}),
    ("pod-no-host-ports", {"containers": [container(ports=[{"hostPort": "80"}])]}),
    ("pod-run-as-user", {"securityContext": {"runAsUser": "0"}}),
    ("pod-capabilities-dropped", {"containers": [container(securityContext={"capabilities": {"drop": "ALL"}})]}),
    ("pod-safe-sysctls", {"securityContext": {"sysctls": {"kernel.msgmax": "1"}}}),
]


def _of(type_: str, **spec: Value) -> Properties:
    return dict(every_kind(pod_spec(**spec)))[type_]


@pytest.mark.parametrize("type_", KINDS)
def test_a_pod_that_follows_the_rules_passes_in_every_kind(production: Pack, type_: str) -> None:
    said = production.resource(resource(type_, inputs=_of(type_)))
    assert [each for each in said if each.rule.startswith(AREA)] == []


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize("place", LISTS)
def test_a_privileged_container_is_refused_in_every_kind_and_list(production: Pack, type_: str, place: str) -> None:
    bad = container(securityContext={"privileged": True})
    found = production.findings("pod-not-privileged", type_, _of(type_, **{place: [container(), bad]}))
    assert len(found) == 1
    assert f"{place}[1].securityContext.privileged gives the container every right" in found[0]


def test_a_privileged_container_beside_an_unknown_image_is_still_reported(production: Pack) -> None:
    bad = container(image=UNKNOWN, securityContext={"privileged": True})
    said = production.resource(resource(POD, inputs=_of(POD, containers=[bad])))
    assert {"pod-not-privileged", "image-tag"} <= {each.rule for each in said if each.mandatory}


def test_a_privileged_container_inside_a_secret_is_still_seen(production: Pack) -> None:
    inputs = _of(POD, containers=[container(securityContext=Secret({"privileged": True}))])
    assert len(production.findings("pod-not-privileged", POD, inputs)) == 1


def test_one_bad_container_hides_no_other(production: Pack) -> None:
    bad = container(securityContext={"privileged": True})
    spec = _of("kubernetes:batch/v1:CronJob", containers=[bad, "nonsense", bad], initContainers=[bad])
    assert len(production.findings("pod-not-privileged", "kubernetes:batch/v1:CronJob", spec)) == 3


@pytest.mark.parametrize(("rule", "spec"), MALFORMED)
def test_a_value_of_the_wrong_type_is_refused(production: Pack, rule: str, spec: Properties) -> None:
    assert production.findings(rule, POD, _of(POD, **spec)) != []


def test_a_kind_of_volume_that_nobody_knows_is_refused(production: Pack) -> None:
    found = production.findings("pod-volume-types", POD, _of(POD, volumes=[{"name": "x", "newDisk": {}}]))
    assert found == ["spec.volumes[0].newDisk is a kind of volume that pods may not have."]


@pytest.mark.parametrize("source", ["hostPath", "local"])
def test_a_persistent_volume_of_a_nodes_folder_is_refused(production: Pack, source: str) -> None:
    inputs: Properties = {"kind": "PersistentVolume", "spec": {source: {"path": "/var/lib/it"}}}
    found = production.findings("volume-no-host-path", "kubernetes:core/v1:PersistentVolume", inputs)
    assert found == [f"spec.{source} is a folder of a node."]


def test_a_persistent_volume_of_a_driver_passes(production: Pack) -> None:
    inputs: Properties = {"kind": "PersistentVolume", "spec": {"csi": {"driver": "ebs.csi.aws.com"}}}
    assert production.findings("volume-no-host-path", "kubernetes:core/v1:PersistentVolume", inputs) == []


def _advice(said: list[Said]) -> set[tuple[str, bool]]:
    return {(each.rule, each.mandatory) for each in said if each.rule.startswith("workload-")}


def test_a_pod_without_a_controller_is_advised_against(production: Pack) -> None:
    assert _advice(production.resource(resource(POD, inputs=_of(POD)))) == {("workload-no-bare-pods", False)}


def test_a_debugging_container_is_advised_against(production: Pack) -> None:
    type_ = "kubernetes:apps/v1:Deployment"
    said = production.resource(resource(type_, inputs=_of(type_, ephemeralContainers=[container()])))
    assert _advice(said) == {("workload-no-debugging-containers", False)}


@pytest.mark.parametrize("type_", KINDS)
@pytest.mark.parametrize("value", [None, True, "false"])
def test_a_pod_that_does_not_refuse_the_apis_token_is_refused(production: Pack, type_: str, value: Value) -> None:
    found = production.findings("pod-no-api-token", type_, _of(type_, automountServiceAccountToken=value))
    assert len(found) == (0 if value is None and type_.endswith("Patch") else 1)


@pytest.mark.parametrize("value", [None, True, "false", UNKNOWN])
def test_an_account_that_does_not_refuse_the_apis_token_is_refused(production: Pack, value: Value) -> None:
    inputs: Properties = {"kind": "ServiceAccount", "automountServiceAccountToken": value}
    assert len(production.findings("service-account-no-token", ACCOUNT, inputs)) == 1


def test_an_account_that_refuses_it_passes_and_a_patch_may_leave_it_as_it_is(production: Pack) -> None:
    inputs: Properties = {"kind": "ServiceAccount", "automountServiceAccountToken": False}
    assert production.findings("service-account-no-token", ACCOUNT, inputs) == []
    assert production.findings("service-account-no-token", f"{ACCOUNT}Patch", {"metadata": {"name": "it"}}) == []


@pytest.mark.parametrize("name", [None, "", "default"])
@pytest.mark.parametrize("key", ["serviceAccountName", "serviceAccount"])
def test_a_pod_without_an_account_of_its_own_is_refused(production: Pack, key: str, name: Value) -> None:
    inputs = _of(POD, **{"serviceAccountName": None, key: name})
    assert len(production.findings("pod-service-account", POD, inputs)) == 1


def test_the_old_name_of_the_field_counts_where_the_new_one_is_not_set(production: Pack) -> None:
    old = _of(POD, serviceAccountName=None, serviceAccount="stratmaster-api")
    assert production.findings("pod-service-account", POD, old) == []
    both = _of(POD, serviceAccountName="default", serviceAccount="stratmaster-api")
    assert len(production.findings("pod-service-account", POD, both)) == 1


class TestAccountsOfAStack:
    RULE = "pod-service-account-exists"

    def _said(self, pack: Pack, *names: str, namespace: Value = "stratmaster-blue") -> int:
        type_ = "kubernetes:apps/v1:Deployment"
        namespaces = resource("kubernetes:core/v1:Namespace", inputs={"metadata": {"name": namespace}}, name="n")
        accounts = [
            resource(ACCOUNT, inputs={"metadata": {"name": name, "namespace": "stratmaster-blue"}}, name=name)
            for name in names
        ]
        said = pack.stack(namespaces, *accounts, resource(type_, inputs=_of(type_)))
        return len([each for each in said if each.rule == self.RULE])

    def test_an_account_that_is_declared_passes(self, production: Pack) -> None:
        assert self._said(production, "another", "stratmaster-api") == 0

    def test_an_account_that_nobody_declares_is_refused(self, production: Pack) -> None:
        assert self._said(production, "another") == 1

    def test_a_namespace_that_another_stack_declares_has_its_accounts_from_there(self, production: Pack) -> None:
        assert self._said(production, namespace="stratmaster-green") == 0

    def test_an_unknown_namespace_or_account_is_refused(self, production: Pack) -> None:
        type_ = "kubernetes:apps/v1:Deployment"
        for inputs in (
            {**_of(type_), "metadata": {"name": "it", "namespace": UNKNOWN}},
            _of(type_, serviceAccountName=UNKNOWN),
        ):
            said = production.stack(resource(type_, inputs=inputs))
            assert self.RULE in {each.rule for each in said if each.mandatory}


def _bound(*subjects: Value) -> Properties:
    return {"kind": "RoleBinding", "subjects": list(subjects)}


def test_rights_for_a_default_account_are_refused_one_by_one(production: Pack) -> None:
    default: Properties = {"kind": "ServiceAccount", "name": "default", "namespace": "stratmaster-blue"}
    group: Properties = {"kind": "Group", "name": "default"}
    inputs = _bound(default, group, UNKNOWN, default)
    found = production.findings("service-account-default-unbound", BINDING, inputs)
    assert [sentence.split(" ")[0] for sentence in found] == ["subjects[0]", "subjects[2].kind", "subjects[3]"]


def test_rights_for_an_account_of_its_own_pass(production: Pack) -> None:
    inputs = _bound({"kind": "ServiceAccount", "name": "stratmaster-api"})
    assert production.findings("service-account-default-unbound", BINDING, inputs) == []
