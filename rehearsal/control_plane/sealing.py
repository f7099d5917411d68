"""The Sealed Secrets controller as a cluster has it, and its keys."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rehearsal.control_plane.furniture import Object
from rehearsal.control_plane.sources import CONTROLLER

if TYPE_CHECKING:
    from rehearsal.control_plane.api import Api

NAME = "sealed-secrets-controller"
NAMESPACE = "kube-system"
IMAGE = "docker.io/bitnami/sealed-secrets-controller"
KEYS = "sealedsecrets.bitnami.com%2Fsealed-secrets-key%3Dactive"


@dataclass(frozen=True, kw_only=True)
class SealingKey:
    """A key of the controller's, as its Secret holds it.

    Args:
        private: PEM.
        certificate: PEM.
    """

    private: bytes
    certificate: bytes


def objects(port: int) -> list[Object]:
    """The Sealed Secrets controller as a cluster has it: kubeseal and `runbook seal` look for its Service.

    Args:
        port: where the process listens; the API server's tunnel knows it by that.
    """
    labels = {"app.kubernetes.io/name": "sealed-secrets"}
    image = f"{IMAGE}:{CONTROLLER.version.removeprefix('v')}"
    container = {"name": "controller", "image": image, "ports": [{"name": "http", "containerPort": port}]}
    deployment = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {
            "selector": {"matchLabels": labels},
            "strategy": {"type": "Recreate"},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME, "namespace": NAMESPACE},
        "spec": {"selector": labels, "ports": [{"name": "http", "port": 8080, "targetPort": port}]},
    }
    return [
        Object(
            path=f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{NAME}", document=json.dumps(deployment).encode()
        ),
        Object(path=f"/api/v1/namespaces/{NAMESPACE}/services/{NAME}", document=json.dumps(service).encode()),
    ]


def keys(api: Api) -> list[SealingKey]:
    """The controller's keys, the newest last; none before it has made the first."""
    found = api.get(f"/api/v1/namespaces/{NAMESPACE}/secrets?labelSelector={KEYS}").get("items", [])
    items = cast("list[dict[str, dict[str, str]]]", found)
    ordered = sorted(items, key=lambda each: each["metadata"]["creationTimestamp"])
    return [
        SealingKey(
            private=base64.b64decode(each["data"]["tls.key"]), certificate=base64.b64decode(each["data"]["tls.crt"])
        )
        for each in ordered
    ]
