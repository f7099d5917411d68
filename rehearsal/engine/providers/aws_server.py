"""The rehearsal's AWS: moto's server on this machine's loopback, and clients that can reach nothing else.

It lives as long as the command and remembers nothing: what there is at AWS is what the stack's state says, and is made
again from it before anything is changed. So nothing is left running, and no secret lies on the disk in the clear.
"""

from __future__ import annotations

import logging
import os
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, cast

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.model import OperationModel

from rehearsal.engine.providers.base import ProviderError
from rehearsal.errors import RehearsalError

LOOPBACK: Final = "127.0.0.1"
_KEYS: Final = "rehearsal"
"""Credentials that mean nothing: those of whoever runs this are never read."""


@cache
def endpoint() -> str:
    """The server's URL; started when first asked for, on a port that is free.

    Raises:
        RehearsalError: moto isn't installed.
    """
    try:
        from moto.server import ThreadedMotoServer  # noqa: PLC0415 it takes a second to import
    except ModuleNotFoundError:
        raise RehearsalError(
            "the stack keeps something at AWS, and moto, which plays AWS here, is not installed",
            "Install it: pip install -r requirements-dev.txt (make setup).",
        ) from None
    logging.getLogger("werkzeug").disabled = True
    server = ThreadedMotoServer(ip_address=LOOPBACK, port=0, verbose=False)
    server.start()
    _, port = server.get_host_and_port()
    return f"http://{LOOPBACK}:{port}"


@cache
def session() -> botocore.session.Session:
    """A session without the profile, the files and the credentials of whoever runs this."""
    made = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    for variable in ("config_file", "credentials_file"):
        made.set_config_variable(variable, os.devnull)
    return made


@cache
def operation(service: str, method: str) -> OperationModel:
    """What botocore knows of an operation: `operation("s3", "put_bucket_policy")`."""
    model = session().get_service_model(service)
    name = next(each for each in model.operation_names if each.lower() == method.replace("_", ""))
    return model.operation_model(name)


@dataclass(frozen=True, kw_only=True)
class Place:
    """An account and region: another account holds other things."""

    account: str
    region: str


@dataclass(frozen=True, kw_only=True)
class Server:
    """moto's server, empty at first.

    Args:
        url: where it listens.
    """

    url: str
    _clients: dict[tuple[str, Place], object] = field(default_factory=dict[tuple[str, Place], object])

    @classmethod
    def fresh(cls) -> Server:
        """The process's server, with nothing in it.

        moto makes sessions of its own, which a profile would break that only the user's files know. Nothing else in
        this process is for AWS, so the process forgets it.
        """
        for variable in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
            os.environ.pop(variable, None)
        server = cls(url=endpoint())
        server._post("reset")
        return server

    def seed(self, number: int) -> None:
        """Make what AWS makes up (ids of keys, ends of ARNs) follow from a number, so that it can be made again."""
        self._post(f"seed?a={number}")

    def call(self, service: str, method: str, place: Place, request: Mapping[str, object]) -> Mapping[str, Any]:
        """One operation.

        Raises:
            ProviderError: AWS refused it, in its own words.
        """
        ask = cast("Callable[..., Mapping[str, Any]]", getattr(self._client(service, place), method))
        try:
            return ask(**request)
        except (ClientError, BotoCoreError) as error:
            raise ProviderError(f"AWS refused {service}:{method}: {error}") from error

    def _client(self, service: str, place: Place) -> object:
        if (service, place) not in self._clients:
            client = session().create_client(
                service,  # pyright: ignore[reportArgumentType]  # the stub lists services; this is one of them
                region_name=place.region,
                endpoint_url=refuse_others(self.url),
                aws_access_key_id=_KEYS,
                aws_secret_access_key=_KEYS,
                config=Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, proxies={}),
            )
            client.meta.events.register("before-sign", _as_account(place.account))
            self._clients[service, place] = client
        return self._clients[service, place]

    def _post(self, what: str) -> None:
        request = urllib.request.Request(f"{refuse_others(self.url)}/moto-api/{what}", method="POST")  # noqa: S310 loopback
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30):
            pass


def refuse_others(url: str) -> str:
    """The URL, if it is on this machine.

    Raises:
        RehearsalError: it isn't.
    """
    if not url.startswith(f"http://{LOOPBACK}:"):
        raise RehearsalError(
            f"{url} is not the rehearsal's AWS, which is on {LOOPBACK}",
            "The embedded engine changes no account; run the stack with --engine pulumi.",
        )
    return url


def _as_account(account: str) -> Callable[..., None]:
    def add(request: object, **_: object) -> None:
        cast("Any", request).headers["x-moto-account-id"] = account

    return add
