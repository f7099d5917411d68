"""The database: a name for one of your own, or a PostgreSQL cluster that CloudNativePG runs and archives."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import pulumi
from pulumi_kubernetes import core
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import conventions, database_cluster, pooler
from components.database_cluster import LIMITS, NAME, REPLICA, REQUESTS, Lineage
from components.quota import Workload
from settings.data import Backups, FoundationDatabase, Pooler

RECOVERY_TIMEOUT: Final = "4h"
"""In which a recovery has to be done (facts.md 5: point in time)."""
_OPERATOR: Final = "postgresql.cnpg.io/v1"
_NAMES: Final = (("database-name", NAME), ("database-replica-name", REPLICA))
"""By which others call it, with their logical names: the instance that takes writes, and those that only answer."""


class _Kind(NamedTuple):
    """A custom resource's kind, and the object's name."""

    version: str
    kind: str
    name: str


@dataclass(frozen=True, kw_only=True)
class DatabaseArgs:
    """Which database, and where it archives to.

    Attributes:
        namespace: where it runs.
        settings: which mode, and how large.
        backups: the bucket; None archives nothing, which only a server of one's own may (it archives by itself).
        role_of: a Cluster's name, which is its ServiceAccount's too -> the AWS role by which it archives, or None.
        owner: the Secret with the user and password of the database's owner, in the one form that the operator reads.
        protect: whether Pulumi refuses to delete it.
        after: what has to be there first.
    """

    namespace: pulumi.Input[str]
    settings: FoundationDatabase
    backups: Backups | None
    role_of: Callable[[str], str | None]
    owner: str
    protect: bool
    after: Sequence[pulumi.Resource]


def workloads(settings: FoundationDatabase) -> tuple[Workload, ...]:
    """Room in the namespace for it: all its clusters, since a recovery runs beside what it is to replace."""
    if settings.mode == "external":
        return ()
    one = Workload(replicas=settings.instances, requests=REQUESTS, limits=LIMITS, surge_percent=100)
    clusters = tuple(one for _ in database_cluster.lineage(settings))
    return (*clusters, *((pooler.workload(settings.pooler),) if settings.pooler else ()))


class Database(pulumi.ComponentResource):
    """PostgreSQL under the name `postgres`, whichever one it is, and what only answers under `postgres-replica`.

    In mode `cluster`: three instances on three nodes, one of which takes writes, the others follow and take over (the
    guard against a lost node), where asked for a Pooler that keeps applications' connections within what the server can
    bear, and WAL archived all the time, the guard against a lost cluster: a daily dump alone can lose a day (facts.md
    C32). The Cluster and its archive are protected: `pulumi destroy` and a renamed key must not take data with them.

    A recovery is a second Cluster beside the first, made from the archive. Only when it is ready do the names lead to
    it, and only then is the first one fenced, so that at no moment two take writes under one name; its volumes stay,
    and the way back is the same the other way round.
    """

    def __init__(self, name: str, args: DatabaseArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:data:Database", name, None, opts)
        self._args = args
        if args.settings.mode == "external":
            self._external()
        else:
            self._cluster()
        self.register_outputs({})

    def _external(self) -> None:
        """Names in the cluster for a server outside of it: who calls `postgres` needn't know where it is."""
        host = self._args.settings.host
        for logical, name in _NAMES:
            self._service(
                logical, name, core.v1.ServiceSpecArgs(type="ExternalName", external_name=host), self._args.after
            )

    def _cluster(self) -> None:
        settings, before = self._args.settings, list(self._args.after)
        if self._args.backups is not None:
            store = _Kind("barmancloud.cnpg.io/v1", "ObjectStore", NAME)
            before.append(self._object("archive", store, database_cluster.archive(self._args.backups), before))
        clusters = database_cluster.lineage(settings)
        (serving,) = (each for each in clusters if each.serves)
        names = self._names(serving, self._instances(serving, before))
        for other in clusters:
            if not other.serves:
                self._instances(other, [*before, *names])
        if settings.pooler is not None:
            self._pooler(settings.pooler, serving, names)

    def _instances(self, own: Lineage, before: Sequence[pulumi.Resource]) -> CustomResource:
        """A Cluster and its daily backup. A recovery's logical name is its moment, which no later change moves."""
        suffix = f"-{own.recovered.stamp}" if own.recovered else ""
        args = self._args
        spec = database_cluster.cluster(args.settings, args.backups, own, role=args.role_of(own.name), owner=args.owner)
        # One that doesn't serve is fenced, and so never ready.
        notes = conventions.waits_for("condition=Ready") if own.serves else database_cluster.FENCED
        made = self._object(f"database{suffix}", _Kind(_OPERATOR, "Cluster", own.name), spec, before, notes)
        if args.backups is not None:
            daily = _Kind(_OPERATOR, "ScheduledBackup", f"{own.name}-daily")
            self._object(f"base-backups{suffix}", daily, database_cluster.base_backups(own), [made])
        return made

    def _names(self, serving: Lineage, cluster: CustomResource) -> list[core.v1.Service]:
        return [
            self._service(
                logical,
                name,
                core.v1.ServiceSpecArgs(
                    selector={"cnpg.io/cluster": serving.name, "cnpg.io/instanceRole": role},
                    ports=[core.v1.ServicePortArgs(name="postgres", port=5432, target_port=5432, protocol="TCP")],
                ),
                [cluster],
            )
            for (logical, name), role in zip(_NAMES, ("primary", "replica"), strict=True)
        ]

    def _service(
        self, logical: str, name: str, spec: core.v1.ServiceSpecArgs, after: Sequence[pulumi.Resource]
    ) -> core.v1.Service:
        return core.v1.Service(
            logical,
            metadata=ObjectMetaArgs(
                name=name,
                namespace=self._args.namespace,
                labels=conventions.labels("database", NAME),
                annotations=conventions.does_not_wait(),  # what it shows is waited for, and one may have no replicas
            ),
            spec=spec,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(after)),
        )

    def _pooler(self, settings: Pooler, serving: Lineage, names: Sequence[core.v1.Service]) -> None:
        account = core.v1.ServiceAccount(
            "pooler-account",
            metadata=ObjectMetaArgs(
                name=pooler.NAME, namespace=self._args.namespace, labels=conventions.labels("pooler", pooler.NAME)
            ),
            automount_service_account_token=False,
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(self._args.after)),
        )
        kind = _Kind(_OPERATOR, "Pooler", pooler.NAME)
        self._object("pooler", kind, pooler.spec(settings, serving.name), [account, *names])

    def _object(
        self,
        logical: str,
        kind: _Kind,
        spec: Mapping[str, object],
        before: Sequence[pulumi.Resource],
        annotations: Mapping[str, str] | None = None,
    ) -> CustomResource:
        return CustomResource(
            logical,
            api_version=kind.version,
            kind=kind.kind,
            metadata={
                "name": kind.name,
                "namespace": self._args.namespace,
                "labels": conventions.labels("database", NAME),
                **({"annotations": dict(annotations)} if annotations else {}),
            },
            spec=dict(spec),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=list(before),
                protect=self._args.protect and kind.kind in {"Cluster", "ObjectStore"},
                custom_timeouts=pulumi.CustomTimeouts(create=RECOVERY_TIMEOUT, update=RECOVERY_TIMEOUT)
                if kind.kind == "Cluster"
                else None,
            ),
        )
