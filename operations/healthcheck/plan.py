"""Which checks are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from operations.environment import BUCKET, URL, Environment
from operations.healthcheck import backups, certificates, database, redis, rollout, web
from operations.healthcheck.asking import Check
from operations.healthcheck.verdict import Finding, Verdict

COMPONENTS: Final = ("database", "redis", "api", "mcp", "certificates", "backups")
QUICK: Final = ("database", "redis", "api")
"""What is asked when nothing is said."""
REDIS_URL: Final = "REDIS_URL"
API: Final = "stratmaster-api"
MCP_PORTS: Final[Mapping[str, int]] = {
    "research-mcp": 8081,
    "knowledge-mcp": 8082,
    "router-mcp": 8083,
    "evals-mcp": 8084,
    "compression-mcp": 8085,
}
"""facts.md 2.1; a test compares them with the program's."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """Whose health.

    Attributes:
        url: the address that users call, without a path.
        slot: blue, green or another; its own Services and roll-outs are asked too. Empty for none.
        mcp: MCP service -> address, where they aren't the slot's Services.
    """

    url: str
    slot: str = ""
    mcp: Mapping[str, str] | None = None

    @property
    def namespace(self) -> str:
        """The slot's."""
        return f"stratmaster-{self.slot}"

    def service(self, name: str, port: int) -> str:
        """The address of a Service of the slot, from inside the cluster."""
        return f"http://{name}.{self.namespace}.svc:{port}/healthz"


def checks(components: Sequence[str], scope: Scope, environment: Environment) -> tuple[list[Check], list[Finding]]:
    """The questions, and what can't even be asked."""
    questions: list[Check] = []
    unasked: list[Finding] = []
    plans: Mapping[str, Callable[[Scope, Environment], Iterator[Check | Finding]]] = {
        "database": _database,
        "redis": _redis,
        "api": _api,
        "mcp": _mcp,
        "certificates": _certificates,
        "backups": _backups,
    }
    for component in components:
        for each in plans[component](scope, environment):
            if isinstance(each, Check):
                questions.append(each)
            else:
                unasked.append(each)
    return questions, unasked


def _not_set(component: str, name: str, example: str) -> Finding:
    return Finding(
        component=component,
        subject=name,
        verdict=Verdict.UNKNOWN,
        what=f"{name} is not set",
        how=f"Set it, for example {name}={example}",
    )


def _database(_scope: Scope, environment: Environment) -> Iterator[Check | Finding]:
    if not environment.has(URL):
        yield _not_set("database", URL, "postgresql://user:password@host:5432/stratmaster")
        return
    url = environment.url()
    yield Check(
        component="database",
        subject=database.subject(url),
        ask=partial(database.ask, url),
        how="See the runbook PostgresDown.",
    )


def _redis(_scope: Scope, environment: Environment) -> Iterator[Check | Finding]:
    if not environment.has(REDIS_URL):
        yield _not_set("redis", REDIS_URL, "redis://:password@host:6379/0")
        return
    url = environment.variables[REDIS_URL]
    yield Check(
        component="redis", subject=redis.subject(url), ask=partial(redis.ask, url), how="See the runbook RedisDown."
    )


def _web(component: str, url: str) -> Check:
    return Check(component=component, subject=url, ask=partial(web.ask, component, url), how="See its log.")


def _rollout(component: str, scope: Scope, name: str) -> Check:
    return Check(
        component=component,
        subject=f"{scope.namespace}/{name}",
        ask=partial(rollout.ask, component, scope.namespace, name),
        how="Does the API server answer? `kubectl get --raw /readyz`",
    )


def _api(scope: Scope, _environment: Environment) -> Iterator[Check | Finding]:
    if not scope.slot:
        yield _web("api", f"{scope.url}/healthz")
        return
    yield _web("api", scope.service(API, 80))
    yield _rollout("api", scope, API)


def _mcp(scope: Scope, _environment: Environment) -> Iterator[Check | Finding]:
    if scope.mcp:
        yield from (_web("mcp", url) for url in scope.mcp.values())
    elif scope.slot:
        for name, port in MCP_PORTS.items():
            yield _web("mcp", scope.service(name, port))
            yield _rollout("mcp", scope, name)
    else:
        yield Finding(
            component="mcp",
            subject="MCP services",
            verdict=Verdict.UNKNOWN,
            what="they have no address outside a slot",
            how="Say which: --slot blue, or --mcp research-mcp=http://localhost:8081/healthz",
        )


def _certificates(scope: Scope, _environment: Environment) -> Iterator[Check | Finding]:
    parts = urlsplit(scope.url)
    yield Check(
        component="certificates",
        subject=f"{parts.hostname}:{parts.port or 443}",
        ask=partial(certificates.ask, scope.url),
        how="See the runbook ApiUnreachable.",
    )


def _backups(_scope: Scope, environment: Environment) -> Iterator[Check | Finding]:
    missing = [name for name in (URL, BUCKET) if not environment.has(name)]
    if missing:
        yield _not_set("backups", missing[0], "stratmaster-backups-prod" if missing[0] == BUCKET else "postgresql://…")
        return
    yield Check(
        component="backups",
        subject=environment.bucket(),
        ask=partial(backups.ask, environment),
        how="Does the bucket answer? See the runbook BackupTooOld.",
    )
