"""The cluster, as a person at a laptop reaches it: their own kubeconfig, and the one context that was named."""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, cast

from kubernetes import config
from kubernetes.client.exceptions import ApiException
from kubernetes.config.config_exception import ConfigException
from pydantic import Field
from urllib3.exceptions import HTTPError

from runbook import stack_file
from runbook.errors import RunbookError
from settings.common import Cluster
from settings.problems import nearest

if TYPE_CHECKING:
    import argparse
    from collections.abc import Generator

    from kubernetes.client import ApiClient

SECONDS: Final = 20.0
"""For one answer of the API server; kubectl's own patience is longer, but nobody waits here for more than an object."""
NOT_FOUND, CONFLICT = 404, 409


class _Config(Protocol):
    """What is used of the client's module for kubeconfigs, which has no types of its own."""

    def list_kube_config_contexts(self, config_file: str) -> tuple[list[dict[str, object]], object]: ...

    def new_client_from_config(self, config_file: str, *, context: str, persist_config: bool) -> ApiClient: ...


class _Answer(Protocol):
    """What is used of the client's error, which has no types of its own."""

    status: int
    reason: str


class _Place(stack_file.Part):
    cluster: Cluster = Field(default=Cluster(), alias="stratmaster:cluster")


def arguments(command: argparse.ArgumentParser, *, stack: str) -> None:
    """Give a command the choice of its cluster: a stack's, by default that of the stack it is about.

    Never the kubeconfig's current context, which is whatever somebody last worked with.
    """
    place = command.add_mutually_exclusive_group()
    place.add_argument("--stack", default=stack, help=f"whose stratmaster:cluster.context is used (default: {stack})")
    place.add_argument("--context", help="a context of the kubeconfig, in place of the stack's")


def context_of(options: argparse.Namespace) -> str:
    """The context that a command's arguments name.

    Raises:
        RunbookError: the stack has no file, or none that can be read.
    """
    if options.context:
        return str(options.context)
    path, stacks = stack_file.path(options.stack), stack_file.stacks()
    if options.stack not in stacks:
        raise RunbookError(
            f"There is no stack {options.stack}: {path.name} is missing.", nearest(options.stack, stacks)
        )
    try:
        return stack_file.read(options.stack, _Place).cluster.context
    except stack_file.Unreadable:
        raise RunbookError(
            f"{path.name} doesn't say which cluster it is for: stratmaster:cluster can't be read.",
            "Write it as {context: <kubeconfig context>}, or give --context.",
        ) from None


def connect(context: str) -> ApiClient:
    """A client for a context of the ambient kubeconfig ($KUBECONFIG or ~/.kube/config).

    Raises:
        RunbookError: there is no such context, or what it says can't be used.
    """
    kubeconfig, place = cast("_Config", config), os.environ.get("KUBECONFIG") or "~/.kube/config"
    try:
        return kubeconfig.new_client_from_config(place, context=context, persist_config=False)
    except (ConfigException, OSError) as error:
        known = _contexts(kubeconfig, place)
        if context in known:
            raise RunbookError(
                f"The context {context} can't be used: {error}",
                f"Try `kubectl --context {context} version`, which uses the same.",
            ) from None
        raise RunbookError(
            f"The kubeconfig has no context {context}.",
            nearest(context, known) if known else "Set KUBECONFIG to a kubeconfig that has it.",
        ) from None


def _contexts(kubeconfig: _Config, place: str) -> list[str]:
    """The contexts of a kubeconfig; none where it, or its current context, is broken."""
    try:
        return [str(each["name"]) for each in kubeconfig.list_kube_config_contexts(place)[0]]
    except ConfigException:
        return []


@contextmanager
def asking(context: str, what: str) -> Generator[None]:
    """Turn what goes wrong with a request into two lines.

    Args:
        context: that of the client.
        what: what is done, for example "list certificates in stratmaster-production".

    Raises:
        RunbookError: the cluster doesn't answer, or answers no. 404 and 409 are left to who asked.
    """
    try:
        yield
    except ApiException as error:
        if status_of(error) in {NOT_FOUND, CONFLICT}:
            raise
        raise RunbookError(*_refusal(context, what, cast("_Answer", error))) from None
    except (HTTPError, OSError) as error:
        raise RunbookError(
            f"The cluster of context {context} doesn't answer ({type(error).__name__}).",
            f"Try `kubectl --context {context} get --raw /readyz`, and look at the way there (VPN, proxy).",
        ) from None


def status_of(error: ApiException) -> int:
    """The HTTP status that the cluster answered with."""
    return cast("_Answer", error).status


def _refusal(context: str, what: str, answer: _Answer) -> tuple[str, str]:
    said = f"({answer.status} {answer.reason})"
    if answer.status in {401, 403}:
        return (
            f"The cluster of context {context} doesn't let this user {what} {said}.",
            f"Look at `kubectl --context {context} auth whoami`, and ask for the right or use another user.",
        )
    return (
        f"The cluster of context {context} failed to {what} {said}.",
        f"Try again; if it stays so, look at `kubectl --context {context} get --raw /readyz?verbose`.",
    )
