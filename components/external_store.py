"""Where External Secrets reads from: a store outside the cluster, and the service account that may read it."""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pulumi
from pulumi_kubernetes import core
from pulumi_kubernetes.apiextensions import CustomResource
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import aws_names, conventions
from settings.secrets import SecretsManager, Vault

API_VERSION: Final = "external-secrets.io/v1"
VAULT_READER: Final = "stratmaster-vault-reader"
"""Service account as which External Secrets reads Vault; not that of AWS, so that a switch finds its name free."""
PATIENCE_SECONDS: Final = 300
"""How long the operator may take to log in or to read: a role or a policy made in the same minute takes one to be known
everywhere. What is still refused then is a mistake."""


@dataclass(frozen=True, kw_only=True)
class StoreArgs:
    """Which store, and for whom.

    Attributes:
        namespace: of the objects; a SecretStore serves no other.
        stack: whose entries the service account may read.
        place: where the store is.
    """

    namespace: pulumi.Input[str]
    stack: str
    place: SecretsManager | Vault


@dataclass(frozen=True, kw_only=True)
class _Access:
    """A SecretStore's provider, and the service account that it logs in as."""

    backend: str
    reader: str
    provider: Mapping[str, object]
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])


class Store(pulumi.ComponentResource):
    """A SecretStore of the namespace's own, awaited until the operator has logged in, and a service account for that.

    No key is kept anywhere: the operator asks the cluster for a token of the service account, one that ends within the
    hour and that the store alone takes, and the store knows what that account may read. So no stolen Secret opens a
    store, and one namespace's account opens no other's entries. No pod runs as the account, and it has no rights in the
    cluster. The operator runs in a namespace of its own and makes all of these calls itself, so nothing of ours needs a
    way to the store.

    Attributes:
        backend: aws or vault.
        store_name: the SecretStore's name.
    """

    def __init__(self, name: str, args: StoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:components:SecretStore", name, None, opts)
        place = args.place
        access = _aws(args.stack, place) if isinstance(place, SecretsManager) else _vault(args.stack, place)
        self.backend = access.backend
        self.store_name = named(
            f"{conventions.PROJECT}-{access.backend}", {"provider": access.provider, "as": access.annotations}
        )
        labels = conventions.labels("secret-store")
        account = core.v1.ServiceAccount(
            access.reader,
            metadata=ObjectMetaArgs(
                name=access.reader,
                namespace=args.namespace,
                labels=labels,
                annotations=dict(access.annotations) or None,
            ),
            automount_service_account_token=False,
            opts=pulumi.ResourceOptions(parent=self),
        )
        CustomResource(
            "store",
            api_version=API_VERSION,
            kind="SecretStore",
            metadata={
                "name": self.store_name,
                "namespace": args.namespace,
                "labels": labels,
                "annotations": waits_for_the_operator(),
            },
            spec={"provider": {access.backend: dict(access.provider)}},
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account]),
        )
        self.register_outputs({})


def named(base: str, declaration: object) -> str:
    """A name that tells what is declared, so that whatever is declared otherwise is another object.

    Guards against a stale readiness: the operator's conditions don't say which generation they are about, so an object
    that is changed in place counts as ready on its old state.
    """
    digest = hashlib.sha256(json.dumps(declaration, sort_keys=True).encode()).hexdigest()
    return f"{base}-{digest[:10]}"


def waits_for_the_operator() -> dict[str, str]:
    """Annotations that make Pulumi wait until the operator has done its part, and not much longer."""
    return {**conventions.waits_for("condition=Ready"), "pulumi.com/timeoutSeconds": str(PATIENCE_SECONDS)}


def _aws(stack: str, place: SecretsManager) -> _Access:
    reader = aws_names.SECRETS_READER
    return _Access(
        backend="aws",
        reader=reader,
        annotations={aws_names.ROLE_ANNOTATION: aws_names.role_arn(place.account_id, stack, reader)},
        provider={
            "service": "SecretsManager",
            "region": place.region,
            "auth": {"jwt": {"serviceAccountRef": {"name": reader}}},
        },
    )


def _vault(stack: str, place: Vault) -> _Access:
    provider: dict[str, object] = {
        "server": place.server,
        "path": place.mount,
        "version": "v2",
        "auth": {
            "kubernetes": {
                "mountPath": place.auth_mount,
                "role": place.role or f"{conventions.PROJECT}-{stack}",
                "serviceAccountRef": {"name": VAULT_READER, "audiences": [place.audience]},
            }
        },
    }
    if place.ca is not None:
        provider["caBundle"] = base64.b64encode(place.ca.encode()).decode()
    if place.namespace is not None:
        provider["namespace"] = place.namespace
    return _Access(backend="vault", reader=VAULT_READER, provider=provider)
