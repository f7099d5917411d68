"""Who opens a role, a bucket, a key, an entry: the declared documents before an independent judge."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import pytest

from components.secret_catalogue import catalogue
from rehearsal.engine.wire import text
from tests.aws.declared import ACCOUNT, BUCKET, DEPLOYER, ISSUER, REGION, everything, of
from tests.aws.iam import ALLOWED, Policies, Question, judged, simulated
from tests.aws.test_roles import OBJECTS, on_key, one_off

LOGS: Final = f"stratmaster-production-access-logs-{ACCOUNT}-{REGION}"
READERS: Final = {stack: f"stratmaster-{stack}-stratmaster-secrets-reader" for stack in ("production", "blue", "green")}
ANYTHING: Final = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
ADMIN: Final = f"arn:aws:sts::{ACCOUNT}:assumed-role/admin/somebody"


def assuming(role: Mapping[str, object], issuer: str = ISSUER, **context: str) -> Mapping[str, object]:
    """Somebody with a token of the cluster asks for a role."""
    return {
        "request": {
            "principal": f"arn:aws:iam::{ACCOUNT}:oidc-provider/{issuer}",
            "action": "sts:AssumeRoleWithWebIdentity",
            "resource": {"resource": f"arn:aws:iam::{ACCOUNT}:role/{role['name']}", "accountId": ACCOUNT},
            "contextVariables": {f"{ISSUER}:{key}": value for key, value in context.items()},
        },
        "identityPolicies": [],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": json.loads(str(role["assumeRolePolicy"])),
    }


def test_a_role_opens_to_one_service_account_and_audience_by_their_exact_names() -> None:
    good: list[Mapping[str, object]] = []
    bad: list[Mapping[str, object]] = []
    for each in of(everything(), "Role"):
        role = {key: text(each.inputs[key]) for key in ("name", "assumeRolePolicy")}
        if role["name"].endswith("-replication"):
            continue
        namespace = text(each.inputs["description"]).removeprefix("Pods of ").replace("/", ":")
        subject, audience = f"system:serviceaccount:{namespace}", "sts.amazonaws.com"
        assert namespace.split(":")[1] in role["name"]
        good.append(assuming(role, sub=subject, aud=audience))
        bad += [assuming(role, sub=wrong, aud=audience) for wrong in one_off(subject, subject)]
        bad += [assuming(role, sub=subject, aud=wrong) for wrong in one_off(audience, audience)]
        bad += [assuming(role, wrong, sub=subject, aud=audience) for wrong in one_off(ISSUER, ISSUER)]
        bad += [
            assuming(role, sub=subject),
            assuming(role, aud=audience),
            assuming(role, sub=f"{subject}x", aud=audience),
        ]
    assert len(good) == 11
    assert set(simulated(good)) == {ALLOWED}
    assert ALLOWED not in simulated(bad)


def test_the_boundary_holds_when_a_role_s_policy_is_widened_to_everything() -> None:
    policies = Policies.of(everything())
    role = "stratmaster-production-stratmaster-backup"
    wide = Policies(roles={role: ANYTHING}, boundary=policies.boundary, buckets={}, keys={})
    beyond = [
        Question(role=role, action="s3:DeleteObjectVersion", resource=OBJECTS["data"]),
        Question(role=role, action="s3:PutObjectRetention", resource=OBJECTS["data"]),
        Question(role=role, action="s3:PutBucketPolicy", resource=f"arn:aws:s3:::{BUCKET}"),
        Question(role=role, action="s3:PutLifecycleConfiguration", resource=f"arn:aws:s3:::{BUCKET}"),
        Question(role=role, action="s3:GetObject", resource="arn:aws:s3:::somebody-elses/object"),
        Question(role=role, action="iam:CreateUser", resource=f"arn:aws:iam::{ACCOUNT}:user/x"),
        Question(role=role, action="secretsmanager:GetSecretValue", resource=entry("other/thing")),
        Question(role=role, action="secretsmanager:PutSecretValue", resource=entry("stratmaster/blue/jwt-secrets")),
    ]
    within = Question(role=role, action="s3:DeleteObject", resource=OBJECTS["data"])
    answers = simulated([wide.simulation(each) for each in (within, *beyond)])
    assert answers == [ALLOWED, *["ImplicitlyDenied"] * len(beyond)]


def entry(name: str) -> str:
    """An entry's ARN as Secrets Manager makes it up."""
    return f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{name}-AbC123"


def reading(stack: str, name: str) -> Question:
    return Question(role=READERS[stack], action="secretsmanager:GetSecretValue", resource=entry(name))


def test_a_reader_reads_its_own_stack_s_entries_and_no_others() -> None:
    stacks = {stack: catalogue(foundation=stack == "production") for stack in READERS}
    own = {
        stack: [f"stratmaster/{stack}/{spec.name}" for spec in specs if spec.stored] for stack, specs in stacks.items()
    }
    asked = [(stack, whose, reading(stack, name)) for stack in READERS for whose in READERS for name in own[whose][:4]]
    answers = judged([question for *_, question in asked])
    for (stack, whose, _), answer in zip(asked, answers, strict=True):
        assert (answer == ALLOWED) == (stack == whose)
    wrong = [reading(stack, each) for stack in READERS for name in own[stack][:2] for each in one_off(name, name)]
    wrong += [
        reading("blue", "stratmaster/blue/alerting-credentials"),
        reading("production", "stratmaster/production/x"),
    ]
    wrong += [reading("production", "stratmaster/production/postgres-user-a")]
    assert ALLOWED not in judged(wrong)
    writing = ("PutSecretValue", "DeleteSecret", "UpdateSecret", "PutResourcePolicy")
    whole = [
        Question(role=READERS["blue"], action=f"secretsmanager:{action}", resource=entry(own["blue"][0]))
        for action in writing
    ]
    assert ALLOWED not in judged(whole)


def test_the_entries_key_opens_to_readers_by_way_of_secrets_manager_alone() -> None:
    blue = entry("stratmaster/blue/jwt-secrets")

    def use(role: str, action: str, via: str = "secretsmanager", context: str = blue) -> Question:
        return on_key(role, action, purpose="secrets", via=via, context=context)

    reader = READERS["blue"]
    good, bad = (
        use(reader, "Decrypt"),
        [use(reader, "GenerateDataKey"), use(reader, "Decrypt", context=entry("other/x"))],
    )
    bad += [
        Question(
            role=reader, action=good.action, resource=good.resource, context={**good.context, "kms:ViaService": via}
        )
        for via in one_off(f"secretsmanager.{REGION}.amazonaws.com", "secretsmanager")
    ]
    bad.append(use("stratmaster-production-stratmaster-backup", "Decrypt"))
    assert judged([good]) == [ALLOWED]
    assert ALLOWED not in judged(bad)


def _as(principal: str, arn: str, action: str, resource: str, policy: object, **context: str) -> Mapping[str, object]:
    """Somebody to whom IAM allows everything."""
    return {
        "request": {
            "principal": principal,
            "action": action,
            "resource": {"resource": resource, "accountId": ACCOUNT},
            "contextVariables": {
                "aws:SecureTransport": "true",
                "aws:PrincipalArn": arn,
                "kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com",
                "kms:EncryptionContext:SecretARN": entry("stratmaster/blue/jwt-secrets"),
                **context,
            },
        },
        "identityPolicies": [{"name": "everything", "policy": ANYTHING}],
        "serviceControlPolicies": [],
        "resourceControlPolicies": [],
        "resourcePolicy": policy,
    }


@pytest.mark.parametrize("purpose", ["backups", "replica", "secrets"])
def test_an_administrator_looks_after_a_key_and_cannot_decrypt_with_it(purpose: str) -> None:
    policy = Policies.of(everything()).keys[f"alias/stratmaster-production-{purpose}"]
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
    arn = f"arn:aws:iam::{ACCOUNT}:role/admin"
    allowed = ["PutKeyPolicy", "DescribeKey", "ScheduleKeyDeletion", "CancelKeyDeletion"]
    denied = ["Decrypt", "Encrypt", "GenerateDataKey", "CreateGrant", "ReEncryptFrom"]
    answers = simulated([_as(ADMIN, arn, f"kms:{action}", key, policy) for action in (*allowed, *denied)])
    assert answers == [ALLOWED] * len(allowed) + ["ImplicitlyDenied"] * len(denied)


def test_who_deploys_may_write_entries_and_nobody_who_is_called_almost_so() -> None:
    policy = Policies.of(everything()).keys["alias/stratmaster-production-secrets"]
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
    principal = f"arn:aws:sts::{ACCOUNT}:assumed-role/deploy/somebody"
    good = [_as(principal, DEPLOYER, f"kms:{action}", key, policy) for action in ("GenerateDataKey", "Decrypt")]
    assert simulated(good) == [ALLOWED, ALLOWED]
    near = [_as(principal, arn, "kms:Decrypt", key, policy) for arn in one_off(DEPLOYER, "deploy")]
    near.append(
        _as(principal, DEPLOYER, "kms:Decrypt", key, policy, **{"kms:ViaService": f"s3.{REGION}.amazonaws.com"})
    )
    assert ALLOWED not in simulated(near)


def _bucket_questions(policy: object, bucket: str) -> Iterator[tuple[str, Mapping[str, object]]]:
    arn, data = f"arn:aws:iam::{ACCOUNT}:role/admin", f"arn:aws:s3:::{bucket}/x"
    yield ALLOWED, _as(ADMIN, arn, "s3:GetObject", data, policy)
    yield "ExplicitlyDenied", _as(ADMIN, arn, "s3:GetObject", data, policy, **{"aws:SecureTransport": "false"})
    plain = {"aws:SecureTransport": "false"}
    yield "ExplicitlyDenied", _as(ADMIN, arn, "s3:ListBucket", f"arn:aws:s3:::{bucket}", policy, **plain)


def test_every_bucket_refuses_plain_http_even_to_an_administrator() -> None:
    asked = [
        each for name, policy in Policies.of(everything()).buckets.items() for each in _bucket_questions(policy, name)
    ]
    assert simulated([question for _, question in asked]) == [answer for answer, _ in asked]
    assert len(asked) == 12


@pytest.mark.parametrize("bucket", [BUCKET, f"{BUCKET}-replica"])
def test_not_even_an_administrator_deletes_a_version_or_names_another_encryption(bucket: str) -> None:
    policy, arn = Policies.of(everything()).buckets[bucket], f"arn:aws:iam::{ACCOUNT}:role/admin"
    place = f"arn:aws:s3:::{bucket}/x"
    header = {"s3:x-amz-server-side-encryption": "aws:kms"}
    denied = [
        _as(ADMIN, arn, "s3:DeleteObjectVersion", place, policy),
        _as(ADMIN, arn, "s3:BypassGovernanceRetention", place, policy),
        _as(ADMIN, arn, "s3:PutObject", place, policy, **header),
    ]
    allowed = [
        _as(ADMIN, arn, "s3:PutObject", place, policy),
        _as(ADMIN, arn, "s3:PutBucketPolicy", place[:-2], policy),
    ]
    assert simulated(denied) == ["ExplicitlyDenied"] * 3
    assert simulated(allowed) == [ALLOWED] * 2, "who deploys has to be able to mend the policy"


def _logging(source: str, account: str = ACCOUNT) -> Mapping[str, object]:
    policy = Policies.of(everything()).buckets[LOGS]
    context = {"aws:SourceArn": f"arn:aws:s3:::{source}", "aws:SourceAccount": account}
    asked = _as("logging.s3.amazonaws.com", "", "s3:PutObject", f"arn:aws:s3:::{LOGS}/x", policy, **context)
    return {**asked, "identityPolicies": []}


def test_access_logs_come_of_our_own_bucket_alone() -> None:
    assert simulated([_logging(BUCKET)]) == [ALLOWED]
    wrong: Sequence[Mapping[str, object]] = [_logging(each) for each in one_off(BUCKET, BUCKET)]
    assert ALLOWED not in simulated([*wrong, *(_logging(BUCKET, each) for each in one_off(ACCOUNT, ACCOUNT))])


def test_s3_copies_as_its_role_and_deletes_nothing() -> None:
    role, copy = "stratmaster-production-replication", f"arn:aws:s3:::{BUCKET}-replica"
    allowed = [
        Question(role=role, action="s3:GetObjectVersionForReplication", resource=OBJECTS["data"]),
        Question(role=role, action="s3:ReplicateObject", resource=f"{copy}/x"),
        on_key(role, "Decrypt"),
        on_key(role, "GenerateDataKey", purpose="replica", context=copy),
    ]
    denied = [
        Question(role=role, action="s3:ReplicateDelete", resource=f"{copy}/x"),
        Question(role=role, action="s3:GetObject", resource=OBJECTS["data"]),
        Question(role=role, action="s3:PutObject", resource=f"{copy}/x"),
        Question(role=role, action="s3:ReplicateObject", resource=OBJECTS["data"]),
        on_key(role, "GenerateDataKey"),
        on_key(role, "Decrypt", purpose="replica", context=copy),
    ]
    denied += [Question(role=role, action="s3:ReplicateObject", resource=each) for each in one_off(f"{copy}/x", BUCKET)]
    assert judged(allowed) == [ALLOWED] * len(allowed)
    assert ALLOWED not in judged(denied)
