"""The data's objects as the stacks declare them: database, cache, jobs, the migration before the release."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache

import pytest

from components.backups import SCHEDULES
from operations.cli import parser
from rehearsal.engine.record import Recording
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Value, mapping
from tests.stacks.recorded import UP, plain, run

DIGEST = "sha256:" + "a" * 64
IMAGE = {"tag": "v1.2.3", "digest": DIGEST}
DATA: Mapping[str, object] = {
    "database": {"mode": "cluster"},
    "cache": {"memory": "2Gi"},
    "operations": IMAGE,
    "backups": {"bucket": "stratmaster-backups-prod", "kmsKey": "alias/backups", "role": "arn:aws:iam::1:role/backup"},
}


def foundation(**changes: object) -> Recording:
    return _recorded(json.dumps({**DATA, **changes}))


@cache
def _recorded(changes: str) -> Recording:
    recording = run("production", changes=json.loads(changes))
    assert recording.error is None, recording.error
    return recording


def pod_of(job: Resource) -> Mapping[str, Value]:
    spec = mapping(job.inputs["spec"])
    if "jobTemplate" in spec:
        spec = mapping(mapping(spec["jobTemplate"])["spec"])
    return mapping(mapping(spec["template"])["spec"])


def container_of(job: Resource) -> Mapping[str, Value]:
    return mapping(listed(pod_of(job)["containers"])[0])


def listed(value: Value) -> list[Value]:
    assert isinstance(value, list)
    return value


def test_every_cron_job_runs_a_command_that_the_image_knows() -> None:
    jobs = foundation().of_kind("CronJob")
    commands = {tuple(map(str, listed(container_of(job)["args"]))) for job in jobs}
    assert commands == {tuple(schedule.arguments) for schedule in SCHEDULES}
    for job in jobs:
        container = container_of(job)
        assert container["command"] == ["python", "-m", "operations"]
        parser().parse_args([str(argument) for argument in listed(container["args"])])


def test_a_backup_is_taken_at_two_and_nothing_of_it_runs_twice_at_once() -> None:
    by_name = {
        str(mapping(job.inputs["metadata"])["name"]): mapping(job.inputs["spec"])
        for job in foundation().of_kind("CronJob")
    }
    assert by_name["database-backup"]["schedule"] == "0 2 * * *"
    assert {str(spec["concurrencyPolicy"]) for spec in by_name.values()} == {"Forbid"}
    hours = [str(spec["schedule"]) for spec in by_name.values()]
    assert len(set(hours)) == len(hours)


def test_the_cluster_is_protected_unless_told_otherwise_and_archives_to_the_bucket() -> None:
    (cluster,) = foundation().of_kind("Cluster")
    assert cluster.protect
    spec = mapping(cluster.inputs["spec"])
    assert spec["instances"] == 3
    assert mapping(listed(spec["plugins"])[0])["isWALArchiver"] is True
    (free,) = foundation(protectData="false").of_kind("Cluster")
    assert not free.protect


def service(recording: Recording, name: str) -> Resource:
    (found,) = [each for each in recording.of_kind("Service") if mapping(each.inputs["metadata"])["name"] == name]
    return found


@pytest.mark.parametrize("name", ["postgres", "postgres-replica"])
def test_a_server_of_ones_own_gets_the_same_names(name: str) -> None:
    recording = foundation(database={"mode": "external", "host": "db.example.com"})
    assert mapping(service(recording, name).inputs["spec"])["externalName"] == "db.example.com"
    assert not recording.of_kind("Cluster")


@pytest.mark.parametrize(("name", "role"), [("postgres", "primary"), ("postgres-replica", "replica")])
@pytest.mark.parametrize(
    ("serve", "serving", "fenced"),
    [(True, "postgres-20241220t100000", "postgres"), (False, "postgres", "postgres-20241220t100000")],
)
def test_both_names_lead_to_the_cluster_that_serves_and_move_before_the_other_is_fenced(
    name: str, role: str, *, serve: bool, serving: str, fenced: str
) -> None:
    recovery = {"toTime": "2024-12-20T10:00:00Z", "serve": serve}
    recording = foundation(database={"mode": "cluster", "recovery": recovery})
    clusters = {str(mapping(each.inputs["metadata"])["name"]): each for each in recording.of_kind("Cluster")}
    found = service(recording, name)
    selector = mapping(mapping(found.inputs["spec"])["selector"])
    assert selector == {"cnpg.io/cluster": serving, "cnpg.io/instanceRole": role}
    assert clusters[serving].urn in found.dependencies
    assert found.urn in clusters[fenced].dependencies


def test_the_password_of_the_cache_is_among_no_arguments() -> None:
    (redis,) = [
        each for each in foundation().of_kind("Deployment") if mapping(each.inputs["metadata"])["name"] == "redis"
    ]
    container = container_of(redis)
    assert all("valueFrom" in mapping(each) for each in listed(container["env"]))
    assert "requirepass" not in " ".join(str(word) for word in listed(container["command"])[:2])
    assert mapping(mapping(redis.inputs["spec"])["strategy"])["type"] == "Recreate"


def test_the_release_waits_for_the_migration_and_another_image_is_another_job() -> None:
    first, second = (run("blue", operations={**IMAGE, "tag": tag}) for tag in ("v1", "v2"))
    names: set[str] = set()
    for recording in (first, second):
        assert recording.error is None, recording.error
        (job,) = recording.of_kind("Job")
        names.add(str(mapping(job.inputs["metadata"])["name"]))
        (release,) = [each for each in recording.resources if each.type == "kubernetes:helm.sh/v3:Release"]
        assert job.urn in release.dependencies
        assert "ttlSecondsAfterFinished" not in mapping(job.inputs["spec"])
    assert len(names) == 2


@pytest.mark.parametrize(("settings", "protected"), [({}, True), ({"protectData": "false"}, False)])
def test_the_namespace_of_the_database_is_protected_until_it_is_taken_down(
    settings: Mapping[str, object], *, protected: bool
) -> None:
    (namespace,) = foundation(**settings).of_kind("Namespace")
    assert namespace.protect is protected


def test_a_migration_finds_its_way_back_in_the_bucket_as_an_account_of_its_own() -> None:
    place = {
        "bucket": "backups",
        "prefix": "prod",
        "region": "eu-central-1",
        "kmsKey": "alias/b",
        "accountId": "1" * 12,
    }
    recording = run("blue", operations=IMAGE, backups=place)
    assert recording.error is None, recording.error
    (job,) = recording.of_kind("Job")
    told = {str(mapping(each)["name"]): mapping(each).get("value") for each in listed(container_of(job)["env"])}
    wanted = {
        "BACKUP_BUCKET": "backups",
        "BACKUP_PREFIX": "prod",
        "AWS_REGION": "eu-central-1",
        "BACKUP_KMS_KEY": "alias/b",
    }
    assert wanted.items() <= told.items()
    assert pod_of(job)["serviceAccountName"] == "stratmaster-migration"
    accounts = {str(mapping(each.inputs["metadata"])["name"]): each for each in recording.of_kind("ServiceAccount")}
    notes = mapping(mapping(accounts["stratmaster-migration"].inputs["metadata"])["annotations"])
    role = f"arn:aws:iam::{'1' * 12}:role/stratmaster-blue-stratmaster-migration"
    assert notes["eks.amazonaws.com/role-arn"] == role
    assert "annotations" not in mapping(accounts["stratmaster-api"].inputs["metadata"]), (
        "the API has no part in backups"
    )


def test_only_the_backup_of_objects_gets_a_token_and_only_with_somebodys_key() -> None:
    backups = {"bucket": "backups", "configRecipients": [f"age1{'q' * 58}"]}
    jobs = {
        str(mapping(each.inputs["metadata"])["name"]): each for each in foundation(backups=backups).of_kind("CronJob")
    }
    with_token = [name for name, job in jobs.items() if "projected" in json.dumps(plain(pod_of(job)["volumes"]))]
    assert with_token == ["config-backup"]
    assert "config-backup" not in {
        str(mapping(each.inputs["metadata"])["name"]) for each in foundation().of_kind("CronJob")
    }


def test_contract_steps_are_a_change_of_config() -> None:
    never_released = {**UP, "green": Properties()}  # while it runs the step is refused: test_contract.py
    (job,) = run("blue", stacks=never_released, operations=IMAGE, contractMigrations="true").of_kind("Job")
    assert "--contract" in listed(container_of(job)["args"])


def test_without_a_database_there_is_no_job_and_the_preview_says_so() -> None:
    recording = run("dev", operations={"tag": "v1"})
    assert not recording.of_kind("Job")
    assert any("no schema migration runs" in each.message for each in recording.diagnostics)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"operations": {"tag": "v1"}}, "operations.digest is missing"),
        ({"operations": {**IMAGE, "tag": "latest"}}, "operations.tag is latest"),
        ({"backups": {}}, "operations, the image that takes them, is not"),
        ({"database": {"mode": "cluster"}}, "nothing would be archived"),
        ({"database": {"mode": "external"}}, "needs host"),
        ({"database": {"mode": "cluster", "pooler": {"poolSize": 60}}}, "80 % of maxConnections"),
    ],
)
def test_data_settings_that_do_not_fit_are_refused(changes: Mapping[str, object], said: str) -> None:
    error = run("production", changes=changes).error
    assert error is not None
    assert said in error


PLACE = {"bucket": "backups"}
OPEN = {"cidrs": ["10.20.0.0/24"], "port": 5432}
EXTERNAL = {"mode": "external", "host": "db.example.com"}


@pytest.mark.parametrize(
    ("stack", "changes", "key", "said"),
    [
        ("production", {"backups": PLACE}, "s3", "stratmaster:backups is set"),
        ("blue", {"backups": PLACE}, "s3", "stratmaster:backups is set"),
        ("production", {"database": EXTERNAL}, "database", "stratmaster:database.mode external is set"),
    ],
)
def test_what_no_network_policy_lets_through_is_named(
    stack: str, changes: Mapping[str, object], key: str, said: str
) -> None:
    def warned(network: Mapping[str, object]) -> bool:
        recording = run(stack, changes={"operations": IMAGE, **changes, "network": network})
        return any(f"{said}, but not stratmaster:network.{key}" in each.message for each in recording.diagnostics)

    assert warned({})
    assert not warned({key: OPEN})
