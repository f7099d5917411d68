"""The AWS types that the rules know; any other is refused by `coverage-known-type`, since nobody thought about it."""

from __future__ import annotations

from typing import Final

_JUDGED: Final = {
    "acm": ("Certificate", "CertificateValidation"),
    "iam": (
        "AccessKey",
        "GroupPolicy",
        "GroupPolicyAttachment",
        "OpenIdConnectProvider",
        "Policy",
        "PolicyAttachment",
        "Role",
        "RolePoliciesExclusive",
        "RolePolicy",
        "RolePolicyAttachment",
        "RolePolicyAttachmentsExclusive",
        "ServiceSpecificCredential",
        "SigningCertificate",
        "SshKey",
        "User",
        "UserLoginProfile",
        "UserPolicy",
        "UserPolicyAttachment",
    ),
    "kms": ("Alias", "ExternalKey", "Key", "KeyPolicy", "ReplicaKey"),
    "route53": ("HealthCheck", "HostedZoneDnsSec", "KeySigningKey", "QueryLog", "Record", "Zone"),
    "s3": (
        "Bucket",
        "BucketAcl",
        "BucketAclV2",
        "BucketIntelligentTieringConfiguration",
        "BucketLifecycleConfiguration",
        "BucketLifecycleConfigurationV2",
        "BucketLogging",
        "BucketLoggingV2",
        "BucketMetric",
        "BucketObjectLockConfiguration",
        "BucketObjectLockConfigurationV2",
        "BucketOwnershipControls",
        "BucketPolicy",
        "BucketPublicAccessBlock",
        "BucketReplicationConfig",
        "BucketServerSideEncryptionConfiguration",
        "BucketServerSideEncryptionConfigurationV2",
        "BucketV2",
        "BucketVersioning",
        "BucketVersioningV2",
    ),
    "secretsmanager": ("Secret", "SecretPolicy", "SecretRotation", "SecretVersion"),
}

AWS_TYPES: Final = frozenset(
    f"aws:{service}/{name[0].lower()}{name[1:]}:{name}" for service, names in _JUDGED.items() for name in names
)
"""Their Pulumi types, as pulumi-aws 7 spells them."""
