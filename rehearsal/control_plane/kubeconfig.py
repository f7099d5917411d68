"""Kubeconfigs of the plane: written for its clients, and checked before anyone trusts the administrator's."""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import yaml

from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from pathlib import Path

# The contexts that the committed stack files name (`cluster.context`): both are this plane here.
CONTEXTS = ("stratmaster", "stratmaster-dev")
CLUSTER = "rehearsal"


@dataclass(frozen=True, kw_only=True)
class Client:
    """What a client needs to reach the API server.

    Args:
        server: the API server's URL.
        authority: PEM of the authority that its serving certificate is checked against.
        certificate: PEM of the client's certificate.
        key: PEM of the client's private key.
    """

    server: str
    authority: bytes
    certificate: bytes
    key: bytes


def write(path: Path, client: Client) -> None:
    """Write a kubeconfig with both contexts, readable by its owner only."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {
                "name": CLUSTER,
                "cluster": {"server": client.server, "certificate-authority-data": _encode(client.authority)},
            }
        ],
        "users": [
            {
                "name": CLUSTER,
                "user": {
                    "client-certificate-data": _encode(client.certificate),
                    "client-key-data": _encode(client.key),
                },
            }
        ],
        "contexts": [{"name": name, "context": {"cluster": CLUSTER, "user": CLUSTER}} for name in CONTEXTS],
        "current-context": CONTEXTS[0],
    }
    fresh = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        yaml.safe_dump(document, file, sort_keys=False)
    fresh.replace(path)


def verify(path: Path, *, server: str, authority: bytes) -> None:
    """Refuse a kubeconfig with any cluster in it that is not the plane.

    Threat: one copied over the rehearsal's would send `up` or `destroy` to a real cluster. Every cluster of the
    file is looked at, not only the current context's, since a stack's config chooses the context.

    Args:
        path: the kubeconfig.
        server: the plane's URL.
        authority: PEM of the plane's authority.

    Raises:
        RehearsalError: it is missing, unreadable, or names another server, authority or credential helper.
    """
    mend = f"Move {path} away and run `python -m rehearsal start`, which writes it anew."
    try:
        document: object = yaml.safe_load(path.read_text())
    except OSError:
        raise RehearsalError(f"There is no kubeconfig at {path}.", "Run `python -m rehearsal start`.") from None
    except yaml.YAMLError:
        raise RehearsalError(f"The kubeconfig {path} is not YAML.", mend) from None
    clusters = _entries(document, "clusters", "cluster")
    if not clusters:
        raise RehearsalError(f"The kubeconfig {path} names no cluster.", mend)
    for name, cluster in clusters:
        if cluster.get("server") != server:
            raise RehearsalError(
                f"The kubeconfig {path} is not the rehearsal's: cluster {name!r} is {cluster.get('server')}, "
                f"the rehearsal's is {server}.",
                mend,
            )
        if cluster.get("certificate-authority-data") != _encode(authority) or set(cluster) - {
            "server",
            "certificate-authority-data",
        }:
            raise RehearsalError(
                f"The kubeconfig {path} is not the rehearsal's: cluster {name!r} trusts another authority.", mend
            )


def _entries(document: object, plural: str, singular: str) -> list[tuple[str, dict[str, object]]]:
    """The named entries of a kubeconfig's list; what has another shape counts as none."""
    found: list[tuple[str, dict[str, object]]] = []
    listed = cast("dict[str, object]", document).get(plural) if isinstance(document, dict) else None
    for entry in cast("list[object]", listed) if isinstance(listed, list) else []:
        if not isinstance(entry, dict):
            continue
        named = cast("dict[str, object]", entry)
        value = named.get(singular)
        found.append((str(named.get("name")), cast("dict[str, object]", value) if isinstance(value, dict) else {}))
    return found


def _encode(pem: bytes) -> str:
    return base64.b64encode(pem).decode()
