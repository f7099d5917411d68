"""Asks /healthz, as the guide's curl does, and reads the answer."""

from __future__ import annotations

import http.client
import json
import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, cast
from urllib.parse import urlsplit

from operations.errors import OperationError
from operations.healthcheck.kubectl import CannotTellError
from operations.healthcheck.limits import SLOW_SECONDS
from operations.healthcheck.verdict import Finding, Verdict

_LARGEST: Final = 65536
"""More than any /healthz has to say."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Something that has a /healthz.

    Attributes:
        component: api or mcp.
        subject: what it is called.
        url: the whole address at which it is asked.
        through_api_server: whether it is asked by way of that: the time isn't its own then, nor every answer.
    """

    component: str
    subject: str
    url: str
    through_api_server: bool = False


def ask(place: Place, seconds: float) -> Sequence[Finding]:
    """GET a /healthz.

    A code of 200 alone proves little: a gateway's or a proxy's own page has it too, so the body has to be the API's.

    Args:
        place: whom to ask.
        seconds: for each wait on the socket.

    Raises:
        OperationError: no answer, or not a healthy API's.
        CannotTellError: the API server that is on the way doesn't lead there.
    """
    parts = urlsplit(place.url)
    connection = _connection(place.url, seconds)
    begun = time.monotonic()
    try:
        connection.request("GET", parts.path or "/", headers={"User-Agent": "stratmaster-healthcheck"})
        response = connection.getresponse()
        body = response.read(_LARGEST)
    except ssl.SSLCertVerificationError as error:
        raise OperationError(
            f"its certificate is refused: {error.verify_message}", "Run `--component certificates`."
        ) from None
    except (OSError, http.client.HTTPException) as error:
        what = f"no answer: {error or type(error).__name__}"
        raise OperationError(what, "Is a pod ready behind it? `kubectl -n stratmaster-<slot> get pods`") from None
    finally:
        connection.close()
    if place.through_api_server:
        _has_led_there(response, body)
    if response.status != http.client.OK:
        raise OperationError(f"answers {response.status}", "Look at its log, and at the runbook LiveSlotSilent.")
    if not _is_ok(body):
        raise OperationError("answers 200, but not as the API does", "Does the name lead to StratMaster at all?")
    took = time.monotonic() - begun
    slow = not place.through_api_server and took > SLOW_SECONDS
    return [
        Finding(
            component=place.component,
            subject=place.subject,
            verdict=Verdict.DEGRADED if slow else Verdict.HEALTHY,
            what=f"ok in {took * 1000:.0f} ms",
            how=f"Slower than {SLOW_SECONDS * 1000:.0f} ms: see the runbook ApiSlowP95." if slow else "",
        )
    ]


def _has_led_there(response: http.client.HTTPResponse, body: bytes) -> None:
    """Where it reaches no API server, kubectl answers 500 itself; where this user may not pass, the API server 403."""
    if response.getheader("Audit-Id") is None:  # which the API server gives to all that it answers or passes on
        said = body.decode(errors="replace").strip().splitlines() or ["nothing"]
        raise CannotTellError(f"the API server does not answer: {said[0]}", "Is this machine's kubeconfig right?")
    if response.status in {http.client.UNAUTHORIZED, http.client.FORBIDDEN} and _json(body).get("kind") == "Status":
        what = f"the API server lets nobody through: {_json(body).get('message', response.status)}"
        raise CannotTellError(what, "It takes the right to GET services/proxy, which whoever deploys has.")


def _connection(url: str, seconds: float) -> http.client.HTTPConnection:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise OperationError(f"{url} is no address", "Write it as https://api.stratmaster.com/healthz")
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=seconds, context=ssl.create_default_context()
        )
    return http.client.HTTPConnection(parts.hostname, parts.port, timeout=seconds)


def _is_ok(body: bytes) -> bool:
    return "ok" in {str(value) for value in _json(body).values()}


def _json(body: bytes) -> dict[str, Any]:
    try:
        said: object = json.loads(body)
    except ValueError:
        return {}
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}
