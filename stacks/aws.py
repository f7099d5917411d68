"""What the foundation keeps at AWS; imported only with `stratmaster:aws`."""

from collections.abc import Sequence

import pulumi

from components import conventions
from components.aws.account import Account, provider
from components.aws.backups import AwsBackups, AwsBackupsArgs
from components.aws.boundary import Boundary, BoundaryArgs
from components.aws.entries import Entries, EntriesArgs
from components.aws.readers import Readers, ReadersArgs
from components.aws.secret_age import SecretAge, SecretAgeArgs
from components.database_cluster import lineage
from components.monitoring.rules import Addresses
from components.namespace import Namespace
from components.secret_catalogue import catalogue
from settings import FoundationSettings
from settings.aws import Aws


def build(
    settings: FoundationSettings,
    aws: Aws,
    namespace: Namespace,
    opts: pulumi.ResourceOptions,
    rules: pulumi.ResourceOptions,
) -> Sequence[pulumi.Resource]:
    """Declare it, in the account and region that the settings name and in no other; and what watches its age.

    Args:
        settings: of the foundation.
        aws: those of them that are about AWS.
        namespace: of the alert.
        opts: whose it is.
        rules: the same for what Prometheus' operator reads.

    Returns:
        What has to be there before a secret is read from its entry.
    """
    kept = keep(settings, aws, opts)
    if aws.secrets is not None:
        links = settings.monitoring.links
        addresses = Addresses(runbooks=links.runbooks, grafana=links.grafana, logs=links.logs)
        age = SecretAgeArgs(namespace=namespace.created_name, settings=aws.secrets, addresses=addresses)
        SecretAge("secret-age", age, rules)
    return kept


def keep(settings: FoundationSettings, aws: Aws, opts: pulumi.ResourceOptions) -> Sequence[pulumi.Resource]:
    """Declare what is at AWS itself; returns the entries and who reads them, if there are any."""
    account = Account(settings=aws, stack=pulumi.get_stack(), protect=settings.protect_data)
    here = provider("aws", account, account.region, opts)
    at_aws = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(providers=[here]))
    backups = settings.backups if settings.backups is not None and settings.backups.endpoint is None else None
    secrets = aws.secrets
    after: list[pulumi.Resource] = []
    if aws.permissions_boundary is None and (backups is not None or secrets is not None):
        bounds = BoundaryArgs(account=account, bucket=backups.bucket if backups else None, entries=secrets is not None)
        after = [Boundary("boundary", bounds, at_aws)]
    if backups is not None:
        namespace = conventions.PRODUCTION_NAMESPACE
        clusters = [each.name for each in lineage(settings.database)] if settings.database else []
        jobs = AwsBackupsArgs(account=account, backups=backups, namespace=namespace, after=after, clusters=clusters)
        AwsBackups("aws-backups", jobs, at_aws)
    if secrets is None:
        return []
    of_stack = {
        account.stack: catalogue(foundation=True),
        **{slot: catalogue(foundation=False) for slot in conventions.SLOTS},
    }
    entries = EntriesArgs(account=account, settings=secrets, of_stack=of_stack, hosts=_hosts(settings))
    readers = ReadersArgs(account=account, of_stack=of_stack, after=after)
    return [Entries("entries", entries, at_aws), Readers("readers", readers, at_aws)]


def _hosts(settings: FoundationSettings) -> dict[str, dict[str, str]]:
    """Where slots find what the foundation runs: by a name that holds in every namespace, unlike the catalogue's."""
    where, found = conventions.PRODUCTION_NAMESPACE, dict[str, dict[str, str]]()
    if settings.database is not None:
        found["postgres-credentials"] = {
            "postgres-host": f"postgres.{where}",
            "postgres-replica-host": f"postgres-replica.{where}",
        }
    if settings.cache is not None:
        found["redis-credentials"] = {"redis-host": f"redis.{where}"}
    return found
