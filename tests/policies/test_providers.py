"""Which cluster and which AWS account a stack may change."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Secret, Value
from tests.policies.judging import PINS, Pack, resource

ACCOUNT = "provider-pinned-account"
KEYS = "provider-no-static-keys"
CLUSTER = "provider-pinned-cluster"
AWS = "pulumi:providers:aws"
GOOD: Properties = {"region": "eu-central-1", "allowedAccountIds": '["123456789012"]'}


def findings(pack: Pack, rule: str, settings: Properties, name: str = "aws") -> list[str]:
    """What is said about a bucket whose provider has these settings."""
    provider = resource(AWS, inputs=settings, name=name)
    bucket = replace(resource("aws:s3/bucket:Bucket"), provider=f"{provider.urn}::1")
    said = pack.stack(provider, bucket)
    return [each.sentence for each in said if each.rule == rule and each.name == "it"]


def test_a_pinned_account_passes_as_the_sdk_sends_it_and_as_a_list(production: Pack) -> None:
    for accounts in (GOOD["allowedAccountIds"], ["123456789012"], json.dumps(["123456789012", "210987654321"])):
        assert findings(production, ACCOUNT, {**GOOD, "allowedAccountIds": accounts}) == []
    assert findings(production, ACCOUNT, {**GOOD, "skipRequestingAccountId": "false"}) == []


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("region", None),
        ("region", ""),
        ("region", "everywhere"),
        ("region", UNKNOWN),
        ("allowedAccountIds", None),
        ("allowedAccountIds", "[]"),
        ("allowedAccountIds", '["1234"]'),
        ("allowedAccountIds", '["123456789012", "*"]'),
        ("allowedAccountIds", "123456789012"),
        ("allowedAccountIds", "["),
        ("allowedAccountIds", UNKNOWN),
        ("allowedAccountIds", ["123456789012", UNKNOWN]),
        ("skipRequestingAccountId", "true"),
        ("skipRequestingAccountId", True),
        ("skipRequestingAccountId", UNKNOWN),
    ],
)
def test_an_account_that_is_not_pinned_is_refused(production: Pack, key: str, value: Value) -> None:
    settings = {**GOOD, key: value}
    assert len(findings(production, ACCOUNT, settings)) == 1
    assert [each for each in production.resource(resource(AWS, inputs=settings)) if each.rule == ACCOUNT]


def test_the_default_provider_is_refused_whatever_its_settings(production: Pack) -> None:
    assert findings(production, ACCOUNT, GOOD, name="default_7_51_1")
    assert production.findings(ACCOUNT, "aws:s3/bucket:Bucket", {})


@pytest.mark.parametrize("key", ["accessKey", "secretKey", "token"])
@pytest.mark.parametrize("value", ["x", Secret("x"), UNKNOWN])
def test_a_provider_with_a_key_is_refused(production: Pack, key: str, value: Value) -> None:
    assert len(findings(production, KEYS, {**GOOD, key: value})) == 1
    assert findings(production, KEYS, GOOD) == []


@pytest.mark.parametrize("pin", ["context", "clusterIdentifier"])
@pytest.mark.parametrize("value", [None, "", " ", UNKNOWN])
def test_a_cluster_that_is_not_pinned_is_refused(production: Pack, pin: str, value: Value) -> None:
    provider = resource("pulumi:providers:kubernetes", inputs={**PINS, pin: value}, name="cluster")
    subject = resource("kubernetes:core/v1:Namespace", inputs={"metadata": {"name": "it"}})
    for said in (production.resource(subject, provider), production.resource(provider)):
        assert [each.sentence.split(" ")[0].removeprefix("provider.") for each in said if each.rule == CLUSTER] == [pin]
