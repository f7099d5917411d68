"""The commands that the guide and the rehearsal need, as data: least versions, who needs them, how to get them."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Purpose(enum.Enum):
    """What a tool is for."""

    REHEARSAL = "the rehearsal itself"
    GUIDE = "procedures of the operations guide on a real cluster"


@dataclass(frozen=True, kw_only=True)
class Tool:
    """A command that is needed.

    Args:
        name: what it is called.
        commands: command lines that print its version; the first whose program is there is asked.
        minimum: the least version, as text; empty where any will do.
        purpose: who needs it.
        remedy: how to get it.
    """

    name: str
    commands: tuple[tuple[str, ...], ...]
    minimum: str
    purpose: Purpose
    remedy: str


# The guide's prerequisites with its minimum versions (facts.md 1.1), then our own.
TOOLS = (
    Tool(
        name="kubectl",
        commands=(("kubectl", "version", "--client"),),
        minimum="1.25",
        purpose=Purpose.GUIDE,
        remedy="https://kubernetes.io/docs/tasks/tools (the rehearsal brings its own)",
    ),
    Tool(
        name="helm",
        commands=(("helm", "version", "--short"),),
        minimum="3.10",
        purpose=Purpose.GUIDE,
        remedy="https://helm.sh/docs/intro/install (the rehearsal brings its own)",
    ),
    Tool(
        name="psql",
        commands=(("psql", "--version"),),
        minimum="14",
        purpose=Purpose.GUIDE,
        remedy="apt install postgresql-client, or brew install libpq",
    ),
    Tool(
        name="pg_dump",
        commands=(("pg_dump", "--version"),),
        minimum="14",
        purpose=Purpose.GUIDE,
        remedy="apt install postgresql-client, or brew install libpq",
    ),
    Tool(
        name="docker",
        commands=(("docker", "--version"),),
        minimum="20.10",
        purpose=Purpose.GUIDE,
        remedy="https://docs.docker.com/engine/install",
    ),
    Tool(
        name="docker-compose",
        commands=(("docker-compose", "version"), ("docker", "compose", "version")),
        minimum="2.0",
        purpose=Purpose.GUIDE,
        remedy="https://docs.docker.com/compose/install",
    ),
    Tool(
        name="kubeseal",
        commands=(("kubeseal", "--version"),),
        minimum="0.18",
        purpose=Purpose.GUIDE,
        remedy="https://github.com/bitnami-labs/sealed-secrets/releases, or brew install kubeseal",
    ),
    Tool(
        name="sops",
        commands=(("sops", "--version", "--disable-version-check"), ("sops", "--version")),
        minimum="3.7",
        purpose=Purpose.GUIDE,
        remedy="https://github.com/getsops/sops/releases, or brew install sops",
    ),
    Tool(
        name="git",
        commands=(("git", "--version"),),
        minimum="",
        purpose=Purpose.REHEARSAL,
        remedy="apt install git, or xcode-select --install",
    ),
    Tool(
        name="make",
        commands=(("make", "--version"),),
        minimum="",
        purpose=Purpose.REHEARSAL,
        remedy="apt install make, or xcode-select --install",
    ),
)
