"""Which checks are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Final
from urllib.parse import urlsplit

from operations import redis_latency
from operations.environment import BUCKET, URL, Environment
from operations.errors import OperationError
from operations.healthcheck import backups, certificates, database, redis, rollout, slot, web
from operations.healthcheck.asking import Check
from operations.healthcheck.kubectl import Kubectl
from operations.healthcheck.verdict import Finding, Verdict
from operations.postgres import Server

COMPONENTS: Final = ("database", "redis", "api", "mcp", "certificates", "backups")
QUICK: Final = ("database", "redis", "api")
"""What is asked when nothing is said."""
REDIS_URL: Final = "REDIS_URL"
API_PORT: Final = 80
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
        slots: whose Services and roll-outs are asked in place of that address; none for the address.
        mcp_slots: whose MCP services are asked.
        mcp: MCP service -> address, where they aren't a slot's Services.
        kubectl: what Kubernetes is asked by.
        services: the address of the API server's way to Services; empty inside the cluster, which has its own.
    """

    url: str
    slots: Sequence[str] = ()
    mcp_slots: Sequence[str] = ()
    mcp: Mapping[str, str] | None = None
    kubectl: Kubectl = field(default_factory=Kubectl)
    services: str = ""

    def service(self, component: str, name: str, of: str, port: int) -> web.Place:
        """A Service of a slot."""
        namespace = slot.namespace(of)
        subject = f"http://{name}.{namespace}.svc:{port}/healthz"
        if not self.services:
            return web.Place(component=component, subject=subject, url=subject)
        path = f"/api/v1/namespaces/{namespace}/services/http:{name}:{port}/proxy/healthz"
        return web.Place(component=component, subject=subject, url=f"{self.services}{path}", through_api_server=True)


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


def _postgres_url(environment: Environment) -> str:
    Server.at(environment.url())
    return environment.url()


def _redis_url(environment: Environment) -> str:
    if not environment.has(REDIS_URL):
        raise OperationError(
            f"{REDIS_URL} is not set", f"Set it, for example {REDIS_URL}=redis://:password@host:6379/0"
        )
    redis_latency.where(environment.variables[REDIS_URL])
    return environment.variables[REDIS_URL]


_READ: Final[Mapping[str, Callable[[Environment], str]]] = {
    URL: _postgres_url,
    REDIS_URL: _redis_url,
    BUCKET: Environment.bucket,
}


def _lack(component: str, environment: Environment, *names: str) -> Finding | None:
    """The first variable that isn't set, or isn't what its name says. Its value is a password in part: not shown."""
    for name in names:
        try:
            _READ[name](environment)
        except OperationError as error:
            return Finding(component=component, subject=name, verdict=Verdict.UNKNOWN, what=error.what, how=error.how)
    return None


def _database(_scope: Scope, environment: Environment) -> Iterator[Check | Finding]:
    if lack := _lack("database", environment, URL):
        yield lack
        return
    url = environment.url()
    yield Check(
        component="database",
        subject=database.subject(url),
        ask=partial(database.ask, url),
        how="See the runbook PostgresDown.",
    )


def _redis(_scope: Scope, environment: Environment) -> Iterator[Check | Finding]:
    if lack := _lack("redis", environment, REDIS_URL):
        yield lack
        return
    url = environment.variables[REDIS_URL]
    yield Check(
        component="redis", subject=redis.subject(url), ask=partial(redis.ask, url), how="See the runbook RedisDown."
    )


def _web(place: web.Place) -> Check:
    return Check(component=place.component, subject=place.subject, ask=partial(web.ask, place), how="See its log.")


def _rollout(component: str, of: str, name: str, ask: Callable[[float], Sequence[Finding]]) -> Check:
    subject = f"{slot.namespace(of)}/{name}"
    how = "Does the API server answer? `kubectl get --raw /readyz`"
    return Check(component=component, subject=subject, ask=ask, how=how)


def _api(scope: Scope, _environment: Environment) -> Iterator[Check | Finding]:
    if not scope.slots:
        address = f"{scope.url}/healthz"
        yield _web(web.Place(component="api", subject=address, url=address))
    for each in scope.slots:
        yield _web(scope.service("api", slot.API, each, API_PORT))
        yield _rollout("api", each, slot.API, partial(rollout.ask_api, scope.kubectl, each))


def _mcp(scope: Scope, _environment: Environment) -> Iterator[Check | Finding]:
    if scope.mcp:
        yield from (_web(web.Place(component="mcp", subject=url, url=url)) for url in scope.mcp.values())
        return
    for each in scope.mcp_slots:
        for name, port in MCP_PORTS.items():
            yield _web(scope.service("mcp", name, each, port))
            yield _rollout("mcp", each, name, partial(rollout.ask_service, scope.kubectl, each, name))


def _certificates(scope: Scope, _environment: Environment) -> Iterator[Check | Finding]:
    parts = urlsplit(scope.url)
    yield Check(
        component="certificates",
        subject=f"{parts.hostname}:{parts.port or 443}",
        ask=partial(certificates.ask, scope.url),
        how="See the runbook ApiUnreachable.",
    )


def _backups(_scope: Scope, environment: Environment) -> Iterator[Check | Finding]:
    if lack := _lack("backups", environment, URL, BUCKET):
        yield lack
        return
    yield Check(
        component="backups",
        subject=environment.bucket(),
        ask=partial(backups.ask, environment),
        how="Does the bucket answer? See the runbook BackupTooOld.",
    )
