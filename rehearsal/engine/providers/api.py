"""The Kubernetes API over kept-alive connections: what the engine needs of it, and no more.

The `kubernetes` package takes most of a second to import and one request a group to discover; this takes
two requests for all of them, which is what lets a preview of a whole stack cost less than `kubectl diff`.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import ssl
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias, cast
from urllib.parse import urlencode

import urllib3
import yaml

from rehearsal.engine.providers.base import ProviderError
from rehearsal.errors import RehearsalError

Object: TypeAlias = dict[str, object]

_DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"


class ApiError(ProviderError):
    """The API server's refusal.

    Args:
        code: the HTTP status; 0 when the server could not be reached.
        reason: Kubernetes' reason (`NotFound`, `AlreadyExists`, `Invalid`, `Conflict`…).
        message: its own words.
    """

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason
        self.message = message


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Where objects of one kind live in the API."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    def path(self, namespace: str, name: str = "") -> str:
        """The path of an object, or of the collection without a name."""
        root = "/apis/" if "/" in self.api_version else "/api/"
        scope = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"{root}{self.api_version}{scope}/{self.plural}" + (f"/{name}" if name else "")


@dataclass(kw_only=True)
class Api:
    """One cluster, as a kubeconfig's context describes it."""

    server: str
    pool: urllib3.PoolManager
    default_namespace: str = "default"
    _kinds: dict[tuple[str, str], Kind] = field(default_factory=dict[tuple[str, str], Kind])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, kubeconfig: Path, context: str) -> Api:
        """The cluster that `context` of `kubeconfig` names; an empty context is the file's current one.

        Raises:
            RehearsalError: there is no such context.
        """
        config = cast("dict[str, object]", yaml.safe_load(kubeconfig.read_text()))
        entry = _named(config, "context", context or str(config.get("current-context", "")), kubeconfig)
        cluster = _named(config, "cluster", entry.get("cluster", ""), kubeconfig)
        user = _named(config, "user", entry.get("user", ""), kubeconfig)
        pool = _pool(cluster["certificate-authority-data"], user["client-certificate-data"], user["client-key-data"])
        return cls(server=cluster["server"], pool=pool, default_namespace=entry.get("namespace", "default"))

    def request(  # noqa: PLR0913 what an HTTP request is made of
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Object:
        """One call; the answer's object.

        Raises:
            ApiError: the server refused, or could not be reached.
        """
        url = self.server + path + (f"?{urlencode(query)}" if query else "")
        try:
            response = self.pool.request(
                method,
                url,
                body=None if body is None else json.dumps(body, separators=(",", ":")),
                headers={"Content-Type": content_type, "Accept": accept},
            )
        except urllib3.exceptions.HTTPError as error:
            what = f"the API server {self.server} does not answer ({type(error).__name__})"
            raise ApiError(0, "Unreachable", f"{what}\nSee `python -m rehearsal status`, and start it.") from error
        return _answer(response)

    def get(self, kind: Kind, namespace: str, name: str) -> Object | None:
        """The object, None if there is none."""
        try:
            return self.request("GET", kind.path(namespace, name))
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise

    def kind(self, api_version: str, kind: str) -> Kind | None:
        """Where `kind` lives, None if the server doesn't know it (its CRD isn't there yet, say)."""
        with self._lock:
            if (api_version, kind) not in self._kinds:
                self._discover()
            return self._kinds.get((api_version, kind))

    def _discover(self) -> None:
        for root in ("/api", "/apis"):
            groups = cast("list[Object]", self.request("GET", root, accept=_DISCOVERY).get("items", []))
            for group in groups:
                name = cast("dict[str, str]", group.get("metadata", {})).get("name", "")
                for version in cast("list[Object]", group.get("versions", [])):
                    api_version = f"{name}/{version['version']}" if name else str(version["version"])
                    for resource in cast("list[Object]", version.get("resources", [])):
                        self._add(api_version, resource)

    def _add(self, api_version: str, resource: Object) -> None:
        kind = cast("dict[str, str]", resource.get("responseKind", {})).get("kind", "")
        self._kinds[api_version, kind] = Kind(
            api_version=api_version,
            kind=kind,
            plural=str(resource["resource"]),
            namespaced=resource.get("scope") == "Namespaced",
        )


def _answer(response: urllib3.BaseHTTPResponse) -> Object:
    try:
        answer = cast("Object", json.loads(response.data)) if response.data else {}
    except ValueError:
        answer = Object(message=response.data[:200].decode(errors="replace"))
    if response.status >= 400:  # noqa: PLR2004 HTTP's own boundary
        # A path that isn't served yet (its CRD is a moment old) is answered in plain text, without a reason.
        reason = str(answer.get("reason") or ("NotFound" if response.status == 404 else ""))  # noqa: PLR2004 HTTP's own number
        raise ApiError(response.status, reason, str(answer.get("message", "")))
    return answer


def _named(config: Mapping[str, object], what: str, name: str, kubeconfig: Path) -> dict[str, str]:
    entries = cast("list[dict[str, object]]", config.get(f"{what}s") or [])
    for entry in entries:
        if entry.get("name") == name:
            return cast("dict[str, str]", entry[what])
    known = ", ".join(str(entry.get("name")) for entry in entries) or "none"
    raise RehearsalError(
        f'{kubeconfig} has no {what} "{name}" (it has: {known})',
        "Set stratmaster:cluster.context to one of them.",
    )


@functools.cache
def _pool(authority: str, certificate: str, key: str) -> urllib3.PoolManager:
    """The connections for one set of credentials: an update takes over those of the preview before it."""
    context = ssl.create_default_context(cadata=base64.b64decode(authority).decode())
    # ssl loads a client's certificate only from a file: a private one, gone at once.
    descriptor, path = tempfile.mkstemp()
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(base64.b64decode(certificate) + b"\n" + base64.b64decode(key))
        context.load_cert_chain(path)
    finally:
        Path(path).unlink()
    return urllib3.PoolManager(maxsize=64, block=True, ssl_context=context, retries=False, timeout=60)
