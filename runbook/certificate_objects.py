"""cert-manager's Certificates: read, and asked to be issued anew."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from kubernetes.client import ApiException, CustomObjectsApi
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from runbook.cluster import CONFLICT, SECONDS, asking, status_of
from runbook.errors import RunbookError

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

GROUP: Final = "cert-manager.io"
VERSION: Final = "v1"
PLURAL: Final = "certificates"
ISSUING: Final = "Issuing"
READY: Final = "Ready"
_DAY: Final = 86400
_ATTEMPTS: Final = 5
"""The controller writes the same status; each attempt reads it again first."""


class _Part(BaseModel):
    """A part of an object; what isn't named here is passed over."""

    model_config = ConfigDict(alias_generator=to_camel, extra="ignore", frozen=True)


class Condition(_Part):
    """One of an object's conditions."""

    type: str
    status: str
    reason: str = ""
    message: str = ""


class Issuer(_Part):
    """Who signs."""

    name: str
    kind: str = "Issuer"


class _Metadata(_Part):
    name: str
    namespace: str
    generation: int = 1


class _Spec(_Part):
    secret_name: str
    issuer_ref: Issuer


class Status(_Part):
    """What cert-manager says of a certificate."""

    conditions: tuple[Condition, ...] = ()
    not_after: datetime | None = None
    renewal_time: datetime | None = None
    revision: int = 0
    failed_issuance_attempts: int = 0


class Certificate(_Part):
    """A Certificate as the cluster shows it."""

    metadata: _Metadata
    spec: _Spec
    status: Status = Field(default_factory=Status)

    def condition(self, kind: str) -> Condition | None:
        """One of its conditions, None if it has none of that type."""
        return next((each for each in self.status.conditions if each.type == kind), None)

    def holds(self, kind: str) -> bool:
        """Whether a condition is there and true."""
        found = self.condition(kind)
        return found is not None and found.status == "True"

    def days_left(self, now: datetime) -> int | None:
        """Whole days until it ends, negative once it has; None if it was never issued."""
        if self.status.not_after is None:
            return None
        return math.floor((self.status.not_after - now).total_seconds() / _DAY)


class Certificates:
    """The Certificates of one namespace."""

    def __init__(self, client: ApiClient, context: str, namespace: str) -> None:
        self._api = CustomObjectsApi(client)
        self.context = context
        self.namespace = namespace

    def all(self) -> list[Certificate]:
        """All of them, by name.

        Raises:
            RunbookError: the cluster doesn't answer, refuses, or has no cert-manager.
        """
        try:
            with asking(self.context, f"list certificates in {self.namespace}"):
                found = self._api.list_namespaced_custom_object(
                    GROUP, VERSION, self.namespace, PLURAL, _request_timeout=SECONDS
                )
        except ApiException:
            raise RunbookError(
                f"The cluster of context {self.context} knows no Certificates: cert-manager isn't installed there.",
                "Set stratmaster:controllers.certManager to install in stack production, or install it yourself.",
            ) from None
        items = cast("dict[str, list[object]]", found)["items"]
        return sorted((Certificate.model_validate(each) for each in items), key=lambda each: each.metadata.name)

    def read(self, name: str) -> Certificate:
        """One of them.

        Raises:
            RunbookError: the cluster doesn't answer or refuses, or the certificate has gone.
        """
        return Certificate.model_validate(self._get(name))

    def reissue(self, name: str, now: datetime) -> Certificate:
        """Have cert-manager issue a certificate anew, as `cmctl renew` does: by the condition `Issuing` in its status.

        The Secret stays as it is until the new key and certificate are there, so what serves it goes on serving. (To
        delete the Secret would renew as well, and leave the gateway without a certificate meanwhile.)

        Returns:
            The certificate as it was before, or as it is if it is being issued already.

        Raises:
            RunbookError: the cluster doesn't answer or refuses, or the certificate has gone.
        """
        for _ in range(_ATTEMPTS):
            document = self._get(name)
            before = Certificate.model_validate(document)
            if before.holds(ISSUING):
                return before
            try:
                with asking(self.context, f"renew certificate {name} in {self.namespace}"):
                    self._api.replace_namespaced_custom_object_status(
                        GROUP,
                        VERSION,
                        self.namespace,
                        PLURAL,
                        name,
                        _issuing(document, before, now),
                        _request_timeout=SECONDS,
                    )
            except ApiException as error:
                if status_of(error) == CONFLICT:
                    continue
                raise _gone(name, self.namespace) from None
            return before
        raise RunbookError(
            f"Certificate {name} in {self.namespace} changes all the time: {_ATTEMPTS} attempts met other writers.",
            f"Look at `kubectl -n {self.namespace} describe certificate {name}`.",
        )

    def _get(self, name: str) -> dict[str, object]:
        try:
            with asking(self.context, f"read certificate {name} in {self.namespace}"):
                found = self._api.get_namespaced_custom_object(
                    GROUP, VERSION, self.namespace, PLURAL, name, _request_timeout=SECONDS
                )
        except ApiException:
            raise _gone(name, self.namespace) from None
        return cast("dict[str, object]", found)


def _gone(name: str, namespace: str) -> RunbookError:
    return RunbookError(
        f"There is no certificate {name} in {namespace} any more.",
        "Run `pulumi up --stack traffic`, which declares it.",
    )


def _issuing(document: dict[str, object], before: Certificate, now: datetime) -> dict[str, object]:
    """The object with the condition; its resourceVersion is kept, so that nobody's write is lost."""
    status = cast("dict[str, object]", document.get("status") or {})
    others = [
        each for each in cast("list[dict[str, object]]", status.get("conditions") or []) if each.get("type") != ISSUING
    ]
    condition = {
        "type": ISSUING,
        "status": "True",
        "reason": "ManuallyTriggered",
        "message": "Certificate re-issuance manually triggered",
        "lastTransitionTime": now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "observedGeneration": before.metadata.generation,
    }
    return {**document, "status": {**status, "conditions": [*others, condition]}}
