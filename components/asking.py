"""Questions to the API server itself. Pulumi's own look-ups can't ask them: one for what isn't there ends the run."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from http import HTTPStatus
from typing import Final, Protocol, cast

from kubernetes import config
from kubernetes.client import Configuration
from kubernetes.config.config_exception import ConfigException
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError, ProtocolError
from urllib3.exceptions import TimeoutError as NoAnswerError
from yaml import YAMLError

from settings.problems import Problem, SettingsError, nearest

SECONDS: Final = 10.0
JSON: Final = "application/json"
_NAMES: Final = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the API server said: its HTTP status, and the JSON that came with it."""

    status: int
    content: object


class _Config(Protocol):
    """What is used of the client's module for kubeconfigs, which has no types of its own."""

    def list_kube_config_contexts(self, config_file: str) -> tuple[list[dict[str, object]], object]: ...

    def new_client_from_config(
        self, config_file: str, *, context: str, persist_config: bool, client_configuration: Configuration
    ) -> "_Client": ...


class _Client(Protocol):
    """What is used of the client itself."""

    def param_serialize(
        self,
        method: str,
        resource_path: str,
        *,
        query_params: list[tuple[str, str]],
        header_params: dict[str, str],
        auth_settings: list[str],
    ) -> tuple[object, ...]: ...

    def call_api(self, *request: object, _request_timeout: float) -> "_Response": ...


class _Response(Protocol):
    status: int

    def read(self) -> bytes: ...


def ask(context: str, path: str, accept: str = JSON, **query: str) -> Answer | None:
    """What the API server of a context answers to a GET; None where there is no kubeconfig, or none that can be used.

    The provider says better than anybody why a kubeconfig is of no use, and there is none when a program is only
    recorded. A server that is away is another matter: the provider asks it only for what changes, so that a run with
    nothing to change would call everything unchanged.

    Args:
        context: the kubeconfig's.
        path: below the API's root.
        accept: the form of the answer.
        query: parameters of the question.

    Raises:
        SettingsError: the kubeconfig has contexts, but not this one; or nobody answers there.
    """
    # The client would read $KUBECONFIG when it is imported, which may have been for another run.
    place = os.environ.get("KUBECONFIG") or "~/.kube/config"
    try:
        client = _client(place, context)
        request = client.param_serialize(
            "GET",
            path,
            query_params=list(query.items()),
            header_params={"Accept": accept},
            auth_settings=["BearerToken"],
        )
        answer = client.call_api(*request, _request_timeout=SECONDS)
        return Answer(status=answer.status, content=json.loads(answer.read()))
    except HTTPError as error:
        if _nobody_there(error):
            raise _away(context) from None
        return None
    except (ConfigException, OSError, ValueError, YAMLError):
        return None


def is_there(context: str, path: str) -> bool | None:
    """Whether there is an object; None if the cluster can't be asked, or doesn't tell this user."""
    answer = ask(context, path)
    return {int(HTTPStatus.OK): True, int(HTTPStatus.NOT_FOUND): False}.get(answer.status) if answer else None


def names(context: str, path: str) -> list[str] | None:
    """What the objects of a collection are called; None if the cluster can't be asked, or doesn't tell this user."""
    answer = ask(context, path, _NAMES)
    if answer is None or answer.status != HTTPStatus.OK:
        return None
    items = cast("Mapping[str, list[Mapping[str, Mapping[str, str]]]]", answer.content).get("items") or []
    return sorted(each["metadata"]["name"] for each in items)


@cache
def _client(place: str, context: str) -> _Client:
    """One for a run: a kubeconfig may start a program for its credentials."""
    _refuse_unknown(context, place)
    return cast("_Config", config).new_client_from_config(
        place, context=context, persist_config=False, client_configuration=Configuration(retries=0)
    )


def _refuse_unknown(context: str, place: str) -> None:
    """The provider takes a context that isn't there for a cluster that is gone, and advises to forget all of it."""
    try:
        known = [str(each["name"]) for each in cast("_Config", config).list_kube_config_contexts(place)[0]]
    except (ConfigException, OSError, YAMLError):
        return
    if context not in known:
        what = f"stratmaster:cluster.context is {context}, which the kubeconfig doesn't have."
        raise SettingsError([Problem(what=what, mend=nearest(context, known))])


def _nobody_there(error: HTTPError) -> bool:
    """No connection, or no answer on it. What goes wrong with a certificate or a proxy here may go well for others."""
    reason = error.reason if isinstance(error, MaxRetryError) else error
    return isinstance(reason, NewConnectionError | NoAnswerError | ProtocolError)


def _away(context: str) -> SettingsError:
    return SettingsError(
        [
            Problem(
                what=f"The cluster of context {context} doesn't answer, so nothing can be compared with it.",
                mend=f"Try `kubectl --context {context} get --raw /readyz`, and look at the way there (VPN, proxy).",
            )
        ]
    )
