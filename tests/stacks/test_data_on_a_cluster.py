"""The data's objects on a real API server with the operators' own definitions: accepted word for word, and kept."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from rehearsal.control_plane import ControlPlane
from tests.operations.config_cluster import Configured
from tests.stacks.test_data import DATA
from tests.stacks.test_data_policies import BACKUPS
from tests.waiting import eventually

KINDS: Final = (
    *("Namespace", "ServiceAccount", "ConfigMap", "Cluster", "ObjectStore", "ScheduledBackup", "Pooler", "CronJob"),
    "Service",
)
SETTINGS: Final = {**DATA, "backups": BACKUPS}
MOMENT: Final = "2024-12-20T10:00:00Z"


def test_a_recovery_adds_a_cluster_and_changes_the_first_one_in_place(
    control_plane: ControlPlane, tmp_path: Path
) -> None:
    prefix = f"data-{secrets.token_hex(3)}"
    cluster = Configured(
        kubectl=control_plane.binary("kubectl"), kubeconfig=control_plane.kubeconfig, prefix=prefix, home=tmp_path
    )
    namespace = cluster.namespaces[0]
    database: Mapping[str, object] = {"mode": "cluster", "pooler": {}}
    cluster.declare("production", KINDS, {**SETTINGS, "database": database})
    first = cluster.get("clusters.postgresql.cnpg.io", namespace, "postgres")
    cluster.declare("production", KINDS, {**SETTINGS, "database": {**database, "recovery": {"toTime": MOMENT}}})
    now = cluster.get("clusters.postgresql.cnpg.io", namespace, "postgres")
    assert _metadata(now)["uid"] == _metadata(first)["uid"]
    assert now["spec"] == first["spec"]
    cluster.get("clusters.postgresql.cnpg.io", namespace, "postgres-20241220t100000")
    eventually(lambda: _ready(cluster, namespace, "postgres-20241220t100000") == "True", "the new cluster is ready")
    eventually(lambda: _ready(cluster, namespace, "postgres") == "False", "the fenced one is not")
    for name in ("postgres", "postgres-replica"):
        service = cast("dict[str, dict[str, str]]", cluster.get("service", namespace, name)["spec"])
        assert service["selector"]["cnpg.io/cluster"] == "postgres-20241220t100000"
    cluster.run("delete", "namespace", namespace, "--wait=false")


def _ready(cluster: Configured, namespace: str, name: str) -> str:
    found = cluster.get("clusters.postgresql.cnpg.io", namespace, name)
    conditions = cast("dict[str, list[dict[str, str]]]", found.get("status") or {}).get("conditions", [])
    return next((each["status"] for each in conditions if each["type"] == "Ready"), "")


def _metadata(one: Mapping[str, object]) -> Mapping[str, object]:
    return cast("Mapping[str, object]", one["metadata"])
