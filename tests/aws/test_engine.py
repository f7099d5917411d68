"""Package `aws` in the embedded engine: what is declared is what moto has, and nothing real is reached."""

from __future__ import annotations

import pytest

from rehearsal.engine.providers import aws_server
from rehearsal.engine.providers.aws_server import refuse_others
from rehearsal.errors import RehearsalError
from tests.aws.declared import ACCOUNT
from tests.aws.engine import PROVIDER, Bench, ask, errors, ops
from tests.stacks.recorded import ROOT

SMALL = (
    PROVIDER
    + """
key = aws.kms.Key("key", description={description!r}, enable_key_rotation=True, tags={tags!r}, opts=on)
bucket = aws.s3.Bucket("bucket", bucket={bucket!r}, tags={tags!r}, opts=on)
secret = aws.secretsmanager.Secret("secret", name="a/b", kms_key_id=key.arn, opts=on)
version = aws.secretsmanager.SecretVersion("version", secret_id=secret.id, secret_string="hunter2", opts=on)
pulumi.export("key", key.arn)
pulumi.export("secret", secret.arn)
pulumi.export("bucket", bucket.arn)
"""
)
FIRST = SMALL.format(description="one", tags={"a": "1", "b": "2"}, bucket="bench-one")


def test_a_preview_reaches_no_server(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def reached() -> str:
        raise AssertionError("a preview asked for the server")

    bench.brought_up(FIRST)
    monkeypatch.setattr(aws_server, "endpoint", reached)
    later = bench.preview(SMALL.format(description="two", tags={}, bucket="bench-two"))
    assert not later.failed
    assert ops(later)["bucket"] == "replace"


def test_what_the_state_holds_is_there_in_the_next_run_under_the_same_arns(bench: Bench) -> None:
    first = bench.brought_up(FIRST).outputs
    second = bench.brought_up(SMALL.format(description="two", tags={"a": "1", "c": "3"}, bucket="bench-one"))
    assert second.outputs == first
    assert ops(second) == {"key": "update", "bucket": "update"}
    key = ask("kms", "describe_key", KeyId=str(first["key"]))["KeyMetadata"]
    assert (key["Description"], key["KeyId"]) == ("two", str(first["key"]).rsplit("/", 1)[1])
    tags = ask("kms", "list_resource_tags", KeyId=key["KeyId"])["Tags"]
    assert {tag["TagKey"]: tag["TagValue"] for tag in tags} == {"a": "1", "c": "3"}
    assert ask("kms", "get_key_rotation_status", KeyId=key["KeyId"])["KeyRotationEnabled"]
    assert ask("secretsmanager", "get_secret_value", SecretId=str(first["secret"]))["SecretString"] == "hunter2"


def test_another_name_is_another_bucket_and_the_old_one_goes(bench: Bench) -> None:
    bench.brought_up(FIRST)
    replaced = bench.brought_up(SMALL.format(description="one", tags={"a": "1", "b": "2"}, bucket="bench-two"))
    assert replaced.outputs["bucket"] == "arn:aws:s3:::bench-two"
    assert {each["Name"] for each in ask("s3", "list_buckets")["Buckets"]} == {"bench-two"}


def test_what_is_dropped_goes_and_what_is_destroyed_is_gone(bench: Bench) -> None:
    bench.brought_up(FIRST)
    without = FIRST.replace('bucket = aws.s3.Bucket("bucket"', "bucket = key #").replace(
        'pulumi.export("bucket", bucket.arn)', ""
    )
    dropped = bench.brought_up(without)
    assert ops(dropped) == {"bucket": "delete"}
    assert ask("s3", "list_buckets")["Buckets"] == []


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('aws.sqs.Queue("q", opts=on)', "q: the embedded engine does not carry out aws:sqs/queue:Queue"),
        ('aws.s3.Bucket("b", bucket="bench", force_destroy=True, opts=on)', "argument forceDestroy"),
        ('aws.kms.Key("k", multi_region=True, opts=on)', "argument multiRegion"),
        ('aws.iam.Role("r", name="r", assume_role_policy="{}", path="/x/", opts=on)', "argument path"),
        (
            'aws.s3.BucketOwnershipControls("c", bucket="b", rule={"object_ownership": "x", "more": "x"}, opts=on)',
            "rule.more",
        ),
        ('aws.s3.Bucket("b", bucket="bench")', "it names no region, or not one account in allowed_account_ids"),
        ('aws.Provider("p", region="us-east-1")', "it names no region, or not one account in allowed_account_ids"),
        (
            'aws.Provider("p", region="us-east-1", allowed_account_ids=["123456789012"], profile="production")',
            "p (aws provider): the embedded engine does not carry out profile",
        ),
        (
            'aws.Provider("p", region="us-east-1", endpoints=[{"s3": "https://s3.amazonaws.com"}])',
            "does not carry out endpoints",
        ),
    ],
)
def test_what_is_not_carried_out_is_refused_by_its_name_in_the_preview(bench: Bench, line: str, said: str) -> None:
    assert said in bench.refused(PROVIDER + line)


def test_what_aws_refuses_fails_the_update_in_its_own_words(bench: Bench) -> None:
    program = PROVIDER + 'aws.iam.Policy("p", name="p", policy="nonsense", opts=on)'
    failed = bench.up(program)
    assert failed.failed
    assert "AWS refused iam:create_policy" in errors(failed)
    assert "MalformedPolicyDocument" in errors(failed)


@pytest.mark.parametrize(
    "url",
    ["https://s3.amazonaws.com", "http://10.0.0.1:4566", "http://127.0.0.1.example.com:80", "http://localhost:80"],
)
def test_no_endpoint_but_the_loopback_s_is_ever_used(url: str) -> None:
    with pytest.raises(RehearsalError, match="is not the rehearsal's AWS"):
        refuse_others(url)


def test_the_credentials_of_whoever_runs_it_are_not_read(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that isn't there would stop any ordinary client; so would a proxy that nobody runs."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://s3.amazonaws.com")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    aws_server.session.cache_clear()
    try:
        bench.brought_up(FIRST.replace("bench-one", "bench-three"))
        assert ask("sts", "get_caller_identity")["Account"] == ACCOUNT
    finally:
        aws_server.session.cache_clear()


USERS = """
import sys
sys.path.insert(0, {root!r})
import pulumi
import pulumi_random
from components.aws.database_users import DatabaseUsers, DatabaseUsersArgs
from settings.aws import DatabaseUsers as Settings

settings = Settings.model_validate({settings!r})
provider = pulumi_random.Provider("random")
DatabaseUsers("users", DatabaseUsersArgs(settings=settings, protect=True, random=provider))
"""


def test_the_active_user_s_password_is_changed_by_no_slip(bench: Bench) -> None:
    def users(**changes: str) -> str:
        return USERS.format(root=str(ROOT), settings={"active": "a", "a": "2026-11-23", "b": "2026-08-25", **changes})

    passwords = ("postgres-password", "postgres-replica-password")
    bench.brought_up(users())
    slip = bench.refused(users(a="2026-11-24"))
    assert "postgres-password-a is protected and would be replaced" in slip
    turned = bench.brought_up(users(b="2026-11-24"))
    assert set(ops(turned)) == {f"{name}-b" for name in passwords}
    assert ops(bench.brought_up(users(b="2026-11-24", active="b"))) == {}
    assert "postgres-password-b is protected" in bench.refused(users(active="b", b="2026-11-25"))
    again = bench.brought_up(users(a="2026-11-25", b="2026-11-24", active="b"))
    assert set(ops(again)) == {f"{name}-a" for name in passwords}
