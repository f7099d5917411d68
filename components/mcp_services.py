"""The five MCP services that speak HTTP, as the chart wants them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from components.release import Bounds, ImageRef, McpService, Resources, SecretKey


@dataclass(frozen=True, kw_only=True)
class _Known:
    """What the code fixes about a service (facts.md 2.1 and 2.8)."""

    port: int
    env: Mapping[str, str]
    writable_paths: Sequence[str]


_REPOSITORY: Final = "ghcr.io/iamjonobo/stratmaster-{name}-mcp"
_KNOWN: Final[Mapping[str, _Known]] = {
    "research": _Known(
        port=8081,
        env={"RESEARCH_MCP_CACHE_DIR": "/var/cache/research-mcp"},
        writable_paths=("/var/cache/research-mcp",),
    ),
    "knowledge": _Known(port=8082, env={}, writable_paths=()),
    "router": _Known(
        port=8083,
        env={"MODEL_PERFORMANCE_DB_PATH": "/var/lib/router-mcp/model_performance.db"},
        writable_paths=("/var/lib/router-mcp",),
    ),
    "evals": _Known(port=8084, env={}, writable_paths=()),
    "compression": _Known(port=8085, env={}, writable_paths=()),
}


@dataclass(frozen=True, kw_only=True)
class Build:
    """Which build of one service runs, and what it is told.

    Attributes:
        tag: the version.
        digest: sha256:..., empty in development.
        env: its environment beside what every installation has.
        secret_env: variable -> the Secret's value that it takes.
    """

    tag: str
    digest: str
    env: Mapping[str, str]
    secret_env: Mapping[str, SecretKey]


def mcp_services(builds: Mapping[str, Build], replicas: Bounds, resources: Resources) -> list[McpService]:
    """All services, in the order of their ports.

    Args:
        builds: research, knowledge, router, evals and compression -> its build.
        replicas: of each service.
        resources: of each service.

    Raises:
        KeyError: a build is missing, a mistake in this program.
    """
    return [
        McpService(
            name=f"{name}-mcp",
            port=known.port,
            module=f"{name}_mcp.app",
            image=ImageRef(repository=_REPOSITORY.format(name=name), tag=builds[name].tag, digest=builds[name].digest),
            replicas=replicas,
            resources=resources,
            env={**known.env, **builds[name].env},
            secret_env=builds[name].secret_env,
            writable_paths=known.writable_paths,
        )
        for name, known in _KNOWN.items()
    ]
