"""Rules between settings, which no single value can break.

Each check takes whatever settings are valid by themselves and passes over the rest, so that one wrong value doesn't
hide another mistake.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Final

from settings import aws_checks, controller_checks, data_checks, scan_checks, secret_checks
from settings.access import Access
from settings.common import Replicas
from settings.network import Endpoints
from settings.problems import Problem
from settings.slot import Database, Image, McpImages
from settings.traffic import Limits, Weights

SLOTS: Final = tuple(Weights.model_fields)
SURGE_PERCENT: Final = 25
"""Pods above the HPA's maximum during a rolling update; the chart's maxSurge."""
ALL: Final = 100
"""Per cent."""
CONNECTIONS_PERCENT: Final = 80
"""The guide: database connections below 80 % of the maximum."""

Values = Mapping[str, object]
"""Field -> value, of the fields that are valid by themselves."""


def problems(role: str, stack: str, values: Values, given: set[str]) -> Iterator[Problem]:
    """All broken rules of one stack.

    Args:
        role: foundation, slot or traffic.
        stack: the stack's name; a slot is called what its stack is.
        values: the settings, defaults included.
        given: the fields that the stack file sets itself.
    """
    if role == "slot":
        yield from _slot_name(stack, values)
        yield from _image(values)
        yield from _mcp_images(values)
        yield from _connections(values)
        yield from _identity_provider(values)
    if role in {"slot", "foundation"}:
        yield from secret_checks.problems(values, given, production=_production(values))
        yield from _groups(values)
        yield from data_checks.problems(values, production=_production(values))
        yield from aws_checks.problems(values)
        yield from controller_checks.problems(values)
        yield from scan_checks.problems(values)
    if role == "traffic":
        yield from _weights(values)
        yield from _limits(values)


def pods_at_most(replicas: Replicas) -> int:
    """Pods of one slot in the middle of a rolling update: the HPA's maximum and a quarter more, rounded up."""
    return replicas.max + math.ceil(replicas.max * SURGE_PERCENT / 100)


def _production(values: Values) -> bool:
    return values.get("environment") != "development"


def _slot_name(stack: str, values: Values) -> Iterator[Problem]:
    if _production(values):
        if stack not in SLOTS:
            yield Problem(
                what=f"Stack {stack} has stratmaster:role slot, but the slots in production are {' and '.join(SLOTS)}.",
                mend=f"Name the stack {' or '.join(SLOTS)}, or set stratmaster:environment to development.",
            )
    elif stack in SLOTS or stack == "production" or not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,40}[a-z0-9])?", stack):
        yield Problem(
            what=f"Stack {stack} can't be a development slot: its namespace would be stratmaster-{stack}.",
            mend="Name the stack in small letters, digits and hyphens, and not after production or its slots.",
        )


def _image(values: Values) -> Iterator[Problem]:
    image = values.get("image")
    if not isinstance(image, Image):
        return
    if image.tag == "latest":
        yield _latest("stratmaster:image.tag")
    if image.digest is None and _production(values):
        yield _without_digest("stratmaster:image.digest")


def _mcp_images(values: Values) -> Iterator[Problem]:
    images = values.get("mcp")
    if not isinstance(images, McpImages):
        return
    for name, image in images.by_name().items():
        if image.tag == "latest":
            yield _latest(f"stratmaster:mcp.{name}.tag")
        if image.tag is None and _production(values):
            yield Problem(
                what=f"stratmaster:mcp.{name}.tag is missing, and outside development every image names its version.",
                mend="Set it to a version such as v1.2.3.",
            )
        if image.digest is None and _production(values):
            yield _without_digest(f"stratmaster:mcp.{name}.digest")


def _latest(key: str) -> Problem:
    return Problem(
        what=f"{key} is latest, which names another build tomorrow, so no roll-back could bring today's back.",
        mend="Give the version's own tag, for example v1.2.3.",
    )


def _without_digest(key: str) -> Problem:
    return Problem(
        what=f"{key} is missing, and outside development an image is pinned by its digest.",
        mend="Set it to the sha256:... that the registry shows for that tag.",
    )


def _connections(values: Values) -> Iterator[Problem]:
    replicas, pool, database = (values.get(key) for key in ("replicas", "database_pool_size", "database"))
    if not (isinstance(replicas, Replicas) and isinstance(pool, int) and isinstance(database, Database)):
        return
    slots, named = (len(SLOTS), "2 slots") if _production(values) else (1, "1 slot")
    pods = pods_at_most(replicas)
    wanted, allowed = slots * pods * pool, database.max_connections * CONNECTIONS_PERCENT // 100
    if wanted > allowed:
        fitting = allowed // (slots * pods)
        smaller = f"Set stratmaster:databasePoolSize to {fitting} or less, or lower" if fitting else "Lower"
        yield Problem(
            what=(
                f"stratmaster:databasePoolSize {pool} can open {wanted} connections ({named} x {pods} pods x {pool}), "
                f"above {allowed}, {CONNECTIONS_PERCENT} % of stratmaster:database.maxConnections "
                f"{database.max_connections}."
            ),
            mend=f"{smaller} stratmaster:replicas.max, or raise the server's maximum and say so here.",
        )


def _identity_provider(values: Values) -> Iterator[Problem]:
    endpoints = values.get("endpoints")
    if _production(values) and isinstance(endpoints, Endpoints) and endpoints.oidc is None:
        yield Problem(
            what="stratmaster:endpoints.oidc is missing: without it the API lets any bearer token in.",
            mend="Set its url, its port, and either its namespace or its cidrs.",
        )


def _groups(values: Values) -> Iterator[Problem]:
    """Kubernetes' own groups would give a role to everybody; CI's guard would bind people of the same group too."""
    access = values.get("access")
    if not isinstance(access, Access):
        return
    for role in ("operators", "readers", "ci"):
        for group in getattr(access, role):
            if group.startswith("system:"):
                yield Problem(
                    what=f"stratmaster:access.{role} has {group}, a group of Kubernetes' own.",
                    mend="Name a group of your identity provider.",
                )
    for group in access.ci:
        if group in (*access.operators, *access.readers):
            yield Problem(
                what=f"stratmaster:access.ci has {group}, which is a group of operators or readers too.",
                mend="Give the pipelines a group of their own: it may preview and nothing else.",
            )


def _weights(values: Values) -> Iterator[Problem]:
    weights = values.get("weights")
    if not isinstance(weights, Weights):
        return
    shares = weights.by_slot()
    listed = ", ".join(f"{slot}: {share}" for slot, share in shares.items())
    if sum(shares.values()) != ALL:
        yield Problem(
            what=f"stratmaster:weights total {sum(shares.values())}, not 100 ({listed}).",
            mend="Give the slots shares that total 100, for example blue: 100 and green: 0.",
        )
    elif values.get("entry") == "ingress" and ALL not in shares.values():
        yield Problem(
            what=f"stratmaster:weights share the users ({listed}), but stratmaster:entry ingress has one backend.",
            mend="Give one slot 100 and the other 0, or set stratmaster:entry to gateway.",
        )


def _limits(values: Values) -> Iterator[Problem]:
    limits = values.get("limits")
    if not isinstance(limits, Limits) or values.get("entry") != "gateway":
        return
    for field in ("body_size_megabytes", "requests_per_minute"):
        if field in limits.model_fields_set:
            key = f"stratmaster:limits.{Limits.model_fields[field].alias}"
            yield Problem(
                what=f"{key} is set, but with stratmaster:entry gateway nothing reads it: that API has no such limit.",
                mend="Remove it and set it in the gateway controller's own policy, or give stratmaster:entry ingress.",
            )
