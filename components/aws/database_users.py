"""Two database users that take turns, so that no password changes while somebody logs in with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
import pulumi_random as random

from components.secret_catalogue import BY_NAME
from components.secret_sources import Public
from settings.aws import DatabaseUsers as Settings

LETTERS: Final = ("a", "b")
SECRET: Final = "postgres-credentials"  # noqa: S105 - the name of an object, not a credential
LOGINS: Final = {
    "postgres-username": "postgres-password",
    "postgres-replica-username": "postgres-replica-password",
}
"""The keys of that secret's users, and of their passwords."""


@dataclass(frozen=True, kw_only=True)
class DatabaseUsersArgs:
    """Which users.

    Attributes:
        settings: who is active, and when each got its password.
        protect: whether Pulumi refuses to change the active one's password.
        random: the provider of random values.
    """

    settings: Settings
    protect: bool
    random: pulumi.ProviderResource


class DatabaseUsers(pulumi.ComponentResource):
    """Passwords of the users `<user>_a` and `<user>_b`; whoever is active logs applications in.

    A rotation gives the other one a new password, which is set in the database, and then makes that one active. What
    still runs goes on with the old one, whose password stays as it is until the next time. The active one's password is
    protected: a day that is edited for the wrong user stops the preview, not the application.

    Attributes:
        of_letter: letter -> key -> value, for the two entries from which the passwords are set in the database.
        active: key -> value, of the secret that applications read.
    """

    def __init__(self, name: str, args: DatabaseUsersArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:DatabaseUsers", name, None, opts)
        self._args = args
        self.of_letter: Mapping[str, Mapping[str, pulumi.Output[str]]] = {
            letter: self._logins(letter) for letter in LETTERS
        }
        self.active = self.of_letter[args.settings.active]
        self.register_outputs({})

    def _logins(self, letter: str) -> Mapping[str, pulumi.Output[str]]:
        settings = self._args.settings
        keys = BY_NAME[SECRET].keys
        found: dict[str, pulumi.Output[str]] = {}
        for user, password in LOGINS.items():
            source = keys[user]
            if not isinstance(source, Public):
                raise KeyError(user)
            made = random.RandomPassword(
                f"{password}-{letter}",
                length=32,
                special=False,
                keepers={"since": getattr(settings, letter)},
                opts=pulumi.ResourceOptions(
                    parent=self,
                    provider=self._args.random,
                    protect=self._args.protect and letter == settings.active,
                ),
            )
            found[user] = pulumi.Output.from_input(f"{source.value}_{letter}")
            found[password] = made.result
        return found
