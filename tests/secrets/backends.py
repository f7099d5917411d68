"""Every stack with every backend that it may have, recorded once, and what is in a recording."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import copyfile
from typing import Final, cast

from rehearsal.engine.record import Recording
from rehearsal.engine.wire import Properties, Secret, Value, mapping, text
from tests.stacks.recorded import ROOT, on_the_cluster, run

ACCOUNT: Final = "123456789012"
REGION: Final = "us-east-1"
VAULT: Final = "https://vault.example.com:8200"
PLACES: Final[Mapping[str, Mapping[str, object]]] = {
    "plain": {},
    "sealed": {},
    "aws": {"aws": {"accountId": ACCOUNT, "region": REGION}},
    "vault": {"vault": {"server": VAULT}},
}
BACKENDS: Final = tuple(PLACES)
EXTERNAL: Final = ("aws", "vault")
STACKS: Final = ("production", "blue", "green", "dev")
ALLOWED: Final = tuple(
    (stack, backend) for stack in STACKS for backend in BACKENDS if backend != "plain" or stack == "dev"
)
"""Which stack may have which backend: `plain` is development's alone."""

_IMAGE: Final = {"tag": "v1.2.3", "digest": f"sha256:{'0a' * 32}"}
_BACKUPS: Final = {"bucket": "stratmaster-backups-prod", "region": REGION}
WHOLE: Final[Mapping[str, Mapping[str, object]]] = {
    "production": {
        "database": {"mode": "cluster"},
        "cache": {"memory": "2Gi"},
        "operations": _IMAGE,
        "backups": _BACKUPS,
        "aws": {
            "accountId": ACCOUNT,
            "region": REGION,
            "oidcIssuer": f"oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF",
            "deployers": [f"arn:aws:iam::{ACCOUNT}:role/deployer"],
            "secrets": {"rotatedOn": "2026-11-23"},
        },
    },
    "blue": {"operations": _IMAGE},
    "green": {"operations": _IMAGE},
    "dev": {},
}
"""Everything switched on that reads a secret."""


def settings(backend: str, **more: object) -> dict[str, object]:
    """`stratmaster:secrets` for one backend."""
    return {"backend": backend, **PLACES[backend], **more}


@cache
def recorded(stack: str, backend: str, rotation: str = "") -> Recording:
    """A stack with everything that reads a secret and one backend; it must go well."""
    own = settings(backend, **({"rotation": rotation} if rotation else {}))
    with tempfile.TemporaryDirectory() as folder:
        if backend == "sealed":
            own["folder"] = str(sealed_for(stack, Path(folder)).parent)
        recording = run(stack, changes={**WHOLE[stack], "secrets": own})
    assert recording.error is None, recording.error
    return recording


def sealed_for(stack: str, folder: Path) -> Path:
    """The stack's sealed file in a folder; for one that has none, another's, which nobody opens there."""
    own = ROOT / "secrets" / f"{stack}.sealed.yaml"
    return copyfile(own if own.exists() else ROOT / "secrets/green.sealed.yaml", folder / own.name)


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A Secret that a stack brings about.

    Attributes:
        kind: of the object that does: Secret, SealedSecret or ExternalSecret.
        type: the Secret's own type.
        keys: what is in it.
    """

    kind: str
    type: str
    keys: frozenset[str]


def declared(objects: Iterator[Properties]) -> Iterator[tuple[str, Declared]]:
    """The Secrets that objects bring about, by name."""
    for each in objects:
        kind, spec = text(each.get("kind")), mapping(each.get("spec"))
        name = text(mapping(each.get("metadata")).get("name"))
        template = mapping(spec.get("template")) or mapping(mapping(spec.get("target")).get("template"))
        if kind == "Secret":
            keys = {*_opened(each.get("stringData")), *_opened(each.get("data"))}
            yield name, Declared(kind=kind, type=text(each.get("type")), keys=frozenset(keys))
        elif kind == "SealedSecret":
            keys = mapping(spec["encryptedData"])
            yield name, Declared(kind=kind, type=text(template["type"]), keys=frozenset(keys))
        elif kind == "ExternalSecret":
            read = [text(mapping(entry)["secretKey"]) for entry in cast("list[Value]", spec["data"])]
            keys = frozenset({*read, *mapping(template.get("data"))})
            yield name, Declared(kind=kind, type=text(template["type"]), keys=keys)


def _opened(value: Value) -> Mapping[str, Value]:
    return mapping(value.value if isinstance(value, Secret) else value)


def secrets_of(recording: Recording) -> dict[str, Declared]:
    """The Secrets that a recorded stack brings about; no name twice."""
    found = list(declared(each.inputs for each in on_the_cluster(recording)))
    assert len({name for name, _ in found}) == len(found)
    return dict(found)


def references(value: Value, below: str = "") -> Iterator[tuple[str, str]]:
    """Each place that names a Secret, as its name and the key there; no key where it takes the whole."""
    if isinstance(value, list):
        for item in value:
            yield from references(item, below)
    elif isinstance(value, Mapping):
        fields = cast("Mapping[str, Value]", value)
        name, key = fields.get("name"), fields.get("key")
        if isinstance(name, str) and isinstance(key, str) and set(fields) <= {"name", "key", "optional"}:
            if below not in {"configMapKeyRef", "caProvider"}:
                yield name, key
        elif isinstance(name, str) and below in {"imagePullSecrets", "secretRef", "passwordSecret", "secret"}:
            yield name, ""
        for field, inner in fields.items():
            if field in {"secretName", "imagePullSecret"} and isinstance(inner, str):
                yield inner, ""
            if field not in {"matchers", "sourceMatch", "targetMatch"}:
                yield from references(inner, field)
