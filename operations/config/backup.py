"""A backup of the configuration: live objects and the releases' values, encrypted before they leave the pod.

The threats: a cluster that is gone with all that was changed by hand in it, and a backup that is a list of every
password for whoever can read the bucket (facts.md C35). As with the database's, it counts once its manifest is there,
which is written after the envelope was read back, opened and compared.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from typing import cast

from operations.config.cluster import Cluster
from operations.config.envelope import recipients, seal, unseal
from operations.config.manifest import DATA, MANIFESTS, ConfigManifest
from operations.config.reading import read
from operations.errors import OperationError
from operations.manifest import File
from operations.store import Store


def back_up(cluster: Cluster, store: Store, namespaces: Sequence[str], to: Sequence[str]) -> ConfigManifest:
    """Take a backup and publish it.

    Args:
        cluster: whose objects.
        store: where to.
        namespaces: which.
        to: public keys of those who can open it.

    Raises:
        OperationError: anything failed; nothing is published then.
    """
    keys, now = recipients(to), store.now()
    found = read(cluster, namespaces)
    plain = json.dumps({"apiVersion": "v1", "kind": "List", "items": found.objects}, sort_keys=True).encode()
    body, proof = seal(plain, keys)
    backup = f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"
    stored = store.put(f"{DATA}{backup}/k8s-resources-{now:%Y%m%d}.json.zst.age", body)
    if unseal(b"".join(store.read(stored)), [proof]) != plain:
        raise OperationError(
            f"{store.place(stored.key)} doesn't hold what was read", "Nothing was published; run again."
        )
    manifest = ConfigManifest(
        id=backup,
        taken_at=now,
        server_version=cast("str", cluster.request("GET", "/version")["gitVersion"]),
        namespaces=tuple(namespaces),
        absent=tuple(found.absent),
        counts=found.counts(),
        recipients=tuple(str(key) for key in keys),
        plain_bytes=len(plain),
        file=File.of(stored),
    )
    store.put(f"{MANIFESTS}{backup}.json", manifest.model_dump_json(indent=1).encode())
    return manifest
