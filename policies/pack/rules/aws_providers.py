"""Which AWS account and region a stack may change, and as whom."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.json_text import parsed
from ..model.record import Rule, per
from ..model.resource import Resource
from ..model.selector import resources
from ..model.values import Field, Finding, must

PREFIX: Final = "aws:"
_PROVIDER: Final = "pulumi:providers:aws"
_ACCOUNT: Final = re.compile(r"[0-9]{12}")
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-[0-9]")
_CREDENTIALS: Final = ("accessKey", "secretKey", "token")
_of_aws: Final = resources(_PROVIDER, PREFIX)


def _pinned_account(resource: Resource) -> Iterator[Finding]:
    for settings in _settings(resource):
        yield from _pins(settings)


def _own_credentials(resource: Resource) -> Iterator[Finding]:
    for settings in _settings(resource):
        for key in _CREDENTIALS:
            yield from must(settings.child(key), lambda value: value in (None, ""), "is a key that somebody keeps")


def _settings(resource: Resource) -> Iterator[Field]:
    """The settings of the provider that a resource is, or uses; those of a default provider are nobody's."""
    if resource.type == _PROVIDER:
        yield resource.root
    elif resource.engine and resource.type.startswith(PREFIX):
        source, provider = resource.root.source, resource.provider
        explicit = provider is not None and provider.name.split("_", 1)[0] != "default"
        yield Field(source, "provider", provider.properties if provider is not None and explicit else {})


def _pins(settings: Field) -> Iterator[Finding]:
    yield from must(
        settings.child("region"),
        lambda value: isinstance(value, str) and _REGION.fullmatch(value) is not None,
        "isn't set to one region",
    )
    # Any setting of a provider but a string travels as JSON in one.
    accounts = parsed(settings.child("allowedAccountIds"))
    yield from must(accounts, lambda value: isinstance(value, list) and bool(value), "names no account")
    for account in accounts.children():
        yield from must(account, lambda value: _ACCOUNT.fullmatch(str(value)) is not None, "is no account's number")
    # Without asking for the account's number, the provider compares the list with nothing.
    skipped = parsed(settings.child("skipRequestingAccountId"))
    yield from must(skipped, lambda value: value in (None, False, ""), "keeps the account from being compared")


PINNED_ACCOUNT: Final = Rule(
    id="provider-pinned-account",
    title="Every AWS resource has an explicit provider with a region and the accounts it may change",
    severity="high",
    why="With ambient credentials, the same command changes another account on the day that someone switches profile.",
    mend="Pass an aws.Provider with region and allowed_account_ids through the parents.",
    check=per(_of_aws, _pinned_account),
)
OWN_CREDENTIALS: Final = Rule(
    id="provider-no-static-keys",
    title="No AWS provider is given a key",
    severity="high",
    frameworks=("CKV_AWS_41",),
    why="A key in the config outlives whoever made it, and is in every copy of the state.",
    mend="Use short-lived credentials of the environment: OIDC in CI, SSO on a laptop.",
    check=per(_of_aws, _own_credentials),
)

RULES: Final = (PINNED_ACCOUNT, OWN_CREDENTIALS)
