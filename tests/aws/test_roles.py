"""What each role can do, by an independent judge over the documents that the program declares: that and no more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from itertools import product
from typing import Final

import pytest

from tests.aws.declared import ACCOUNT, BUCKET, REGION, everything, of
from tests.aws.iam import ALLOWED, Question, judged

_S3: Final = f"arn:aws:s3:::{BUCKET}"
OBJECTS: Final = {
    "manifests": f"{_S3}/stratmaster/manifests/20261123T020000Z-0a1b2c3d.json",
    "data": f"{_S3}/stratmaster/data/20261123T020000Z-0a1b2c3d/tables/00001.copy.zst",
    "config": f"{_S3}/cluster/config/data/20261123T024500Z-0a1b2c3d/k8s-resources-20261123.json.zst.age",
    "config manifests": f"{_S3}/cluster/config/manifests/20261123T024500Z-0a1b2c3d.json",
    "archive": f"{_S3}/physical/postgres/wals/0000000100000000/000000010000000000000001.gz",
    "elsewhere": f"{_S3}/somebody/else",
}
OBJECT_ACTIONS: Final = (
    "GetObject",
    "PutObject",
    "DeleteObject",
    "AbortMultipartUpload",
    "DeleteObjectVersion",
    "GetObjectVersion",
    "PutObjectRetention",
    "BypassGovernanceRetention",
)
BUCKET_ACTIONS: Final = (
    "ListBucket",
    "DeleteBucketPolicy",
    "PutBucketObjectLockConfiguration",
    "PutBucketPolicy",
    "PutBucketVersioning",
    "PutLifecycleConfiguration",
)
KEY_ACTIONS: Final = ("Decrypt", "GenerateDataKey", "Encrypt", "CreateGrant", "PutKeyPolicy", "ScheduleKeyDeletion")

_WRITE, _READ = ("PutObject", "AbortMultipartUpload"), ("GetObject",)
_DATA: Final = ("manifests", "data", "config manifests", "config")
_WRITER: Final = {
    **dict.fromkeys(_DATA, (*_WRITE, *_READ)),
    "bucket": ("ListBucket",),
    "key": ("Decrypt", "GenerateDataKey"),
}
TABLE: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "stratmaster-production-stratmaster-backup": _WRITER,
    "stratmaster-production-stratmaster-restore": {**_WRITER, "archive": _READ},
    "stratmaster-blue-stratmaster-migration": _WRITER,
    "stratmaster-green-stratmaster-migration": _WRITER,
    "stratmaster-production-stratmaster-config-backup": {
        **dict.fromkeys(("config", "config manifests"), (*_WRITE, *_READ)),
        "bucket": ("ListBucket",),
        "key": ("Decrypt", "GenerateDataKey"),
    },
    "stratmaster-production-stratmaster-prune": {
        **dict.fromkeys(("manifests", "config manifests"), (*_READ, "DeleteObject")),
        **dict.fromkeys(("data", "config"), ("DeleteObject",)),
        "bucket": ("ListBucket",),
        "key": ("Decrypt",),
    },
    "stratmaster-production-stratmaster-drill": {
        **dict.fromkeys((*_DATA, "archive"), _READ),
        "bucket": ("ListBucket",),
        "key": ("Decrypt",),
    },
    "stratmaster-production-postgres": {
        "archive": (*_WRITE, *_READ, "DeleteObject"),
        "bucket": ("ListBucket",),
        "key": ("Decrypt", "GenerateDataKey"),
    },
}
"""Role -> what it is about -> what it may do there. docs/aws.md has the same in words."""


def on_object(role: str, action: str, resource: str) -> Question:
    return Question(role=role, action=f"s3:{action}", resource=resource)


def on_key(role: str, action: str, *, purpose: str = "backups", via: str = "s3", context: str = _S3) -> Question:
    """Use of a key by way of a service, for something that it encrypts."""
    name = "aws:s3:arn" if via == "s3" else "SecretARN"
    region = "us-west-2" if purpose == "replica" else REGION
    return Question(
        role=role,
        action=f"kms:{action}",
        resource=f"arn:aws:kms:{region}:{ACCOUNT}:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f",
        context={
            "kms:ResourceAliases": [f"alias/stratmaster-production-{purpose}"],
            "kms:ViaService": f"{via}.{region}.amazonaws.com",
            f"kms:EncryptionContext:{name}": context,
        },
    )


def questions(role: str) -> Iterator[tuple[str, str, Question]]:
    """Everything that is asked of a role, with what it is about and the action's name."""
    for (about, resource), action in product(OBJECTS.items(), OBJECT_ACTIONS):
        yield about, action, on_object(role, action, resource)
    for action in BUCKET_ACTIONS:
        yield "bucket", action, on_object(role, action, _S3)
    for action in KEY_ACTIONS:
        yield "key", action, on_key(role, action)


@cache
def answered() -> Mapping[str, Mapping[str, Sequence[str]]]:
    """Role -> what it is about -> what it may do there, of everything that is asked; one call of the judge for all."""
    asked = [(role, *each) for role in TABLE for each in questions(role)]
    found: dict[str, dict[str, list[str]]] = {role: {} for role in TABLE}
    for (role, about, action, _), answer in zip(asked, judged([each[-1] for each in asked]), strict=True):
        if answer == ALLOWED:
            found[role].setdefault(about, []).append(action)
    return found


@pytest.mark.parametrize("role", TABLE)
def test_a_role_can_do_what_the_table_says_and_nothing_else(role: str) -> None:
    found = {about: sorted(actions) for about, actions in answered()[role].items()}
    assert found == {about: sorted(actions) for about, actions in TABLE[role].items()}


def test_no_role_is_missing_in_a_table() -> None:
    roles = {str(each.inputs["name"]) for each in of(everything(), "Role")}
    readers = {f"stratmaster-{stack}-stratmaster-secrets-reader" for stack in ("production", "blue", "green")}
    assert roles == {*TABLE, *readers, "stratmaster-production-replication"}


def other(character: str) -> str:
    """Another character of the same kind."""
    return "x" if character != "x" else "y"


def one_off(text: str, part: str) -> Iterator[str]:
    """The text with one character changed: at the beginning, in the middle and at the end of a part of it."""
    begin = text.index(part)
    for at in sorted({0, len(part) // 2, len(part) - 1}):
        place = begin + at
        yield text[:place] + other(text[place]) + text[place + 1 :]


_FOLDERS: Final = {
    "manifests": "/manifests/",
    "data": "/data/",
    "config": "cluster/config/",
    "config manifests": "cluster/config/",
    "archive": "physical/",
}


def near(role: str) -> Iterator[Question]:
    """For everything that a role may do, the same with one character changed in what it is done to, or with."""
    for about, actions in TABLE[role].items():
        for action in actions:
            if about == "key":
                good = on_key(role, action)
                yield from _near_key(good)
            else:
                resource = OBJECTS.get(about, _S3)
                yield from (on_object(role, action, each) for each in one_off(resource, BUCKET))
            # Under a wider pattern another folder is not another right: only its own folder's name is changed.
            if about in {"manifests", "data", "archive"}:
                folder = _FOLDERS[about].strip("/")
                yield from (on_object(role, action, each) for each in one_off(OBJECTS[about], folder))


def _near_key(good: Question) -> Iterator[Question]:
    for key, value in good.context.items():
        whole = value if isinstance(value, str) else value[0]
        for wrong in one_off(whole, whole):
            context = {**good.context, key: wrong if isinstance(value, str) else [wrong]}
            yield Question(role=good.role, action=good.action, resource=good.resource, context=context)


def test_one_character_from_what_is_allowed_is_denied() -> None:
    asked = [question for role in TABLE for question in near(role)]
    answers = judged(asked)
    wrong = [question for question, answer in zip(asked, answers, strict=True) if answer == ALLOWED]
    assert len(asked) > 20 * len(TABLE)
    assert wrong == []


def test_a_role_that_is_called_almost_so_can_do_nothing() -> None:
    """The key's policy alone, without IAM's: a role's name in it is compared whole."""
    names = [name for role in TABLE for name in one_off(role, role)]
    assert ALLOWED not in judged([on_key(name, "Decrypt") for name in names])
