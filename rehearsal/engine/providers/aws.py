"""`aws:*`: what a stack keeps at AWS, carried out by moto on this machine and never by a real account."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from rehearsal.engine.diff import differences
from rehearsal.engine.providers.aws_requests import Call
from rehearsal.engine.providers.aws_server import Place, Server
from rehearsal.engine.providers.aws_types import TYPES, AwsType
from rehearsal.engine.providers.base import Change, Made, Target
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value, mapping, reveal_properties, text
from rehearsal.errors import RehearsalError

SEED: Final = "__seed"
"""The output from which AWS' own part of names follows; hidden from the program."""
_REGIONAL: Final = ("s3", "kms", "secretsmanager")
_FIRST_REGION: Final = "us-east-1"


@dataclass(kw_only=True)
class Holding:
    """All that a stack has at AWS, of every provider.

    Args:
        held: what the stack's state holds, in the order it came to be, each with the place of its provider.
    """

    held: Callable[[], Sequence[tuple[Resource, Place]]]
    _server: Server | None = None
    _lock: threading.RLock = field(default_factory=threading.RLock)

    def make(self, type_: AwsType, place: Place, properties: Properties, seed: int) -> Properties:
        """Make a resource; returns its outputs. One after the other, since a seed is the server's."""
        with self._lock:
            server = self.server()
            server.seed(seed)
            return _make(server, type_, place, properties)

    def server(self) -> Server:
        """The server, with all in it that the state holds."""
        with self._lock:
            if self._server is None:
                server = Server.fresh()
                for resource, place in self.held():
                    server.seed(_seed(resource))
                    _make(server, TYPES[resource.type], place, reveal_properties(resource.inputs))
                self._server = server
            return self._server


@dataclass(frozen=True, kw_only=True)
class Aws:
    """The provider of package `aws` for one account and region.

    Args:
        place: which.
        holding: what the stack has at AWS.
    """

    place: Place
    holding: Holding

    def check(self, type_: str, urn: str, inputs: Properties, old: Properties | None) -> Properties:
        """See `Provider.check`."""
        del old
        name = urn.rsplit("::", 1)[-1]
        if type_ not in TYPES:
            raise RehearsalError(
                f"{name}: the embedded engine does not carry out {type_}",
                f"It knows {', '.join(sorted(each.rsplit(':', 1)[-1] for each in TYPES))}; "
                "run the stack with --engine pulumi.",
            )
        given: Properties = {key: value for key, value in inputs.items() if value is not None}
        for argument in given:
            if argument not in _arguments(TYPES[type_]):
                raise RehearsalError(
                    f"{name}: the embedded engine does not carry out {type_}'s argument {argument}",
                    "Leave it out, or run the stack with --engine pulumi.",
                )
        own = TYPES[type_]
        for call in (own.make, *own.parts):
            call.request(own.service, given)  # refuses what is inside of an argument
        return given

    def diff(self, old: Resource, target: Target) -> Change:
        """See `Provider.diff`. What has a name of its own goes before another one can have it."""
        replacing = TYPES[target.type].replaces
        fields = tuple(
            replace(each, replaces=each.path[0] in replacing) for each in differences(old.inputs, target.inputs)
        )
        name = "bucket" if "bucket" in replacing else "name"
        same = name in old.inputs and old.inputs.get(name) == target.inputs.get(name)
        return Change(fields=fields, delete_first=same)

    def id_of(self, target: Target) -> str:
        """See `Provider.id_of`: what was interrupted is not there any more."""
        del target
        return ""

    def create(self, target: Target) -> Made:
        """See `Provider.create`."""
        type_, inputs = TYPES[target.type], target.inputs
        if target.preview:
            unknown: Properties = dict.fromkeys([*type_.computed, *self._regional(type_)], UNKNOWN)
            return Made(id="", outputs={**inputs, **unknown})
        seed = secrets.randbits(31)
        found = self.holding.make(type_, self.place, reveal_properties(inputs), seed)
        return self._made(type_, {**inputs, **found}, seed)

    def update(self, old: Resource, target: Target) -> Made:
        """See `Provider.update`."""
        type_ = TYPES[target.type]
        computed: Properties = {key: old.outputs[key] for key in type_.computed if key in old.outputs}
        properties: Properties = {**target.inputs, **computed}
        if not target.preview:
            changed = {str(each.path[0]) for each in differences(old.inputs, target.inputs)}
            untagged = sorted(mapping(old.inputs.get("tags")).keys() - mapping(target.inputs.get("tags")).keys())
            wanted = [type_.make] if type_.again else [*type_.parts, *type_.changes]
            for call in wanted:
                if type_.again or changed.intersection(_about(call)):
                    self._call(type_, call, properties)
            if untagged and type_.untag:
                self._call(type_, type_.untag, {**properties, "untagged": untagged})
        return self._made(type_, properties, _seed(old), old.id)

    def delete(self, old: Resource, target: Target) -> None:
        """See `Provider.delete`."""
        del target
        type_ = TYPES[old.type]
        if type_.drop is not None:
            self._call(type_, type_.drop, {**old.inputs, **old.outputs})

    def read(self, type_: str, id_: str, properties: Properties) -> Made | None:
        """See `Provider.read`: there is nothing at AWS but what the state already holds."""
        del type_, id_, properties
        return None

    def _call(self, type_: AwsType, call: Call, properties: Properties) -> None:
        if call.wanted(properties):
            revealed = reveal_properties(properties)
            self.holding.server().call(type_.service, call.method, self.place, call.request(type_.service, revealed))

    def _regional(self, type_: AwsType) -> Properties:
        return {"region": self.place.region} if type_.service in _REGIONAL else {}

    def _made(self, type_: AwsType, properties: Properties, seed: int, id_: str = "") -> Made:
        known = {key: text(value) for key, value in properties.items() if isinstance(value, str)}
        outputs: Properties = {**properties, **self._regional(type_), SEED: seed}
        return Made(id=id_ or type_.id.format_map(known), outputs=outputs)


def _arguments(type_: AwsType) -> set[str]:
    flags = {call.when[0] for call in type_.parts if call.when}
    return type_.arguments | flags


def _about(call: Call) -> set[str]:
    """The properties whose change a call brings about."""
    return {*call.takes, *((call.when[0],) if call.when else ())}


def _seed(resource: Resource) -> int:
    seed = resource.outputs.get(SEED)
    return seed if isinstance(seed, int) else 0


def _make(server: Server, type_: AwsType, place: Place, properties: Properties) -> Properties:
    """Make something; returns what AWS made up."""
    request = type_.make.request(type_.service, properties)
    if type_.make.method == "create_bucket" and place.region != _FIRST_REGION:
        request["CreateBucketConfiguration"] = {"LocationConstraint": place.region}
    answer = server.call(type_.service, type_.make.method, place, request)
    known = {key: text(value) for key, value in properties.items() if isinstance(value, str)}
    found: Properties = {
        output: _inside(answer, how[1:]) if how.startswith("=") else how.format_map({**known, **_written(place)})
        for output, how in type_.computed.items()
    }
    for call in type_.parts:
        whole: Properties = {**properties, **found}
        if call.wanted(whole):
            server.call(type_.service, call.method, place, call.request(type_.service, whole))
    return found


def _written(place: Place) -> Mapping[str, str]:
    return {"account": place.account, "region": place.region}


def _inside(answer: Mapping[str, object], path: str) -> Value:
    found: object = answer
    for step in path.split("."):
        found = found[step] if isinstance(found, dict) else None  # pyright: ignore[reportUnknownVariableType]
    return found if isinstance(found, str) else None
