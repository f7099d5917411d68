"""Each backend of each stack passes the policy pack, as `python -m policies.check` judges it."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import pytest

from policies.pack.model.resource import Context
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, mapping
from tests.policies.judging import Pack, Said
from tests.secrets.backends import recorded

EXTERNAL: Final = (("production", "aws"), ("production", "vault"), ("blue", "aws"), ("dev", "vault"))
"""What tests/policies doesn't judge as the committed files have it: sealed in production, plain in development."""


def judged(stack: str, *resources: Resource) -> list[Said]:
    roles = {"production": "foundation"}
    environment = "development" if stack == "dev" else "production"
    context = Context(stack=stack, environment=environment, role=roles.get(stack, "slot"))
    return replace(Pack(), context=context).stack(*resources, provider=None)


@pytest.mark.parametrize(("stack", "backend"), EXTERNAL)
def test_a_stack_with_this_backend_passes_the_pack(stack: str, backend: str) -> None:
    resources = recorded(stack, backend).resources
    assert len(resources) > 40
    assert judged(stack, *resources) == []


@pytest.mark.parametrize("backend", ["aws", "vault"])
def test_a_credential_written_into_a_store_is_found(backend: str) -> None:
    """The rules look inside these kinds: a key in the open beside the service account's login is a finding."""

    def spoilt(each: Resource) -> Resource:
        if each.inputs.get("kind") != "SecretStore":
            return each
        spec: Properties = dict(mapping(each.inputs["spec"]))
        spec["adminPassword"] = "correct-horse-battery"
        return replace(each, inputs={**each.inputs, "spec": spec})

    said = judged("dev", *(spoilt(each) for each in recorded("dev", backend).resources))
    assert [each.rule for each in said] == ["secrets-no-literals"]
