"""What the foundation declares at AWS, and what other parts of the program take for granted of it."""

from __future__ import annotations

import inspect
import json
from collections.abc import Mapping
from typing import Final, cast

import pulumi_aws
import pytest

from components import aws_names
from rehearsal.engine.record import Recording
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Secret, Value, mapping, text
from tests.aws.declared import ACCOUNT, ALL, AWS, BUCKET, at_aws, changed, everything, foundation, kept, of, whole
from tests.stacks.recorded import RANDOM, ROOT, leaves, made

STACKS: Final = ("production", "blue", "green")
BY_HAND: Final = {
    "firebase-credentials",
    "temporal-credentials",
    "external-api-keys",
    "ghcr-secret",
    "alerting-credentials",
}


def listed(value: Value) -> list[Value]:
    assert isinstance(value, list)
    return value


def by_name(recording: Recording, type_: str) -> dict[str, Resource]:
    return {each.name: each for each in of(recording, type_)}


def test_nothing_is_there_without_an_account() -> None:
    assert not [each for each in foundation({}).resources if "aws" in each.type]
    assert "aws:" not in (ROOT / "tests/stacks/golden/production.urns").read_text(), "as it is committed"


def test_an_account_alone_keeps_nothing_yet() -> None:
    """Not even a boundary: a policy without a statement is none."""
    least = {key: AWS[key] for key in ("accountId", "region", "oidcIssuer", "deployers")}
    assert at_aws(foundation({"aws": least})) == []


def test_everything_that_can_have_tags_has_them() -> None:
    tagged = 0
    for each in at_aws(everything()):
        module, name = each.type.split("/", 1)[0].removeprefix("aws:"), each.type.rsplit(":", 1)[1]
        takes = inspect.signature(getattr(getattr(pulumi_aws, module), name)._internal_init).parameters
        if "tags" in takes:
            tags = mapping(each.inputs["tags"])
            assert tags["owner"] == "platform"
            assert tags["stratmaster:stack"] == "production"
            assert tags["stratmaster:component"]
            tagged += 1
    assert tagged > 50


def test_providers_are_of_one_account_and_a_region_each() -> None:
    recording = everything()
    providers = {each.urn: each.inputs for each in recording.resources if each.type == "pulumi:providers:aws"}
    assert {text(each["allowedAccountIds"]) for each in providers.values()} == {json.dumps([ACCOUNT])}
    assert {text(each["region"]) for each in providers.values()} == {"us-east-1", "us-west-2"}
    assert {each.provider_urn for each in at_aws(recording)} == set(providers)


def test_what_cannot_be_made_again_is_protected_until_told_otherwise() -> None:
    kept = ("Bucket", "Key", "Secret")
    assert all(each.protect for name in kept for each in of(everything(), name))
    free = foundation({**ALL, "protectData": "false"})
    assert not any(each.protect for each in made(free) if each.type.startswith(("aws:", "random:")))


@pytest.mark.parametrize("mode", ["governance", "compliance"])
def test_backups_are_locked_for_the_retention_and_superseded_ones_go_after_it(mode: str) -> None:
    recording = foundation(changed("backups", "objectLock", to=mode))
    for lock in by_name(recording, "BucketObjectLockConfiguration").values():
        assert mapping(lock.inputs["rule"])["defaultRetention"] == {"mode": mode.upper(), "days": 35}
    for name in ("backups", "replica"):
        rules = listed(by_name(recording, "BucketLifecycleConfiguration")[f"{name}-lifecycle"].inputs["rules"])
        keep = next(mapping(rule) for rule in rules if mapping(rule)["id"] == "keep")
        assert keep["noncurrentVersionExpiration"] == {"noncurrentDays": 35}
        assert keep["expiration"] == {"days": 70}, "`operations prune` comes first"
        assert keep["transitions"] == [{"days": 7, "storageClass": "GLACIER_IR"}]


def test_without_a_second_region_there_is_no_copy_and_nobody_who_could_make_one() -> None:
    recording = foundation(changed("backups", "replicaRegion", to=None))
    assert {text(each.inputs["bucket"]) for each in of(recording, "Bucket")} == {
        BUCKET,
        f"stratmaster-production-access-logs-{ACCOUNT}-us-east-1",
    }
    assert not of(recording, "BucketReplicationConfig")
    assert "replica" not in json.dumps([text(each.inputs.get("policy")) for each in at_aws(recording)])


def test_with_another_s3_nothing_but_secrets_is_kept_at_aws() -> None:
    elsewhere = {"bucket": "backups", "endpoint": "https://s3.example.com"}
    recording = foundation({**ALL, "backups": elsewhere})
    assert {each.type.split("/", 1)[0] for each in at_aws(recording)} == {"aws:iam", "aws:kms", "aws:secretsmanager"}


def test_the_account_s_own_boundary_takes_the_place_of_ours() -> None:
    theirs = f"arn:aws:iam::{ACCOUNT}:policy/platform/boundary"
    recording = foundation(changed("permissionsBoundary", to=theirs))
    assert not of(recording, "Policy")
    assert {text(each.inputs["permissionsBoundary"]) for each in of(recording, "Role")} == {theirs}


def test_every_role_that_a_service_account_names_is_one_that_opens_to_it() -> None:
    """The foundation's jobs and, with the account in their own settings, the slots' migrations and readers."""
    roles = {
        f"arn:aws:iam::{ACCOUNT}:role/{each.inputs['name']}": text(each.inputs["assumeRolePolicy"])
        for each in of(everything(), "Role")
    }
    found = 0
    for stack in STACKS:
        for account in whole(stack).of_kind("ServiceAccount"):
            metadata = mapping(account.inputs["metadata"])
            role = mapping(metadata.get("annotations")).get(aws_names.ROLE_ANNOTATION)
            if role is None:
                continue
            subject = f"system:serviceaccount:stratmaster-{stack}:{metadata['name']}"
            assert f'"{subject}"' in roles[text(role)], role
            found += 1
    assert found >= 8


def test_every_entry_that_an_external_secret_reads_is_one_that_is_made() -> None:
    entries = {text(each.inputs["name"]) for each in of(everything(), "Secret")}
    values = _values(everything())
    read: set[str] = set()
    for stack in STACKS:
        for each in whole(stack).of_kind("ExternalSecret"):
            for one in listed(mapping(each.inputs["spec"])["data"]):
                reference = mapping(mapping(one)["remoteRef"])
                entry, key = text(reference["key"]), text(reference.get("property"))
                read.add(entry)
                assert entry in values or entry.rsplit("/", 1)[1] in BY_HAND, entry
                assert entry not in values or key in values[entry], (entry, key)
    assert read == {name for name in entries if "postgres-user" not in name}


def _values(recording: Recording) -> Mapping[str, Mapping[str, str]]:
    """Entry -> what the program writes into it."""
    versions = of(recording, "SecretVersion")
    found: dict[str, Mapping[str, str]] = {}
    for each in versions:
        secret = each.inputs["secretString"]
        assert isinstance(secret, Secret), each.name
        found[text(each.inputs["secretId"])] = cast("Mapping[str, str]", json.loads(str(secret.value)))
    return found


def test_the_program_writes_no_entry_that_a_person_writes() -> None:
    for recording, hand in (
        (everything(), BY_HAND),
        (foundation(changed("secrets", "byHand", to={"jwt-secrets": "2026-11-01"})), {*BY_HAND, "jwt-secrets"}),
    ):
        written = {name.rsplit("/", 1)[1] for name in _values(recording)}
        assert not written & hand
        assert {each.name.removesuffix("-value") for each in of(recording, "SecretVersion")} <= {
            each.name for each in of(recording, "Secret")
        }


def test_a_version_that_the_program_stops_writing_stays() -> None:
    assert all(each.retain_on_delete for each in of(everything(), "SecretVersion"))


def test_no_generated_value_stands_in_the_clear() -> None:
    recording = everything()
    assert any(
        RANDOM in str(cast("Secret", each.inputs["secretString"]).value) for each in of(recording, "SecretVersion")
    )
    for each in recording.resources:
        assert RANDOM not in set(leaves(each.inputs)) | set(leaves(each.outputs)), each.urn


def test_slots_find_what_the_foundation_runs_and_what_the_settings_say() -> None:
    whole = changed("secrets", "values", to={"qdrant-credentials": {"qdrant-url": "https://qdrant.example.com"}})
    recording = foundation({**whole, "database": {"mode": "external", "host": "db.example.com"}, "cache": {}})
    values = _values(recording)
    blue = values["stratmaster/blue/postgres-credentials"]
    assert blue["postgres-host"] == "postgres.stratmaster-production"
    assert values["stratmaster/blue/redis-credentials"]["redis-host"] == "redis.stratmaster-production"
    assert values["stratmaster/green/qdrant-credentials"]["qdrant-url"] == "https://qdrant.example.com"
    assert blue == values["stratmaster/green/postgres-credentials"]


@pytest.mark.parametrize("letter", ["a", "b"])
def test_whoever_is_active_logs_applications_in_and_is_protected(letter: str) -> None:
    users = {**cast("dict[str, object]", cast("dict[str, object]", AWS["secrets"])["databaseUsers"]), "active": letter}
    recording = foundation(changed("secrets", "databaseUsers", to=users))
    credentials = _values(recording)["stratmaster/blue/postgres-credentials"]
    assert credentials["postgres-username"] == f"stratmaster_{letter}"
    assert credentials["postgres-replica-username"] == f"stratmaster_readonly_{letter}"
    passwords = {each.name: each for each in recording.resources if each.name.startswith("postgres-password-")}
    assert {name for name, each in passwords.items() if each.protect} == {f"postgres-password-{letter}"}
    own = _values(recording)[f"stratmaster/production/postgres-user-{letter}"]
    assert own["postgres-username"] == f"stratmaster_{letter}"


def test_a_secret_that_is_not_there_is_refused_before_anything_is_declared() -> None:
    for setting, value, said in (
        ("byHand", {"jwt-secret": "2026-11-01"}, "stratmaster:aws.secrets.byHand.jwt-secret is none of the secrets"),
        ("values", {"redis-credentials": {"redis-password": "x"}}, "stratmaster:aws.secrets.values.redis-credentials."),
        ("byHand", {"postgres-owner": "2026-11-01"}, "stratmaster:aws.secrets.byHand.postgres-owner is none of the"),
    ):
        recording = kept(changed("secrets", setting, to=value))
        assert recording.error is not None
        assert said in recording.error
        assert not made(recording)
