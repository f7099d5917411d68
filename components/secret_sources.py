"""Where a secret's value can come from."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias
from urllib.parse import quote


@dataclass(frozen=True, kw_only=True)
class Public:
    """A value that is no secret but lives with those that are, such as a host. The one given suits development."""

    value: str


@dataclass(frozen=True, kw_only=True)
class Generated:
    """A value that nobody needs to know: made at random, and anew when `secrets.rotation` changes.

    Attributes:
        length: characters, each a letter or a digit: 32 are 190 bits.
    """

    length: int = 32


@dataclass(frozen=True, kw_only=True)
class Supplied:
    """A value that somebody else issues, such as a provider's API key.

    Attributes:
        stand_in: what development gets when nobody supplies it, so that a laptop comes up without any account.
    """

    stand_in: str = "not-supplied"


@dataclass(frozen=True, kw_only=True)
class Same:
    """A value of another secret, for a reader that wants it under another name or type.

    Attributes:
        of: the other secret.
        key: its key; a stored one, neither derived nor the same as a third.
    """

    of: str
    key: str


@dataclass(frozen=True, kw_only=True)
class Derived:
    """A URL put together from other keys of the same secret.

    User, password and database are percent-encoded: one `@` or `/` in them would move the host.

    Attributes:
        scheme: what comes before `://`.
        host: the key of the host.
        port: the key of the port.
        login: the keys of user and password; an empty one is left out.
        database: the key of the database's name, the first part of the path; empty where there is none.
        rest: what comes last, as it is.
    """

    scheme: str
    host: str
    port: str
    login: tuple[str, str]
    database: str = ""
    rest: str = ""

    def build(self, values: Mapping[str, str]) -> str:
        """The URL, from key -> value of the others."""

        def encoded(key: str) -> str:
            return quote(values[key], safe="") if key else ""

        path = f"/{encoded(self.database)}" if self.database else ""
        login = ":".join(encoded(key) for key in self.login)
        return f"{self.scheme}://{login}@{values[self.host]}:{values[self.port]}{path}{self.rest}"

    def template(self) -> str:
        """The same as a Go template over those values, for an operator that puts it together in the cluster.

        `urlquery` is Go's own and writes a space as `+`, which a URL's login takes for a plus; a real plus is `%2B` by
        then. That it agrees with `build` on any text: tests/secrets/test_templates.py.
        """

        def encoded(key: str) -> str:
            return f'{{{{ index . "{key}" | urlquery | replace "+" "%20" }}}}' if key else ""

        path = f"/{encoded(self.database)}" if self.database else ""
        login = ":".join(encoded(key) for key in self.login)
        host, port = (f'{{{{ index . "{key}" }}}}' for key in (self.host, self.port))
        return f"{self.scheme}://{login}@{host}:{port}{path}{self.rest}"


Source: TypeAlias = Public | Generated | Supplied | Same | Derived


def postgres_url() -> Derived:
    """Where the database takes writes."""
    return Derived(
        scheme="postgresql",
        host="postgres-host",
        port="postgres-port",
        login=("postgres-username", "postgres-password"),
        database="postgres-database",
        rest="?sslmode=prefer",
    )


def postgres_replica_url() -> Derived:
    """Where it only answers."""
    return replace(
        postgres_url(),
        host="postgres-replica-host",
        login=("postgres-replica-username", "postgres-replica-password"),
    )
