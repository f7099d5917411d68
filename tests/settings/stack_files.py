"""Valid config of each role, as the CLI hands it over, and a way to break one thing in it."""

import json
from collections.abc import Mapping

from settings import Settings, SettingsError, parse

DIGEST = "sha256:" + "a" * 64
IDENTITY_PROVIDER = {"url": "https://auth.stratmaster.com", "cidrs": ["203.0.113.10/32"], "port": 443}
MCP = {name: {"tag": "v1", "digest": DIGEST} for name in ("research", "knowledge", "router", "evals", "compression")}

FOUNDATION: Mapping[str, object] = {"role": "foundation", "environment": "production"}
SLOT: Mapping[str, object] = {
    "role": "slot",
    "environment": "production",
    "image": {"tag": "v1.2.3", "digest": DIGEST},
    "mcp": MCP,
    "endpoints": {"oidc": IDENTITY_PROVIDER},
}
DEV: Mapping[str, object] = {
    "role": "slot",
    "environment": "development",
    "image": {"tag": "v1.2.3"},
    "secrets": {"backend": "plain"},
}
TRAFFIC: Mapping[str, object] = {
    "role": "traffic",
    "environment": "production",
    "weights": {"blue": 100, "green": 0},
}


def as_text(value: object) -> str:
    """A value as PULUMI_CONFIG holds it: text, and objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value)


def config(base: Mapping[str, object], **changes: object) -> dict[str, str]:
    """A stack's config with some settings changed; a change to None takes the setting out."""
    merged = {**base, **changes}
    return {f"stratmaster:{key}": as_text(value) for key, value in merged.items() if value is not None}


def read(base: Mapping[str, object], stack: str, **changes: object) -> Settings:
    """The settings of a stack with some of them changed."""
    return parse(config(base, **changes), frozenset(), stack)


def refusal(
    base: Mapping[str, object],
    stack: str,
    changes: Mapping[str, object] | None = None,
    *,
    secret: frozenset[str] = frozenset(),
    **more: object,
) -> list[tuple[str, str]]:
    """What is said of a stack's config, as pairs of what and how to mend it; it must be refused."""
    try:
        parse(config(base, **(changes or {}), **more), secret, stack)
    except SettingsError as error:
        return [(problem.what, problem.mend) for problem in error.problems]
    raise AssertionError("these settings should have been refused")
