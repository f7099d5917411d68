"""Settings of the account: every mistake by its key, with how to mend it."""

from __future__ import annotations

import pytest

from settings.aws import seconds
from tests.aws.declared import ALL, AWS, changed
from tests.settings.stack_files import FOUNDATION, read, refusal


def test_all_of_it_is_accepted_and_none_of_it_is_needed() -> None:
    assert read(FOUNDATION, "production", **ALL).environment == "production"
    assert getattr(read(FOUNDATION, "production"), "aws", ...) is None


@pytest.mark.parametrize("key", ["accountId", "region", "oidcIssuer", "deployers"])
def test_what_has_to_be_there_is_named_when_it_is_missing(key: str) -> None:
    assert [what for what, _ in refusal(FOUNDATION, "production", changed(key, to=None))] == [
        f"stratmaster:aws.{key} is missing."
    ]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("accountId",), 12345678901, "stratmaster:aws.accountId is 12345678901, which isn't allowed."),
        (("accountId",), "1234567890123", "stratmaster:aws.accountId is 1234567890123, which isn't allowed."),
        (("region",), "us-east", "stratmaster:aws.region is us-east, which isn't allowed."),
        (("region",), "us-gov-west-1", "stratmaster:aws.region is us-gov-west-1, which isn't allowed."),
        (("oidcIssuer",), "https://oidc.eks/id/1", "stratmaster:aws.oidcIssuer is https://oidc.eks/id/1, which isn't"),
        (("deployers",), [], "stratmaster:aws.deployers is a list, which isn't allowed."),
        (("deployers",), ["arn:aws:iam::123456789012:role/*"], "stratmaster:aws.deployers.0 is arn:aws:iam::123456789"),
        (("deployers",), ["arn:aws:iam::999999999999:role/x"], "stratmaster:aws.deployers.0 is of another account"),
        (
            ("permissionsBoundary",),
            "arn:aws:iam::999999999999:policy/x",
            "stratmaster:aws.permissionsBoundary is of an",
        ),
        (
            ("permissionsBoundary",),
            "arn:aws:iam::aws:policy/AdministratorAccess",
            "stratmaster:aws.permissionsBoundary",
        ),
        (("tags",), {"stratmaster:stack": "x"}, "stratmaster:aws.tags has stratmaster:stack, and tags that begin so"),
        (("backups", "replicaRegion"), "us-east-1", "stratmaster:aws.backups.replicaRegion is us-east-1, where the"),
        (("backups", "replicaRegion"), "cn-north-1", "stratmaster:aws.backups.replicaRegion is cn-north-1, and the"),
        (("backups", "coldAfterDays"), 35, "stratmaster:aws.backups.coldAfterDays is 35, when backups end anyway"),
        (("backups", "objectLock"), "none", "stratmaster:aws.backups.objectLock is none, none of its choices."),
        (("backups", "logDays"), 7, "stratmaster:aws.backups.logDays is 7, which isn't allowed."),
        (("secrets", "rotatedOn"), "2026-02-30", "stratmaster:aws.secrets.rotatedOn"),
        (("secrets", "rotatedOn"), "yesterday", "stratmaster:aws.secrets.rotatedOn is yesterday, which isn't allowed."),
        (("secrets", "rotateAfterDays"), 91, "stratmaster:aws.secrets.rotateAfterDays is 91, which isn't allowed."),
        (("secrets", "databaseUsers", "active"), "c", "stratmaster:aws.secrets.databaseUsers.active is c, none of its"),
        (("secrets", "databaseUsers", "b"), None, "stratmaster:aws.secrets.databaseUsers.b is missing."),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(path: tuple[str, ...], value: object, said: str) -> None:
    problems = refusal(FOUNDATION, "production", changed(*path, to=value))
    assert len(problems) == 1, problems
    assert problems[0][0].startswith(said)
    assert problems[0][1]


@pytest.mark.parametrize(
    ("backups", "said"),
    [
        ({"region": "eu-west-1"}, "stratmaster:backups.region is eu-west-1, but stratmaster:aws.region is us-east-1."),
        ({"bucket": "a.b"}, "stratmaster:backups.bucket a.b is no name that stratmaster:aws can make a bucket of."),
        ({"bucket": "x" * 60}, f"stratmaster:backups.bucket {'x' * 60} is no name that"),
        (
            {"kmsKey": "alias/x"},
            "stratmaster:backups.kmsKey is set, but with stratmaster:aws the program makes its own.",
        ),
        ({"retentionDays": 29}, "stratmaster:backups.retentionDays is 29, and with stratmaster:aws the bucket locks"),
    ],
)
def test_backups_that_do_not_fit_the_account_are_refused(backups: dict[str, object], said: str) -> None:
    whole = {**ALL, "backups": {"bucket": "stratmaster-backups-prod", **backups}}
    (problem,) = refusal(FOUNDATION, "production", whole)
    assert problem[0].startswith(said)


def test_backups_at_another_s3_are_nothing_to_the_account() -> None:
    elsewhere = {"bucket": "a.b", "region": "eu-west-1", "endpoint": "https://s3.example.com", "retentionDays": 7}
    assert read(FOUNDATION, "production", **{**ALL, "backups": elsewhere})


def test_users_that_take_turns_are_refused_where_the_operator_keeps_the_owner() -> None:
    (problem,) = refusal(FOUNDATION, "production", {**ALL, "database": {"mode": "cluster"}})
    assert problem[0].startswith(
        "stratmaster:aws.secrets.databaseUsers is set, but stratmaster:database.mode is cluster"
    )


def test_a_backend_without_entries_is_refused() -> None:
    place = {"backend": "aws", "aws": {"accountId": AWS["accountId"], "region": AWS["region"]}}
    (problem,) = refusal(FOUNDATION, "production", {**changed("secrets", to=None), "secrets": place})
    assert problem[0] == "stratmaster:secrets.backend is aws, but without stratmaster:aws.secrets there are no entries."


def test_a_day_that_yaml_took_for_a_moment_is_that_day() -> None:
    whole = read(FOUNDATION, "production", **changed("secrets", "rotatedOn", to="2026-11-23T00:00:00Z"))
    aws = getattr(whole, "aws")  # noqa: B009 a setting of one role
    assert aws.secrets.rotated_on == "2026-11-23"
    assert seconds(aws.secrets.rotated_on) == 1_795_392_000
