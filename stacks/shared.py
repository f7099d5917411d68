"""What stacks of several roles build in the same way."""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import pulumi

from components import aws_names, sealed_file
from components.external_secrets import ExternalSecrets, ExternalSecretsArgs, ExternalSource
from components.gate import Condition, Gate
from components.namespace import Namespace
from components.plain_secrets import PlainSecrets, PlainSecretsArgs, PlainSource, refuse_unknown
from components.provider import ClusterArgs, cluster_provider
from components.sealed_file import Sealed
from components.sealed_secrets import SealedSecrets, SealedSecretsArgs
from components.secret_catalogue import SecretSpec, catalogue
from components.secrets import Secrets
from settings import FoundationSettings, SlotSettings
from settings.common import Cluster
from settings.data import BackupPlace, FoundationDatabase

SecretSource: TypeAlias = Sealed | PlainSource | ExternalSource


Conditions: TypeAlias = Callable[[pulumi.ResourceOptions], Sequence[Condition]]
"""What has to hold, given the provider to look it up with."""


def behind_gate(cluster: Cluster, conditions: Conditions = lambda _: ()) -> pulumi.ResourceOptions:
    """Options for what a stack is made of: the stack's own cluster, and nothing unless the conditions hold."""
    provider = cluster_provider(ClusterArgs(context=cluster.context, identifier=cluster.identifier))
    held = conditions(pulumi.ResourceOptions(provider=provider))
    return pulumi.ResourceOptions(parent=Gate("gate", *held, opts=pulumi.ResourceOptions(providers=[provider])))


def secret_source(settings: FoundationSettings | SlotSettings) -> SecretSource:
    """What the stack's secrets are made from, read and checked before anything is declared.

    Not where they are declared: what the program has declared until it raises is still registered, and without a
    preview before it, made.

    Raises:
        SettingsError: values are missing, unknown or damaged.
    """
    chosen = settings.secrets
    if chosen.backend == "sealed":
        return sealed_file.read(pulumi.get_stack(), _secrets_of(settings), chosen.folder)
    place = chosen.aws if chosen.backend == "aws" else chosen.vault
    if place is not None:
        return ExternalSource(place=place, refresh=chosen.refresh, rotation=chosen.rotation)
    refuse_unknown(settings.secret_values, _secrets_of(settings))
    supplied = {
        name: {key: pulumi.Output.secret(value.get_secret_value()) for key, value in values.items()}
        for name, values in settings.secret_values.items()
    }
    return PlainSource(supplied=supplied, rotation=chosen.rotation)


def secrets(
    settings: FoundationSettings | SlotSettings,
    source: SecretSource,
    namespace: Namespace,
    opts: pulumi.ResourceOptions,
) -> Secrets:
    """The stack's secrets from the backend that its settings choose."""
    where, which = namespace.created_name, _secrets_of(settings)
    if isinstance(source, PlainSource):
        return PlainSecrets("secrets", PlainSecretsArgs(namespace=where, secrets=which, source=source), opts)
    if isinstance(source, ExternalSource):
        args = ExternalSecretsArgs(namespace=where, stack=pulumi.get_stack(), secrets=which, source=source)
        return ExternalSecrets("secrets", args, opts)
    scopes = sealed_file.scopes(pulumi.get_stack(), settings.secrets.folder)
    return SealedSecrets(
        "secrets", SealedSecretsArgs(namespace=where, secrets=which, sealed=source, scopes=scopes), opts
    )


def role_of(backups: BackupPlace, service_account: str, account: str | None = None) -> str | None:
    """The AWS role of a job's pods: the one that is named for all, or its own in the account that is named.

    Args:
        backups: where the job's bucket is.
        service_account: the job's.
        account: the stack's account at AWS, if it has one and `backups` names none.
    """
    account = backups.account_id or account
    if backups.role or account is None:
        return backups.role
    return aws_names.role_arn(account, pulumi.get_stack(), service_account)


def _secrets_of(settings: FoundationSettings | SlotSettings) -> tuple[SecretSpec, ...]:
    return catalogue(foundation=settings.role == "foundation")


def warn_of_closed_ways(settings: FoundationSettings | SlotSettings) -> None:
    """Name what the settings ask for and no network policy lets through: its jobs would fail, the first one tonight.

    A warning and no refusal, since a cluster may have policies of its own beside these.
    """
    network, database = settings.network, settings.database
    external = isinstance(database, FoundationDatabase) and database.mode == "external"
    for key, place, asked in (
        ("s3", network.s3, "backups" if settings.backups is not None else None),
        ("database", network.database, "database.mode external" if external else None),
    ):
        if asked is not None and place is None:
            pulumi.warn(
                f"stratmaster:{asked} is set, but not stratmaster:network.{key}: no policy lets a job there\n"
                f"Set it to {{cidrs: [...], port: ...}} (docs/data.md)."
            )
