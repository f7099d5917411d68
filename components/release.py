"""The Helm release `stratmaster-api`: the API and its MCP services in one slot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi
from pulumi_kubernetes.helm.v3 import Release

from components import chart, conventions


@dataclass(frozen=True, kw_only=True)
class ImageRef:
    """An image; in the pod it stands as repository:tag@digest."""

    repository: str
    tag: str
    digest: str = ""

    def __str__(self) -> str:
        pinned = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}:{self.tag}{pinned}"

    def values(self) -> dict[str, str]:
        """The chart's `image`."""
        return {"repository": self.repository, "tag": self.tag, "digest": self.digest}


@dataclass(frozen=True, kw_only=True)
class SecretKey:
    """One value of one Secret."""

    name: str
    key: str

    def values(self) -> dict[str, str]:
        """An entry of the chart's `secretEnv`."""
        return {"name": self.name, "key": self.key}


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Pods at the least and at the most."""

    min: int
    max: int

    def values(self) -> dict[str, int]:
        """The chart's `replicas`."""
        return {"min": self.min, "max": self.max}


@dataclass(frozen=True, kw_only=True)
class Amounts:
    """CPU in cores, memory and scratch space in bytes, as Kubernetes quantities."""

    cpu: str
    memory: str
    ephemeral_storage: str

    def values(self) -> dict[str, str]:
        """One half of the chart's `resources`."""
        return {"cpu": self.cpu, "memory": self.memory, "ephemeral-storage": self.ephemeral_storage}


@dataclass(frozen=True, kw_only=True)
class Resources:
    """What a container is promised and what it may take at most."""

    requests: Amounts
    limits: Amounts

    def values(self) -> dict[str, dict[str, str]]:
        """The chart's `resources`."""
        return {"requests": self.requests.values(), "limits": self.limits.values()}


@dataclass(frozen=True, kw_only=True)
class McpService:
    """One MCP service.

    Attributes:
        name: of its Deployment and Service.
        port: that its container and Service listen on.
        module: the Python module whose create_app uvicorn starts (facts.md 2.1).
        env: its own environment.
        secret_env: variable -> the Secret's value that it takes.
        writable_paths: folders of the read-only container that stay writable.
    """

    name: str
    port: int
    module: str
    image: ImageRef
    replicas: Bounds
    resources: Resources
    env: Mapping[str, str] = field(default_factory=dict[str, str])
    secret_env: Mapping[str, SecretKey] = field(default_factory=dict[str, SecretKey])
    writable_paths: Sequence[str] = ()

    def values(self) -> dict[str, object]:
        """An entry of the chart's `mcpServices`."""
        return {
            "name": self.name,
            "port": self.port,
            "module": self.module,
            "image": self.image.values(),
            "replicas": self.replicas.values(),
            "resources": self.resources.values(),
            "env": dict(self.env),
            "secretEnv": {variable: key.values() for variable, key in self.secret_env.items()},
            "writablePaths": list(self.writable_paths),
        }


@dataclass(frozen=True, kw_only=True)
class ReleaseArgs:
    """One release.

    Attributes:
        slot: blue, green or a developer's own.
        namespace: the slot's namespace, which exists already.
        image: the API's.
        pull_secret: name of the Secret that the registry is opened with.
        replicas: the API's.
        resources: the API's.
        config: the API's environment, without secrets.
        secret_env: variable of the API -> the Secret's value that it takes.
        secrets_checksum: changes when any secret's value does.
        mcp_services: all of them, since Helm replaces a list as a whole.
        shutdown: whether everything is scaled to zero.
        timeout_seconds: one limit for the whole install or upgrade.
        after: what has to be there first. A component's own dependencies don't reach its children, so they are named.
    """

    slot: str
    namespace: pulumi.Input[str]
    image: ImageRef
    pull_secret: str
    replicas: Bounds
    resources: Resources
    config: Mapping[str, str]
    secret_env: Mapping[str, SecretKey]
    secrets_checksum: pulumi.Input[str]
    mcp_services: Sequence[McpService]
    shutdown: bool
    timeout_seconds: int
    after: Sequence[pulumi.Resource]


class ApiRelease(pulumi.ComponentResource):
    """The release: atomic and awaited, so a build that doesn't become ready is rolled back by itself.

    Its values hold no unknowns, so a policy pack can render the chart in every preview. The history keeps ten revisions
    for `helm history` and `helm rollback`.

    Attributes:
        release: the helm.v3.Release.
        deployment: `namespace/name` of the API's Deployment, known once the release has succeeded.
        values: the chart's, but for the checksum of the secrets.
    """

    def __init__(self, name: str, args: ReleaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:ApiRelease", name, None, opts)
        values = _values(args)
        self.values: Mapping[str, object] = {**values, "secretsChecksum": ""}
        chart.check(self.values)
        self.release = Release(
            conventions.API,
            name=conventions.API,
            namespace=args.namespace,
            chart=chart.PATH,
            values=values,
            atomic=True,
            cleanup_on_fail=True,
            skip_await=False,
            wait_for_jobs=True,
            timeout=args.timeout_seconds,
            max_history=10,
            create_namespace=False,
            skip_crds=True,
            dependency_update=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.after)),
        )
        self.deployment = pulumi.Output.all(args.namespace, self.release.id).apply(
            lambda settled: f"{settled[0]}/{conventions.API}"
        )
        self.register_outputs({})


def _values(args: ReleaseArgs) -> dict[str, object]:
    return {
        "slot": args.slot,
        "image": args.image.values(),
        "imagePullSecret": args.pull_secret,
        "serviceAccount": conventions.API,
        "replicas": args.replicas.values(),
        "shutdown": args.shutdown,
        "resources": args.resources.values(),
        "config": dict(args.config),
        "secretEnv": {variable: key.values() for variable, key in args.secret_env.items()},
        "secretsChecksum": args.secrets_checksum,
        "mcpServices": [service.values() for service in args.mcp_services],
        "chartDigest": chart.digest(),
    }
