"""Rules between the settings of secrets."""

from collections.abc import Iterator, Mapping
from typing import Final

from settings.aws import Aws
from settings.common import Backend, Secrets
from settings.problems import Problem

EXTERNAL: Final[tuple[Backend, ...]] = ("aws", "vault")
"""Backends whose values are outside the cluster."""
_READ_BY: Final[Mapping[str, tuple[Backend, ...]]] = {
    "rotation": ("plain", *EXTERNAL),
    "folder": ("sealed",),
    "aws": ("aws",),
    "vault": ("vault",),
    "refresh": EXTERNAL,
}
_MENDING: Final[Mapping[Backend, str]] = {
    "plain": "",
    "sealed": ", and seal new values into secrets/<stack>.sealed.yaml",
    "aws": ", and put the values into Secrets Manager",
    "vault": ", and put the values into Vault",
}
_PLACES: Final[Mapping[Backend, str]] = {
    "aws": '{accountId: "123456789012", region: us-east-1}',
    "vault": "{server: https://vault.example.com:8200}",
}


def problems(values: Mapping[str, object], given: set[str], *, production: bool) -> Iterator[Problem]:
    """All broken rules of one stack.

    Args:
        values: field -> value, of the fields that are valid by themselves.
        given: the fields that the stack file sets itself.
        production: whether it is held to production's rules.
    """
    secrets = values.get("secrets")
    if not isinstance(secrets, Secrets):
        return
    if secrets.backend == "plain" and production:
        yield Problem(
            what="stratmaster:secrets.backend is plain, which only development may use.",
            mend="Set it to sealed and fill secrets/<stack>.sealed.yaml, or to aws or vault (docs/secrets.md).",
        )
    yield from _unread(secrets)
    if secrets.backend != "plain" and "secret_values" in given:
        yield Problem(
            what=f"stratmaster:secretValues is set, but with stratmaster:secrets.backend {secrets.backend} nothing "
            "reads it.",
            mend=f"Remove it{_MENDING[secrets.backend]}.",
        )
    if secrets.backend in EXTERNAL and getattr(secrets, secrets.backend) is None:
        yield Problem(
            what=f"stratmaster:secrets.backend is {secrets.backend}, but stratmaster:secrets.{secrets.backend}, which "
            "says where that is, is missing.",
            mend=f"Set it to {_PLACES[secrets.backend]}.",
        )
    if secrets.refresh.policy != "Periodic" and "interval" in secrets.refresh.model_fields_set:
        yield Problem(
            what=f"stratmaster:secrets.refresh.interval is set, but with policy {secrets.refresh.policy} nothing "
            "reads it.",
            mend="Remove it, or set stratmaster:secrets.refresh.policy to Periodic.",
        )
    yield from _one_account(secrets, values.get("aws"))


def _unread(secrets: Secrets) -> Iterator[Problem]:
    for field, readers in _READ_BY.items():
        if field in secrets.model_fields_set and secrets.backend not in readers and getattr(secrets, field) is not None:
            yield Problem(
                what=f"stratmaster:secrets.{field} is set, but with stratmaster:secrets.backend {secrets.backend} "
                "nothing reads it.",
                mend=f"Remove it{_MENDING[secrets.backend] if field == 'rotation' else ''}.",
            )


def _one_account(secrets: Secrets, aws: object) -> Iterator[Problem]:
    """The program makes the entries where `aws` says, so that is where they are."""
    if not (isinstance(aws, Aws) and secrets.aws is not None):
        return
    for key, ours, theirs in (
        ("accountId", secrets.aws.account_id, aws.account_id),
        ("region", secrets.aws.region, aws.region),
    ):
        if ours != theirs:
            yield Problem(
                what=f"stratmaster:secrets.aws.{key} is {ours}, but stratmaster:aws.{key}, where the entries are made, "
                f"is {theirs}.",
                mend="Give both the same.",
            )
