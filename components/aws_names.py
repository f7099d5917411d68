"""Names at AWS: computed from the stack and the account, never looked up.

So a slot knows the ARN of its role without reading the foundation's outputs, policy documents are whole in the first
preview (a policy pack can judge them), and a reviewer finds what a name means by reading one file.
"""

from typing import Final

from components import conventions

ROLE_ANNOTATION: Final = "eks.amazonaws.com/role-arn"
"""The annotation of a ServiceAccount by which its pods become a role (IRSA)."""
AUDIENCE: Final = "sts.amazonaws.com"
"""The audience of the tokens that such pods are given."""

BACKUP: Final = "stratmaster-backup"
"""Service account of `operations backup` and `verify`: writes backups and reads them, deletes none."""
PRUNE: Final = "stratmaster-prune"
"""Service account of `operations prune`: reads manifests and nothing else, deletes backups."""
DRILL: Final = "stratmaster-drill"
"""Service account of `operations drill`: reads backups and the WAL archive."""
RESTORE: Final = "stratmaster-restore"
"""Service account of `operations restore`, by hand: reads backups, and writes one of what it replaces."""
CONFIG_BACKUP: Final = "stratmaster-config-backup"
"""Service account of `operations backup-config`: writes under `cluster/config/` and reads back what it wrote."""
MIGRATION: Final = "stratmaster-migration"
"""Service account, in each slot, of `operations migrate`: reads manifests, and backs up where there is no way back."""
DATABASE: Final = "postgres"
"""Service account that CloudNativePG makes for its cluster of that name: keeps the WAL archive."""
SECRETS_READER: Final = "stratmaster-secrets-reader"
"""Service account as which External Secrets reads a stack's own entries."""


def entry(stack: str, secret: str) -> str:
    """The entry of Secrets Manager that holds one secret of the catalogue, as JSON of its keys."""
    return f"{conventions.PROJECT}/{stack}/{secret}"


def database_user(stack: str, letter: str) -> str:
    """The entry of Secrets Manager that holds one of the two database users that take turns."""
    return entry(stack, f"postgres-user-{letter}")


def entry_arn(account: str, region: str, name: str) -> str:
    """An entry's ARN in a policy: Secrets Manager appends a hyphen and six characters of its own to the name."""
    return f"arn:aws:secretsmanager:{region}:{account}:secret:{name}-??????"


def role(stack: str, service_account: str) -> str:
    """The role of one service account of one stack; a role's name has 64 characters at the most."""
    return f"{conventions.PROJECT}-{stack}-{service_account}"


def role_arn(account: str, stack: str, service_account: str) -> str:
    """That role's ARN.

    Args:
        account: the account's twelve digits.
        stack: the stack in whose namespace the service account is: production, blue, green.
        service_account: one of those above.
    """
    return f"arn:aws:iam::{account}:role/{role(stack, service_account)}"


def boundary(stack: str) -> str:
    """The policy that bounds every role of one stack."""
    return f"{conventions.PROJECT}-{stack}-boundary"


def policy_arn(account: str, name: str) -> str:
    """The ARN of a policy of the account's own."""
    return f"arn:aws:iam::{account}:policy/{name}"


def bucket_arn(bucket: str) -> str:
    """A bucket's ARN. The backups' bucket is called what `stratmaster:backups.bucket` says: names are the world's."""
    return f"arn:aws:s3:::{bucket}"


def replica(bucket: str) -> str:
    """The copy of a bucket in the second region."""
    return f"{bucket}-replica"


def replication(stack: str) -> str:
    """The role by which S3 copies the bucket."""
    return f"{conventions.PROJECT}-{stack}-replication"


def replication_arn(account: str, stack: str) -> str:
    """That role's ARN."""
    return f"arn:aws:iam::{account}:role/{replication(stack)}"


def access_logs(stack: str, account: str, region: str) -> str:
    """The bucket that takes the access logs of one region's buckets."""
    return f"{conventions.PROJECT}-{stack}-access-logs-{account}-{region}"


def key_alias(stack: str, purpose: str) -> str:
    """The alias of a KMS key, by which policies name it before it is made.

    Args:
        stack: whose key it is.
        purpose: backups, replica or secrets.
    """
    return f"alias/{conventions.PROJECT}-{stack}-{purpose}"
