"""Entries of Secrets Manager, from which External Secrets reads what the stacks need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_aws as aws
import pulumi_random as random

from components import aws_names
from components.aws.account import Account
from components.aws.database_users import SECRET, DatabaseUsers, DatabaseUsersArgs
from components.aws.encryption_key import EncryptionKey, EncryptionKeyArgs, KeyUse
from components.aws.entry_values import written_by_hand
from components.secret_catalogue import SecretSpec
from components.secret_sources import Generated, Public
from settings.aws import AwsSecrets

ROTATE_AFTER_DAYS: Final = "stratmaster:rotate-after-days"
"""The tag by which the policy pack sees that an entry is made anew in time."""
Values = Mapping[str, pulumi.Output[str]]


@dataclass(frozen=True, kw_only=True)
class EntriesArgs:
    """Which entries.

    Attributes:
        account: where.
        settings: when values were made, and which are put by hand.
        of_stack: stack -> its secrets.
        hosts: secret -> key -> value, for what this program knows better than the catalogue.
    """

    account: Account
    settings: AwsSecrets
    of_stack: Mapping[str, Sequence[SecretSpec]]
    hosts: Mapping[str, Mapping[str, str]]


class Entries(pulumi.ComponentResource):
    """An entry for each secret of each stack, encrypted with a key that only the stacks' readers and the deployers use.

    Stacks share values, since they share the database, and not entries, so that a slot's role reads its own alone.
    Values are made once and kept in the state, encrypted; a new day in the settings makes them anew. A version that is
    replaced, or that the program stops declaring, stays in the entry. Entries that a person writes get no version here.
    """

    def __init__(self, name: str, args: EntriesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:Entries", name, None, opts)
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        self._random = random.Provider("entries-random", opts=self._child)
        self._key = EncryptionKey("secrets", _key(args), self._child).key
        users = self._database_users()
        values: dict[str, Values] = {}
        for spec in {spec.name: spec for specs in args.of_stack.values() for spec in specs}.values():
            if spec.stored and not written_by_hand(spec, args.settings):
                values[spec.name] = {key: self._value(spec, key, users) for key in spec.stored}
        for stack, specs in args.of_stack.items():
            for spec in specs:
                if spec.stored:
                    self._entry(aws_names.entry(stack, spec.name), values.get(spec.name))
        self.register_outputs({})

    def _database_users(self) -> Values:
        account, settings = self._args.account, self._args.settings.database_users
        if settings is None:
            return {}
        users = DatabaseUsers(
            "database-users",
            DatabaseUsersArgs(settings=settings, protect=account.protect, random=self._random),
            self._child,
        )
        for letter, values in users.of_letter.items():
            self._entry(aws_names.database_user(account.stack, letter), values)
        return users.active

    def _value(self, spec: SecretSpec, key: str, users: Values) -> pulumi.Output[str]:
        if spec.name == SECRET and key in users:
            return users[key]
        match spec.keys[key]:
            case Public(value=value):
                given = self._args.settings.values.get(spec.name, {}).get(key)
                known = self._args.hosts.get(spec.name, {}).get(key)
                return pulumi.Output.from_input(given or known or value)
            case Generated(length=length):
                return random.RandomPassword(
                    f"{spec.name}-{key}",
                    length=length,
                    special=False,
                    keepers={"since": self._args.settings.rotated_on},
                    opts=pulumi.ResourceOptions(parent=self, provider=self._random),
                ).result
            case _:
                raise KeyError(key)

    def _entry(self, name: str, values: Values | None) -> None:
        account, logical = self._args.account, name.replace("/", "-")
        days = self._args.settings.rotate_after_days
        secret = aws.secretsmanager.Secret(
            logical,
            name=name,
            kms_key_id=self._key.arn,
            tags={**account.tags("secrets"), ROTATE_AFTER_DAYS: str(days)},
            opts=pulumi.ResourceOptions(parent=self, protect=account.protect),
        )
        if values is not None:
            aws.secretsmanager.SecretVersion(
                f"{logical}-value",
                secret_id=secret.id,
                secret_string=pulumi.Output.secret(pulumi.Output.json_dumps(dict(values), sort_keys=True)),
                opts=pulumi.ResourceOptions(parent=self, retain_on_delete=True),
            )


def _key(args: EntriesArgs) -> EncryptionKeyArgs:
    account = args.account
    readers = [aws_names.role_arn(account.id, stack, aws_names.SECRETS_READER) for stack in args.of_stack]
    ours = [aws_names.entry_arn(account.id, account.region, aws_names.entry(stack, "*")) for stack in args.of_stack]

    def use(sid: str, actions: Sequence[str], roles: Sequence[str]) -> KeyUse:
        return KeyUse(
            sid=sid, actions=actions, roles=roles, service="secretsmanager", context="SecretARN", encrypts=ours
        )

    return EncryptionKeyArgs(
        account=account,
        region=account.region,
        purpose="secrets",
        uses=[
            use("Readers", ["kms:Decrypt"], readers),
            # Secrets Manager writes a version with a data key, and reads it back.
            use("Deployers", ["kms:Decrypt", "kms:GenerateDataKey"], account.settings.deployers),
        ],
    )
