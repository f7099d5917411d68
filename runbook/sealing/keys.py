"""The Sealed Secrets controller's own keys: without them nothing that was sealed ever opens again.

Kept by a person, encrypted for people, and by no job: a role that can read these Secrets can read every Secret of
kube-system (RBAC knows neither labels nor prefixes), and whoever holds a key opens whatever was ever committed. So no
account of the program gets that right; an administrator has it already.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

import pyrage
from cryptography import x509
from kubernetes.client import ApiException, CoreV1Api, V1ConfigMap, V1ObjectMeta, V1Secret

from runbook import cluster
from runbook.errors import RunbookError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

LABEL: Final = "sealedsecrets.bitnami.com/sealed-secrets-key"
RECORD: Final = "backup-of-{key}"
"""A ConfigMap that says when a key was backed up; the alert SealingKeyNotBackedUp looks for it by its name."""
_TYPE: Final = "kubernetes.io/tls"
_KEY, _CERTIFICATE = "tls.key", "tls.crt"


@dataclass(frozen=True, kw_only=True)
class SealingKey:
    """One key of the controller's.

    Attributes:
        name: of its Secret.
        data: of its Secret, as the API has it (base64); never shown.
        labels: of its Secret.
        begins: when its certificate begins; the newest is what is sealed for.
        ends: when its certificate ends.
        backed_up: when it was backed up last; None if it never was.
    """

    name: str
    data: dict[str, str] = field(repr=False)
    labels: dict[str, str]
    begins: datetime
    ends: datetime
    backed_up: str | None = None


class SealingKeys:
    """The keys of one cluster's controller."""

    def __init__(self, client: ApiClient, context: str, namespace: str) -> None:
        """Name the controller's namespace; nothing is asked yet."""
        self._api = CoreV1Api(client)
        self._context = context
        self._namespace = namespace

    def all(self) -> list[SealingKey]:
        """Every key, the newest last.

        Raises:
            RunbookError: the cluster refuses, or has none.
        """
        with cluster.asking(self._context, f"list sealing keys in {self._namespace}"):
            secrets = self._api.list_namespaced_secret(
                self._namespace, label_selector=LABEL, _request_timeout=cluster.SECONDS
            )
            records = self._api.list_namespaced_config_map(self._namespace, _request_timeout=cluster.SECONDS)
        known = {_name(each.metadata): (each.data or {}).get("backedUp") for each in records.items}
        found = [
            _key(_name(each.metadata), _texts(each.data), (each.metadata and each.metadata.labels) or {}, known)
            for each in secrets.items
        ]
        if not found:
            raise RunbookError(
                f"The cluster of context {self._context} has no sealing key in {self._namespace}.",
                "Install the Sealed Secrets controller, or say where it is: --controller-namespace.",
            )
        return sorted(found, key=lambda each: each.begins)

    def record(self, key: SealingKey, *, when: str, digest: str, recipients: Sequence[str]) -> None:
        """Note that a key is in a backup.

        Args:
            key: the key.
            when: the time, ISO 8601.
            digest: SHA-256 of the backup, in hex.
            recipients: whom it is encrypted for.
        """
        name = RECORD.format(key=key.name)
        noted = V1ConfigMap(
            metadata=V1ObjectMeta(name=name, namespace=self._namespace),
            data={"backedUp": when, "sha256": digest, "recipients": "\n".join(recipients)},
        )
        try:
            with cluster.asking(self._context, f"note the backup of {key.name}"):
                self._api.create_namespaced_config_map(self._namespace, noted, _request_timeout=cluster.SECONDS)
        except ApiException:  # it is there from the last backup
            with cluster.asking(self._context, f"note the backup of {key.name}"):
                self._api.replace_namespaced_config_map(name, self._namespace, noted, _request_timeout=cluster.SECONDS)

    def restore(self, key: SealingKey) -> bool:
        """Put a key back; whether it was missing. One that is there is never touched.

        Raises:
            RunbookError: the cluster refuses, or has another key of that name.
        """
        try:
            with cluster.asking(self._context, f"restore sealing key {key.name}"):
                there = self._api.read_namespaced_secret(key.name, self._namespace, _request_timeout=cluster.SECONDS)
        except ApiException:
            secret = V1Secret(
                metadata=V1ObjectMeta(name=key.name, namespace=self._namespace, labels=key.labels),
                type=_TYPE,
                data={**key.data},
            )
            with cluster.asking(self._context, f"restore sealing key {key.name}"):
                self._api.create_namespaced_secret(self._namespace, secret, _request_timeout=cluster.SECONDS)
            return True
        if _texts(there.data) != key.data:
            raise RunbookError(
                f"The cluster has another sealing key {key.name}.", "It was left alone: look whose backup this is."
            )
        return False


def _name(metadata: V1ObjectMeta | None) -> str:
    return str(metadata.name) if metadata else ""


def _texts(data: Mapping[str, bytes | str] | None) -> dict[str, str]:
    return {key: each if isinstance(each, str) else each.decode() for key, each in (data or {}).items()}


def _key(name: str, data: dict[str, str], labels: dict[str, str], known: dict[str, str | None]) -> SealingKey:
    try:
        certificate = x509.load_pem_x509_certificate(base64.b64decode(data[_CERTIFICATE]))
    except (KeyError, ValueError):
        raise RunbookError(f"Secret {name} is labelled as a sealing key and holds none.", "Look at it.") from None
    return SealingKey(
        name=name,
        data=data,
        labels=labels,
        begins=certificate.not_valid_before_utc,
        ends=certificate.not_valid_after_utc,
        backed_up=known.get(RECORD.format(key=name)),
    )


@dataclass(frozen=True, kw_only=True)
class Backup:
    """Keys, encrypted.

    Attributes:
        body: what age decrypts to a List of Secrets; kubectl and `kubeseal --recovery-unseal` take that as it is.
        digest: its SHA-256, in hex.
    """

    body: bytes
    digest: str


def encrypt(keys: Sequence[SealingKey], namespace: str, recipients: Sequence[str]) -> Backup:
    """Keys as only the recipients can read them, proven to open before it is given back.

    Raises:
        RunbookError: a recipient is no public key of age.
    """
    items = [
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": each.name, "namespace": namespace, "labels": each.labels},
            "type": _TYPE,
            "data": each.data,
        }
        for each in keys
    ]
    plain = json.dumps({"apiVersion": "v1", "kind": "List", "items": items}).encode()
    try:
        people = [pyrage.x25519.Recipient.from_str(each) for each in recipients]
    except pyrage.RecipientError:
        raise RunbookError(
            "A recipient is no public key of age.", "Give what `age-keygen` prints as public key: age1…"
        ) from None
    proof = pyrage.x25519.Identity.generate()
    body = pyrage.encrypt(plain, [*people, proof.to_public()])
    if pyrage.decrypt(body, [proof]) != plain:
        raise RunbookError("The backup doesn't open again.", "Nothing was written: run the command again.")
    return Backup(body=body, digest=hashlib.sha256(body).hexdigest())


def decrypt(body: bytes, identities: Sequence[str]) -> list[SealingKey]:
    """The keys of a backup.

    Raises:
        RunbookError: none of the identities opens it, or it isn't one.
    """
    try:
        people = [pyrage.x25519.Identity.from_str(each) for each in identities]
        document = json.loads(pyrage.decrypt(body, people))
    except (pyrage.IdentityError, pyrage.DecryptError, ValueError):
        raise RunbookError(
            "This identity doesn't open the backup.",
            "Give the file with the private key (AGE-SECRET-KEY-…) of one of its recipients.",
        ) from None
    items = cast("list[dict[str, dict[str, object]]]", document["items"])
    return [
        _key(
            str(each["metadata"]["name"]),
            cast("dict[str, str]", each["data"]),
            cast("dict[str, str]", each["metadata"]["labels"]),
            {},
        )
        for each in items
    ]


def now() -> str:
    """The time, as records and file names have it."""
    return datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
