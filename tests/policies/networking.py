"""What the tests of network rules declare."""

from __future__ import annotations

from rehearsal.engine.wire import Properties, Value

NAMESPACE = "stratmaster-blue"
METADATA: Properties = {"name": "it", "namespace": NAMESPACE}
GOOD_PEER: Properties = {"podSelector": {"matchLabels": {"app": "redis"}}}


def policy(*, name: str = "it", **spec: Value) -> Properties:
    return {"kind": "NetworkPolicy", "metadata": {**METADATA, "name": name}, "spec": {"podSelector": {}, **spec}}


def service(**spec: Value) -> Properties:
    own: Properties = {"selector": {"app": "api"}, "ports": [{"port": 80, "targetPort": "http"}], **spec}
    return {"kind": "Service", "metadata": METADATA, "spec": own}
