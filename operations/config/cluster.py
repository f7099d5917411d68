"""The Kubernetes API, as the backup of configuration and its restore ask it.

In a pod it is the account of the pod that asks, elsewhere whoever a context of the kubeconfig says, by any way of
logging in that kubectl knows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from typing import Final, Protocol, TypeAlias, cast

from urllib3.exceptions import HTTPError

from operations.errors import OperationError

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Object: TypeAlias = dict[str, Json]

_DISCOVERY: Final = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
_APPLY: Final = "application/apply-patch+yaml"
_PAGE: Final = "500"
_SECONDS: Final = (10, 60)


class _Answer(Protocol):
    status: int

    def read(self) -> bytes: ...


class _Client(Protocol):
    """What is used of `kubernetes.client.ApiClient`, which says little of its types."""

    def param_serialize(  # noqa: PLR0913 - its own
        self,
        method: str,
        resource_path: str,
        *,
        query_params: Sequence[tuple[str, str]],
        header_params: Mapping[str, str],
        body: object,
        auth_settings: Sequence[str],
    ) -> tuple[str, str, dict[str, str], object, list[str]]: ...

    def call_api(
        self,
        method: str,
        url: str,
        header_params: dict[str, str],
        body: object,
        post_params: list[str],
        _request_timeout: tuple[int, int],
    ) -> _Answer: ...


class RefusedError(OperationError):
    """The API server said no.

    Attributes:
        code: HTTP's status.
    """

    def __init__(self, code: int, what: str, how: str) -> None:
        super().__init__(what, how)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Kind:
    """Objects of one kind, in the version that the cluster prefers."""

    api_version: str
    kind: str
    plural: str
    namespaced: bool

    @property
    def group(self) -> str:
        """Its API group; empty for Kubernetes' first one."""
        return self.api_version.rpartition("/")[0]

    def path(self, namespace: str, name: str = "") -> str:
        """Where its objects are, or one of them is."""
        root = "apis" if self.group else "api"
        scope = f"/namespaces/{namespace}" if self.namespaced else ""
        return f"/{root}/{self.api_version}{scope}/{self.plural}" + (f"/{name}" if name else "")


class Cluster:
    """One cluster.

    Attributes:
        address: where its API is.
    """

    def __init__(self, client: _Client, address: str) -> None:
        self._client = client
        self.address = address

    @classmethod
    def here(cls, context: str | None = None) -> Cluster:
        """The cluster around this pod, or one that is named.

        The threat is the wrong cluster: which context is the kubeconfig's current one depends on what its owner did
        last, so that one is never taken.

        Args:
            context: of the kubeconfig; in a pod none is needed.

        Raises:
            OperationError: there is no pod and no context is named, or none by that name.
        """
        from kubernetes import client, config  # noqa: PLC0415 - 0.4 s that only these commands need

        settings = client.Configuration()
        try:
            if context:
                config.load_kube_config(context=context, client_configuration=settings)  # pyright: ignore[reportUnknownMemberType]  # untyped
            else:
                config.load_incluster_config(settings)  # pyright: ignore[reportUnknownMemberType]  # untyped
        except config.ConfigException as error:
            what = f"no cluster is named: {error}" if context else "which cluster? This runs in no pod"
            raise OperationError(what, f"Add --context, one of the kubeconfig's: {_contexts()}.") from None
        return cls(cast("_Client", client.ApiClient(settings)), settings.host)

    def request(  # noqa: PLR0913 - what a request is made of
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> Object:
        """Ask once.

        Raises:
            RefusedError: the server said no.
            OperationError: it doesn't answer.
        """
        asked = self._client.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Accept": accept, "Content-Type": content_type},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer = self._client.call_api(*asked, _SECONDS)
            text = answer.read() or b"{}"
        except (HTTPError, OSError) as error:
            raise OperationError(
                f"the API server {self.address} does not answer: {type(error).__name__}",
                "Is the network policy's way to it open (stratmaster:network.apiServer), and is the kubeconfig right?",
            ) from None
        if answer.status >= HTTPStatus.BAD_REQUEST:
            raise _refusal(answer.status, path, text)
        return cast("Object", json.loads(text))

    def get(self, path: str) -> Object | None:
        """The object at a path, or None."""
        try:
            return self.request("GET", path)
        except RefusedError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            raise

    def list(self, kind: Kind, namespace: str) -> Sequence[Object]:
        """All objects of a kind in a namespace, each with the kind that a list leaves out."""
        found: list[Object] = []
        query = {"limit": _PAGE}
        while True:
            page = self.request("GET", kind.path(namespace), query=query)
            items = cast("list[Object]", page.get("items") or [])
            found += [{"apiVersion": kind.api_version, "kind": kind.kind, **item} for item in items]
            more = cast("dict[str, str]", page.get("metadata") or {}).get("continue")
            if not more:
                return found
            query = {"limit": _PAGE, "continue": more}

    def apply(self, kind: Kind, wanted: Object, manager: str, *, dry_run: bool) -> Object:
        """Apply an object on the server, whoever else owns its fields; what it is then."""
        metadata = cast("dict[str, str]", wanted["metadata"])
        query = {"fieldManager": manager, "force": "true", **({"dryRun": "All"} if dry_run else {})}
        path = kind.path(metadata.get("namespace", ""), metadata["name"])
        return self.request("PATCH", path, json.dumps(wanted), query=query, content_type=_APPLY)

    @cached_property
    def kinds(self) -> Sequence[Kind]:
        """Every kind that the cluster knows, once, in its preferred version."""
        found: dict[tuple[str, str], Kind] = {}
        for root in ("/api", "/apis"):
            groups = cast("list[Object]", self.request("GET", root, accept=_DISCOVERY).get("items") or [])
            for group in groups:
                name = cast("dict[str, str]", group.get("metadata") or {}).get("name", "")
                for version in cast("list[Object]", group["versions"]):
                    for resource in cast("list[Object]", version.get("resources") or []):
                        kind = _kind(f"{name}/{version['version']}".strip("/"), resource)
                        found.setdefault((name, kind.plural), kind)
        return list(found.values())


def _contexts() -> str:
    from kubernetes import config  # noqa: PLC0415 - as above

    try:
        there, _ = cast("tuple[list[dict[str, str]], object]", config.list_kube_config_contexts())  # pyright: ignore[reportUnknownMemberType]  # untyped
    except config.ConfigException:
        return "there is none (KUBECONFIG names its file)"
    return ", ".join(sorted(each["name"] for each in there))


def _kind(api_version: str, resource: Object) -> Kind:
    return Kind(
        api_version=api_version,
        kind=cast("dict[str, str]", resource["responseKind"])["kind"],
        plural=str(resource["resource"]),
        namespaced=resource.get("scope") == "Namespaced",
    )


def _refusal(code: int, path: str, text: bytes) -> RefusedError:
    try:
        said = str(cast("Object", json.loads(text)).get("message"))
    except ValueError:
        said = text[:200].decode(errors="replace")
    how = {
        HTTPStatus.UNAUTHORIZED: "Is the kubeconfig of this cluster, and its login not over?",
        HTTPStatus.FORBIDDEN: "Bring the stack of that namespace up: it gives the account what it has to read.",
        HTTPStatus.NOT_FOUND: "Bring the stack up that makes its namespace or its kind, then run this again.",
    }.get(HTTPStatus(code), "Run it again; where it stays so, the object itself needs a look.")
    return RefusedError(code, f"the API server refuses {path}: {code} {' '.join(said.split())}", how)
