"""A recovery to a moment, as a config change: what is made, what is kept, what moves, and in which order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

import pytest

from rehearsal.engine.record import Recording
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Value, mapping
from tests.stacks.recorded import run
from tests.stacks.test_data import DATA, container_of, listed

MOMENT = "2024-12-20T11:00:00+01:00"
NAME = "postgres-20241220t100000"
"""The moment in UTC."""


def recovered(**recovery: object) -> Recording:
    return declared(json.dumps({"mode": "cluster", "pooler": {}, "recovery": {"toTime": MOMENT, **recovery}}))


@cache
def declared(database: str) -> Recording:
    recording = run("production", changes={**DATA, "database": json.loads(database)})
    assert recording.error is None, recording.error
    return recording


def named(recording: Recording, kind: str) -> Mapping[str, Resource]:
    return {str(mapping(each.inputs["metadata"])["name"]): each for each in recording.of_kind(kind)}


def spec(resource: Resource) -> Mapping[str, Value]:
    return mapping(resource.inputs["spec"])


def notes(resource: Resource) -> Mapping[str, Value]:
    return mapping(mapping(resource.inputs["metadata"]).get("annotations") or {})


def test_the_new_cluster_begins_from_the_archive_and_archives_under_its_own_name() -> None:
    new = spec(named(recovered(), "Cluster")[NAME])
    bootstrap = mapping(mapping(new["bootstrap"])["recovery"])
    assert bootstrap["source"] == "postgres"
    assert mapping(bootstrap["recoveryTarget"]) == {"targetTime": "2024-12-20T10:00:00+00:00"}
    (source,) = listed(new["externalClusters"])
    parameters = mapping(mapping(mapping(source)["plugin"])["parameters"])
    assert parameters == {"barmanObjectName": "postgres", "serverName": "postgres"}
    own = mapping(mapping(listed(new["plugins"])[0])["parameters"])
    assert own == {"barmanObjectName": "postgres"}, "the operator adds the cluster's own name as the server's"


def test_the_first_cluster_keeps_its_identity_and_both_are_protected() -> None:
    plain = declared(json.dumps({"mode": "cluster", "pooler": {}}))
    clusters, ones = named(recovered(), "Cluster"), named(plain, "Cluster")
    assert clusters["postgres"].urn == ones["postgres"].urn
    assert spec(clusters["postgres"]) == spec(ones["postgres"])
    assert all(each.protect for each in clusters.values())
    kept = {each.urn for each in plain.resources}
    assert kept <= {each.urn for each in recovered().resources}, "nothing is deleted or replaced"


def test_the_name_moves_once_the_new_cluster_is_ready_and_only_then_the_old_one_stops() -> None:
    recording = recovered()
    clusters, service = named(recording, "Cluster"), named(recording, "Service")["postgres"]
    assert spec(service)["selector"] == {"cnpg.io/cluster": NAME, "cnpg.io/instanceRole": "primary"}
    assert notes(clusters[NAME])["pulumi.com/waitFor"] == "condition=Ready"
    assert clusters[NAME].urn in service.dependencies
    assert service.urn in clusters["postgres"].dependencies
    assert notes(clusters["postgres"])["cnpg.io/fencedInstances"] == '["*"]'
    assert "pulumi.com/waitFor" not in notes(clusters["postgres"]), "a fenced cluster is never ready"


def test_pooler_backups_and_drill_follow_the_cluster_that_serves() -> None:
    recording = recovered()
    assert mapping(spec(named(recording, "Pooler")["postgres-pooler"])["cluster"])["name"] == NAME
    daily = named(recording, "ScheduledBackup")
    assert spec(daily[f"{NAME}-daily"])["immediate"] is True
    assert spec(daily["postgres-daily"])["suspend"] is True
    drill = container_of(named(recording, "CronJob")["database-drill"])
    servers = [mapping(each).get("value") for each in listed(drill["env"]) if mapping(each)["name"] == "WAL_SERVER"]
    assert servers == [NAME]


def test_each_cluster_archives_as_itself() -> None:
    backups = {"bucket": "stratmaster-backups-prod"}
    issuer = "oidc.eks.us-east-1.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
    deployers = ["arn:aws:iam::123456789012:role/deployer"]
    aws = {"accountId": "123456789012", "region": "us-east-1", "oidcIssuer": issuer, "deployers": deployers}
    database = {"mode": "cluster", "recovery": {"toTime": MOMENT}}
    recording = run("production", changes={**DATA, "backups": backups, "aws": aws, "database": database})
    assert recording.error is None, recording.error
    roles = {str(each.inputs["name"]) for each in recording.resources if each.type == "aws:iam/role:Role"}
    for name, cluster in named(recording, "Cluster").items():
        account = mapping(mapping(spec(cluster)["serviceAccountTemplate"])["metadata"])
        role = f"stratmaster-production-{name}"
        assert account["annotations"] == {"eks.amazonaws.com/role-arn": f"arn:aws:iam::123456789012:role/{role}"}
        assert role in roles


def test_the_way_back_is_the_same_the_other_way_round() -> None:
    recording = recovered(serve=False)
    clusters, service = named(recording, "Cluster"), named(recording, "Service")["postgres"]
    assert mapping(spec(service)["selector"])["cnpg.io/cluster"] == "postgres"
    assert "cnpg.io/fencedInstances" not in notes(clusters["postgres"])
    assert "cnpg.io/fencedInstances" in notes(clusters[NAME])
    assert clusters["postgres"].urn in service.dependencies
    assert service.urn in clusters[NAME].dependencies


def test_another_moment_is_another_cluster_and_the_first_try_is_kept() -> None:
    first = named(recovered(), "Cluster")[NAME]
    again = recovered(toTime="2024-12-20T09:00:00Z", earlier=[{"toTime": MOMENT}])
    clusters = named(again, "Cluster")
    assert set(clusters) == {"postgres", NAME, "postgres-20241220t090000"}
    assert clusters[NAME].urn == first.urn
    assert spec(clusters[NAME]) == spec(first)
    selector = mapping(spec(named(again, "Service")["postgres"])["selector"])
    assert selector["cnpg.io/cluster"] == "postgres-20241220t090000"


def test_a_recovered_cluster_can_be_recovered_from_in_its_turn() -> None:
    again = recovered(toTime="2024-12-24T09:00:00Z", source=NAME, earlier=[{"toTime": MOMENT}])
    new = spec(named(again, "Cluster")["postgres-20241224t090000"])
    (source,) = listed(new["externalClusters"])
    assert mapping(mapping(mapping(source)["plugin"])["parameters"])["serverName"] == NAME


def test_a_first_cluster_that_is_gone_is_not_made_again_empty() -> None:
    assert set(named(recovered(originalLost=True), "Cluster")) == {NAME}


@pytest.mark.parametrize(
    ("database", "said"),
    [
        ({"mode": "cluster", "recovery": {"toTime": "2024-12-20T10:00:00"}}, "time zone"),
        ({"mode": "cluster", "recovery": {"toTime": "yesterday"}}, "no moment"),
        ({"mode": "external", "host": "db.example.com", "recovery": {"toTime": MOMENT}}, "restore --to-time"),
        ({"mode": "cluster", "recovery": {"toTime": MOMENT, "earlier": [{"toTime": MOMENT}]}}, "a moment twice"),
        (
            {"mode": "cluster", "recovery": {"toTime": MOMENT, "originalLost": True, "serve": False}},
            "no cluster is left",
        ),
        ({"mode": "cluster", "recovery": {"toTime": MOMENT, "source": "postgres-1"}}, "postgres-1"),
    ],
)
def test_a_recovery_that_cannot_be_is_refused(database: Mapping[str, object], said: str) -> None:
    error = run("production", changes={**DATA, "database": database}).error
    assert error is not None
    assert said in error
    assert "Traceback" not in error


def test_a_recovery_without_an_archive_is_refused() -> None:
    database = {"mode": "cluster", "recovery": {"toTime": MOMENT}}
    error = run("production", changes={"database": database}).error
    assert error is not None
    assert "there is no archive" in error or "nothing would be archived" in error
