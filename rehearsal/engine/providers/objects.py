"""Small questions about a Kubernetes object's properties."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Final, cast

from rehearsal.engine.providers.api import Object
from rehearsal.engine.wire import Properties, Secret, Value, has_secret, mapping, reveal_properties, text

_AUTO: Final = "pulumi.com/autonamed"


def gvk(inputs: Properties) -> tuple[str, str]:
    """Its API version and kind."""
    return text(inputs.get("apiVersion")), text(inputs.get("kind"))


def name_of(body: Object) -> str:
    """Its name."""
    return str(cast("Object", body["metadata"])["name"])


def body_of(inputs: Properties) -> Object:
    """What is sent to the API server: the properties with their secrets in clear."""
    return cast("Object", reveal_properties(inputs))


def named(logical: str, old: Properties | None, inputs: Properties) -> Properties:
    """`inputs` with a name: their own, else the one it was given before, else a new one made of the logical name."""
    metadata = dict(mapping(inputs.get("metadata")))
    if metadata.get("name") or "generateName" in metadata:
        return inputs
    before = mapping((old or inputs).get("metadata"))
    kept = text(before.get("name")) if _AUTO in mapping(before.get("annotations")) else ""
    metadata["name"] = kept or f"{logical}-{secrets.token_hex(4)}"
    metadata["annotations"] = {**mapping(metadata.get("annotations")), _AUTO: "true"}
    return {**inputs, "metadata": metadata}


def marked(live: Value, inputs: Value) -> Value:
    """`live` with what is secret in `inputs` made secret; a list with a secret in it wholly."""
    if inputs is None:
        return live
    if isinstance(inputs, Secret):
        return live if isinstance(live, Secret) else Secret(live)
    if isinstance(live, dict) and isinstance(inputs, Mapping):
        return {key: marked(value, inputs.get(key)) for key, value in live.items()}
    return Secret(live) if isinstance(live, list) and has_secret(inputs) else live


def applier(live: Object, prefix: str) -> str:
    """The manager named `<prefix>-…` that has applied `live` already, though no state remembers: it was killed then."""
    metadata = cast("Object", live["metadata"])
    entries = cast("list[dict[str, str]]", metadata.get("managedFields") or [])
    applied = [each["manager"] for each in entries if each.get("operation") == "Apply"]
    return next((each for each in applied if each.startswith(f"{prefix}-")), "")
