"""The types of package `aws` that the engine carries out: by which operations, and what of each replaces it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from rehearsal.engine.providers.aws_requests import Call


@dataclass(frozen=True, kw_only=True)
class AwsType:
    """One type.

    Args:
        service: whose it is.
        make: what makes it; its arguments and those of `parts` are all that the engine carries out.
        id: how its id reads, from its properties.
        again: whether the same makes a change.
        parts: what follows, and what changes those arguments later.
        changes: what changes arguments of `make`.
        untag: what takes tags away, by their keys in the property `untagged`.
        drop: what deletes it; None where it goes with what it belongs to.
        computed: output -> how it reads, from properties, or where it is in the answer to `make` (`=Role.Arn`).
        replaces: arguments that replace it.
    """

    service: str
    make: Call
    id: str
    again: bool = False
    parts: Sequence[Call] = ()
    changes: Sequence[Call] = ()
    untag: Call | None = None
    drop: Call | None = None
    computed: Mapping[str, str] = field(default_factory=dict[str, str])
    replaces: Sequence[str] = ()

    @property
    def arguments(self) -> set[str]:
        """All arguments that it can be given."""
        calls = (self.make, *self.parts, *((self.drop,) if self.drop else ()))
        return {key for call in calls for key in call.takes} - {*self.computed}


def _setting(put: str, takes: Mapping[str, str], drop: str = "", fixed: Mapping[str, object] | None = None) -> AwsType:
    """A setting of a bucket: changed by being put again, and named after the bucket.

    Args:
        put: what makes it.
        takes: its arguments.
        drop: what takes it away, if anything does but the end of the bucket.
        fixed: what is put in any case.
    """
    bucket = {"bucket": "Bucket"}
    return AwsType(
        service="s3",
        make=Call(method=put, takes={**bucket, **takes}, fixed=fixed or {}),
        again=True,
        drop=Call(method=drop, takes=bucket) if drop else None,
        id="{bucket}",
        replaces=("bucket",),
    )


def _named(prefix: str, *keys: str) -> dict[str, str]:
    return {key: f"{prefix}.{key[0].upper()}{key[1:]}" for key in keys}


_BUCKET: Final = AwsType(
    service="s3",
    make=Call(method="create_bucket", takes={"bucket": "Bucket", "objectLockEnabled": "ObjectLockEnabledForBucket"}),
    parts=[Call(method="put_bucket_tagging", takes={"bucket": "Bucket", "tags": "Tagging.TagSet"})],
    drop=Call(method="delete_bucket", takes={"bucket": "Bucket"}),
    id="{bucket}",
    computed={"arn": "arn:aws:s3:::{bucket}", "bucketDomainName": "{bucket}.s3.amazonaws.com"},
    replaces=("bucket", "objectLockEnabled"),
)
_SETTINGS: Final = {
    "LifecycleConfiguration": _setting(
        "put_bucket_lifecycle_configuration", {"rules": "LifecycleConfiguration.Rules"}, "delete_bucket_lifecycle"
    ),
    "Logging": _setting(
        "put_bucket_logging", _named("BucketLoggingStatus.LoggingEnabled", "targetBucket", "targetPrefix")
    ),
    "ObjectLockConfiguration": _setting(
        "put_object_lock_configuration",
        {"rule": "ObjectLockConfiguration.Rule"},
        fixed={"ObjectLockConfiguration.ObjectLockEnabled": "Enabled"},
    ),
    "OwnershipControls": _setting(
        "put_bucket_ownership_controls", {"rule": "OwnershipControls.Rules[]"}, "delete_bucket_ownership_controls"
    ),
    "Policy": _setting("put_bucket_policy", {"policy": "Policy"}, "delete_bucket_policy"),
    "PublicAccessBlock": _setting(
        "put_public_access_block",
        _named(
            "PublicAccessBlockConfiguration",
            "blockPublicAcls",
            "blockPublicPolicy",
            "ignorePublicAcls",
            "restrictPublicBuckets",
        ),
        "delete_public_access_block",
    ),
    "ReplicationConfig": _setting(
        "put_bucket_replication", _named("ReplicationConfiguration", "role", "rules"), "delete_bucket_replication"
    ),
    "ServerSideEncryptionConfiguration": _setting(
        "put_bucket_encryption", {"rules": "ServerSideEncryptionConfiguration.Rules"}, "delete_bucket_encryption"
    ),
    "Versioning": _setting("put_bucket_versioning", {"versioningConfiguration": "VersioningConfiguration"}),
}

_ROLE: Final = {"name": "RoleName"}
_ROLES: Final = AwsType(
    service="iam",
    make=Call(
        method="create_role",
        takes={
            **_ROLE,
            "assumeRolePolicy": "AssumeRolePolicyDocument",
            "description": "Description",
            "permissionsBoundary": "PermissionsBoundary",
            "tags": "Tags",
        },
    ),
    changes=[
        Call(method="update_assume_role_policy", takes={**_ROLE, "assumeRolePolicy": "PolicyDocument"}),
        Call(method="update_role", takes={**_ROLE, "description": "Description"}),
        Call(method="put_role_permissions_boundary", takes={**_ROLE, "permissionsBoundary": "PermissionsBoundary"}),
        Call(method="tag_role", takes={**_ROLE, "tags": "Tags"}),
    ],
    untag=Call(method="untag_role", takes={**_ROLE, "untagged": "TagKeys"}),
    drop=Call(method="delete_role", takes=_ROLE),
    id="{name}",
    computed={"arn": "=Role.Arn", "uniqueId": "=Role.RoleId"},
    replaces=("name",),
)
_POLICY: Final = {"arn": "PolicyArn"}
_POLICIES: Final = AwsType(
    service="iam",
    make=Call(
        method="create_policy",
        takes={"name": "PolicyName", "policy": "PolicyDocument", "description": "Description", "tags": "Tags"},
    ),
    changes=[
        Call(
            method="create_policy_version",
            takes={**_POLICY, "policy": "PolicyDocument"},
            fixed={"SetAsDefault": True},
        ),
        Call(method="tag_policy", takes={**_POLICY, "tags": "Tags"}),
    ],
    untag=Call(method="untag_policy", takes={**_POLICY, "untagged": "TagKeys"}),
    drop=Call(method="delete_policy", takes=_POLICY),
    id="{arn}",
    computed={"arn": "=Policy.Arn", "policyId": "=Policy.PolicyId"},
    replaces=("name", "description"),
)
_INLINE: Final = {"role": "RoleName", "name": "PolicyName"}
_ROLE_POLICIES: Final = AwsType(
    service="iam",
    make=Call(method="put_role_policy", takes={**_INLINE, "policy": "PolicyDocument"}),
    again=True,
    drop=Call(method="delete_role_policy", takes=_INLINE),
    id="{role}:{name}",
    replaces=("role", "name"),
)

_KEY: Final = {"keyId": "KeyId"}
_KEYS: Final = AwsType(
    service="kms",
    make=Call(method="create_key", takes={"description": "Description", "policy": "Policy", "tags": "Tags"}),
    parts=[
        Call(method="enable_key_rotation", takes={**_KEY}, when=("enableKeyRotation", True)),
        Call(method="disable_key_rotation", takes={**_KEY}, when=("enableKeyRotation", False)),
    ],
    changes=[
        Call(method="put_key_policy", takes={**_KEY, "policy": "Policy"}, fixed={"PolicyName": "default"}),
        Call(method="update_key_description", takes={**_KEY, "description": "Description"}),
        Call(method="tag_resource", takes={**_KEY, "tags": "Tags"}),
    ],
    untag=Call(method="untag_resource", takes={**_KEY, "untagged": "TagKeys"}),
    drop=Call(method="schedule_key_deletion", takes={**_KEY, "deletionWindowInDays": "PendingWindowInDays"}),
    id="{keyId}",
    computed={"arn": "=KeyMetadata.Arn", "keyId": "=KeyMetadata.KeyId"},
)
_ALIAS: Final = {"name": "AliasName", "targetKeyId": "TargetKeyId"}
_ALIASES: Final = AwsType(
    service="kms",
    make=Call(method="create_alias", takes=_ALIAS),
    changes=[Call(method="update_alias", takes=_ALIAS)],
    drop=Call(method="delete_alias", takes={"name": "AliasName"}),
    id="{name}",
    computed={"arn": "arn:aws:kms:{region}:{account}:{name}"},
    replaces=("name",),
)

_SECRET: Final = {"arn": "SecretId"}
_SECRETS: Final = AwsType(
    service="secretsmanager",
    make=Call(
        method="create_secret",
        takes={"name": "Name", "kmsKeyId": "KmsKeyId", "description": "Description", "tags": "Tags"},
    ),
    changes=[
        Call(method="update_secret", takes={**_SECRET, "kmsKeyId": "KmsKeyId", "description": "Description"}),
        Call(method="tag_resource", takes={**_SECRET, "tags": "Tags"}),
    ],
    untag=Call(method="untag_resource", takes={**_SECRET, "untagged": "TagKeys"}),
    drop=Call(method="delete_secret", takes={**_SECRET, "recoveryWindowInDays": "RecoveryWindowInDays"}),
    id="{arn}",
    computed={"arn": "=ARN"},
    replaces=("name",),
)
_VERSIONS: Final = AwsType(
    service="secretsmanager",
    make=Call(method="put_secret_value", takes={"secretId": "SecretId", "secretString": "SecretString"}),
    id="{secretId}|{versionId}",
    computed={"arn": "=ARN", "versionId": "=VersionId"},
    replaces=("secretId", "secretString"),
)
"""A version that is deleted stays: AWS takes no label off the current one, and drops the others by itself."""

TYPES: Final[Mapping[str, AwsType]] = {
    "aws:s3/bucket:Bucket": _BUCKET,
    **{f"aws:s3/bucket{name}:Bucket{name}": setting for name, setting in _SETTINGS.items()},
    "aws:iam/role:Role": _ROLES,
    "aws:iam/policy:Policy": _POLICIES,
    "aws:iam/rolePolicy:RolePolicy": _ROLE_POLICIES,
    "aws:kms/key:Key": _KEYS,
    "aws:kms/alias:Alias": _ALIASES,
    "aws:secretsmanager/secret:Secret": _SECRETS,
    "aws:secretsmanager/secretVersion:SecretVersion": _VERSIONS,
}
