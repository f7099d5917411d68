"""The backends on a real API server: what it accepts, and that a switch leaves nobody without a secret."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from http import HTTPStatus
from itertools import pairwise
from typing import cast
from urllib.parse import quote

import pytest

from components.secret_catalogue import catalogue
from components.secret_sources import Public, Supplied
from rehearsal.control_plane import ControlPlane
from rehearsal.engine.providers.api import Api, ApiError, Object
from rehearsal.engine.wire import mapping
from tests.loop.world import at
from tests.secrets.backends import recorded, settings
from tests.secrets.environment import SUPPLIED, Environment
from tests.secrets.watching import PATHS, scene, written

WAY = (
    settings("plain"),
    settings("sealed"),
    settings("aws"),
    settings("aws", rotation="2"),
    settings("vault"),
    settings("aws", rotation="2"),
    settings("sealed"),
    settings("plain"),
)
"""There and back; each pair of neighbours is a switch."""


@pytest.fixture(scope="module")
def environment(control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    found = Environment(plane=control_plane, folder=tmp_path_factory.mktemp("sealed"))
    first = found.up(WAY[0])
    assert first.well, first.said
    yield found
    last = found.destroy()
    assert last.well, last.said


def test_a_switch_never_leaves_pods_without_a_secret_nor_a_secret_with_two_owners(environment: Environment) -> None:
    for old, new in pairwise(WAY):
        since, now = environment.cluster.now(), scene(environment.cluster)
        before = {name for name, owners in now.declared.items() if owners}
        assert now.used()
        assert not list(now.wrong())
        done = environment.up(new)
        assert done.well, done.said
        moments = 0
        for version, kind, gone, seen in written(environment.cluster, since):
            now.see(kind, seen, gone=gone)
            assert not list(now.wrong()), f"{old} to {new} at {version}: {kind} {at(seen, 'metadata', 'name')}"
            moments += 1
        assert moments > 2 * len(catalogue(foundation=False))
        _only_the_new(environment, before, str(new["backend"]))


def _only_the_new(environment: Environment, before: set[str], backend: str) -> None:
    after = scene(environment.cluster)
    left = {name for name, owners in after.declared.items() if owners and f"-{backend}" in name}
    assert len(left) == len(catalogue(foundation=False))
    assert not left & before
    assert after.used() <= left


def test_no_value_is_in_the_state_a_preview_a_log_or_any_other_file(environment: Environment) -> None:
    """Every value that development generated, and one that was supplied.

    No file of the home is left out but etcd's, where they belong (encrypted: tests/rehearsal/control_plane).
    """
    environment.preview(settings("plain", rotation="8"))
    values = _values(environment)
    assert len(values) > 15
    assert SUPPLIED in values
    forms = {form for value in values for form in _forms(value)}
    said = "".join(environment.said)
    assert "RandomPassword" in said
    assert not [form for form in forms if form in said]
    spilt = [
        str(path)
        for path in environment.plane.home.rglob("*")
        if path.is_file() and "etcd" not in path.parts and any(form.encode() in path.read_bytes() for form in forms)
    ]
    assert not spilt
    assert (environment.plane.home / "state/keys.json").stat().st_size > 100_000


def _values(environment: Environment) -> set[str]:
    """What nobody may see of the namespace's Secrets: all but what the catalogue says in the open."""
    found = set[str]()
    for each in environment.cluster.list(PATHS["Secret"]):
        if not str(at(each, "metadata", "name")).startswith("sh.helm."):
            data = cast("dict[str, str]", each["data"])
            found |= {base64.b64decode(value).decode() for value in data.values()}
    open_ones = set[str]()
    for spec in catalogue(foundation=False):
        for source in spec.keys.values():
            match source:
                case Public(value=value) | Supplied(stand_in=value):
                    open_ones.add(value)
                case _:
                    pass
    return found - open_ones


def _forms(value: str) -> Iterator[str]:
    yield value
    yield quote(value, safe="")
    yield base64.b64encode(value.encode()).decode()
    yield json.dumps(value)[1:-1]


@pytest.fixture(scope="module")
def api(control_plane: ControlPlane) -> Api:
    return Api.of(control_plane.kubeconfig, "")


def strictly(api: Api, document: Object) -> None:
    """Have the server judge an object by its definition, an unknown field included, and keep nothing."""
    kind = api.kind(str(document["apiVersion"]), str(document["kind"]))
    assert kind is not None
    metadata = {**cast("Object", document["metadata"]), "namespace": "default"}
    query = {"dryRun": "All", "fieldValidation": "Strict"}
    api.request("POST", kind.path("default"), {**document, "metadata": metadata}, query=query)


@pytest.mark.parametrize(("stack", "backend"), [("production", "aws"), ("production", "vault"), ("blue", "aws")])
def test_the_definitions_accept_every_object_as_it_is(api: Api, stack: str, backend: str) -> None:
    recording = recorded(stack, backend)
    every = [*recording.of_kind("SecretStore"), *recording.of_kind("ExternalSecret")]
    assert len(every) == 1 + len(catalogue(foundation=stack == "production"))
    for each in every:
        strictly(api, cast("Object", each.inputs))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("refreshPolicy", "Sometimes"),
        ("target", {"creationPolicy": "Both"}),
        ("dataa", []),
        ("data", [{"secretKey": "x"}]),
    ],
)
def test_the_definitions_refuse_what_is_wrong_so_that_the_test_above_can_fail(
    api: Api, field: str, value: object
) -> None:
    good = recorded("blue", "aws").of_kind("ExternalSecret")[0].inputs
    with pytest.raises(ApiError) as refused:
        strictly(api, cast("Object", {**good, "spec": {**mapping(good["spec"]), field: value}}))
    assert refused.value.code in {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
