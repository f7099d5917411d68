"""The Sealed Secrets controller of a cluster: its certificate, and values sealed anew for its newest key."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol, cast
from urllib.parse import urlsplit

from kubernetes.client import ApiException, CoreV1Api
from pydantic import BaseModel, ConfigDict, Field

from runbook import cluster
from runbook.errors import RunbookError
from runbook.sealing.box import Certificate, Scope

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_SCOPE_NOTE: Final = "sealedsecrets.bitnami.com/{scope}"
_LARGEST_CERTIFICATE: Final = 1_000_000
"""Bytes read of an address that was given for a certificate, which has a few thousand."""
_OK, _FAILED = 200, 500


class _Spec(BaseModel):
    model_config = ConfigDict(extra="ignore")

    encrypted_data: dict[str, str] = Field(alias="encryptedData")


class _Rotated(BaseModel):
    """What is used of the SealedSecret that the controller gives back."""

    model_config = ConfigDict(extra="ignore")

    spec: _Spec


class _Answer(Protocol):
    """What is used of the client's answer, which has no types of its own."""

    status: int
    reason: str

    def read(self) -> bytes | None: ...


class _Client(Protocol):
    """What is used of the client itself, for requests that have no method of their own."""

    def param_serialize(
        self, method: str, resource_path: str, *, header_params: dict[str, str], body: object, auth_settings: list[str]
    ) -> tuple[str, str, dict[str, str], object, object]: ...

    def call_api(
        self, method: str, url: str, header_params: dict[str, str], body: object, *, _request_timeout: float
    ) -> _Answer: ...


class _CannotOpenError(Exception):
    """The controller was reached, and none of its keys opens what it was given."""


@dataclass(frozen=True, kw_only=True)
class SealedValues:
    """One secret's sealed values, with all that the controller needs to open them.

    Attributes:
        namespace: of the Secret.
        name: of the Secret.
        scope: what they were sealed under.
        values: key -> ciphertext.
    """

    namespace: str
    name: str
    scope: Scope
    values: Mapping[str, str]


class Controller:
    """A controller, reached through the API server: who may use that needs no way of their own into the cluster."""

    def __init__(self, client: ApiClient, context: str, namespace: str, name: str) -> None:
        """Name a controller; nothing is asked yet."""
        self._client = client
        self._context = context
        self._namespace = namespace
        self._name = name

    def certificate(self) -> Certificate:
        """The certificate of its newest key.

        Raises:
            RunbookError: the cluster or the controller doesn't answer, or the certificate can't be used.
        """
        pem = self._ask("GET", "v1/cert.pem", None, "fetch the sealing certificate")
        return Certificate.parse(pem, f"controller {self._namespace}/{self._name}", datetime.now(UTC))

    def rotated(self, sealed: SealedValues) -> dict[str, str]:
        """The same values sealed for its newest key; they are open inside the controller only.

        Raises:
            RunbookError: it doesn't answer, or can't open them.
        """
        notes = {} if sealed.scope is Scope.STRICT else {_SCOPE_NOTE.format(scope=sealed.scope): "true"}
        metadata = {"name": sealed.name, "namespace": sealed.namespace, "annotations": notes}
        document = {
            "apiVersion": "bitnami.com/v1alpha1",
            "kind": "SealedSecret",
            "metadata": metadata,
            "spec": {
                "encryptedData": dict(sealed.values),
                # As the Secret that is opened, whose notes are what it is sealed again by.
                "template": {"metadata": metadata},
            },
        }
        try:
            answer = self._ask("POST", "v1/rotate", document, f"seal {sealed.name} again")
        except _CannotOpenError:
            raise RunbookError(
                f"The controller can't open {sealed.namespace}/{sealed.name} ({', '.join(sealed.values)}).",
                "It was sealed for another cluster, name or namespace: seal its values again.",
            ) from None
        rotated = _Rotated.model_validate_json(answer).spec.encrypted_data
        if set(rotated) != set(sealed.values):
            raise RunbookError(f"The controller gave back other keys of {sealed.name}.", "Nothing was written.")
        return {key: rotated[key] for key in sealed.values}

    def _ask(self, method: str, path: str, body: object, what: str) -> bytes:
        """One request to the controller, by way of its Service.

        Raises:
            _CannotOpenError: none of its keys opens what it was given.
            RunbookError: the cluster or the controller doesn't answer.
        """
        where = f"/api/v1/namespaces/{self._namespace}/services/http:{self._name}:{self._port()}/proxy/{path}"
        headers = {"Content-Type": "application/json", "Accept": "*/*"}
        client = cast("_Client", self._client)
        try:
            with cluster.asking(self._context, what):
                method, url, headers, document, _ = client.param_serialize(
                    method, where, header_params=headers, body=body, auth_settings=["BearerToken"]
                )
                answer = client.call_api(method, url, headers, document, _request_timeout=cluster.SECONDS)
                return _content(answer)
        except ApiException:
            raise self._not_there() from None

    def _port(self) -> int:
        try:
            with cluster.asking(self._context, f"look for the Sealed Secrets controller in {self._namespace}"):
                found = CoreV1Api(self._client).read_namespaced_service(
                    self._name, self._namespace, _request_timeout=cluster.SECONDS
                )
        except ApiException:
            raise self._not_there() from None
        ports = found.spec.ports if found.spec else None
        if not ports:
            raise self._not_there()
        return int(ports[0].port)

    def _not_there(self) -> RunbookError:
        return RunbookError(
            f"The cluster of context {self._context} has no Service {self._namespace}/{self._name}.",
            "Install the Sealed Secrets controller, or say where it is: --controller-namespace, --controller-name.",
        )


def _content(answer: _Answer) -> bytes:
    """What the controller answered.

    Raises:
        _CannotOpenError: it failed itself, which it does when none of its keys opens what it was given.
        ApiException: the API server didn't let the request through, or found nobody to give it to.
    """
    content = answer.read() or b""
    if answer.status == _FAILED and b'"Status"' not in content:  # not the API server's own failure
        raise _CannotOpenError
    if answer.status != _OK:
        raise ApiException(status=answer.status, reason=answer.reason)
    return content


def certificate_at(place: str, now: datetime) -> Certificate:
    """The certificate in a file, or at an address.

    Not at one without TLS but on this machine: whoever sits in between would give their own, and open all that is
    sealed with it.

    Raises:
        RunbookError: it can't be read, or not be used.
    """
    address = urlsplit(place)
    if address.scheme not in {"http", "https"}:
        try:
            return Certificate.parse(Path(place).read_bytes(), place, now)
        except OSError as error:
            raise RunbookError(f"{place} can't be read: {error.strerror}.", "Give the file of a certificate.") from None
    if address.scheme == "http" and address.hostname not in {"localhost", "127.0.0.1", "::1"}:
        raise RunbookError(
            f"{place} is not fetched: without TLS anybody on the way could give a certificate of their own.",
            "Use https, or leave --cert out to have it fetched from the cluster.",
        )
    try:
        with urllib.request.urlopen(place, timeout=cluster.SECONDS) as answer:  # noqa: S310 http or https, as above
            pem = bytes(answer.read(_LARGEST_CERTIFICATE))
    except OSError as error:
        raise RunbookError(f"{place} can't be fetched: {error}.", "Look at the address, or give a file.") from None
    return Certificate.parse(pem, place, now)
