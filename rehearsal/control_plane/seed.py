"""etcd data that already holds the custom resource definitions, so that a fresh home starts as fast as an old one.

Applying sixty definitions to a fresh API server costs two cores ten seconds; a fresh home that starts from this
copy has them at once. The copy holds definitions and nothing else: namespaces (whose uids tell one cluster from
another), roles and all the rest are made by each home's own API server, as on any new cluster.
"""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import ssl
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from rehearsal.control_plane import certificates, furniture, ports, processes
from rehearsal.control_plane.api import Api
from rehearsal.control_plane.layout import Layout
from rehearsal.control_plane.lock import locked
from rehearsal.control_plane.servers import APISERVER, ETCD, base
from rehearsal.control_plane.wait import until_found
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from rehearsal.control_plane.furniture import Object

PREFIX = "/registry/apiextensions.k8s.io/customresourcedefinitions/"
SERVERS = (ETCD, APISERVER)
TIMEOUT_SECONDS = 30.0
PATIENCE_SECONDS = 300.0


def provide(
    cache: Path, programs: Mapping[str, Path], definitions: list[Object], report: Callable[[str], None]
) -> Path:
    """The etcd data folder to copy from; made now where this cache never had one for these definitions.

    Args:
        cache: the rehearsal's cache folder.
        programs: binaries by name.
        definitions: what the data shall hold.
        report: gets a line when it is made, which takes some fifteen seconds.

    Raises:
        RehearsalError: a server stopped, or a definition was refused.
    """
    # Another etcd or API server may store them otherwise.
    makers = [furniture.Object(path=str(programs[name]), document=b"") for name in SERVERS]
    folder = cache / "seeds" / furniture.digest([*makers, *definitions])
    if not folder.exists():
        with locked(cache / "seed.lock", report=report, patience_seconds=PATIENCE_SECONDS):
            if not folder.exists():
                report(f"preparing {len(definitions)} custom resource definitions, once")
                _make(folder, programs, definitions)
    return folder


def _make(folder: Path, programs: Mapping[str, Path], definitions: list[Object]) -> None:
    """Run etcd and an API server in a folder of their own until the definitions are in, and keep etcd's data."""
    folder.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="seed-", dir=folder.parent) as scratch:
        layout = Layout(Path(scratch))
        for made in (layout.plane, layout.logs):
            made.mkdir()
        certificates.ensure(layout.pki)
        chosen = ports.choose()
        wanted = base(layout, chosen, programs)
        try:
            for server in wanted:
                processes.start(server)
            with Api(chosen.apiserver, layout.pki) as api:
                until_found(api, "/readyz", layout, SERVERS)
                furniture.apply(api, definitions)
                furniture.await_established(api, definitions)
            _stop(layout, APISERVER)
            _keep_definitions(chosen.etcd, layout.pki)
        finally:
            _stop(layout, APISERVER)
            _stop(layout, ETCD)
        layout.etcd.rename(folder)


def _stop(layout: Layout, name: str) -> None:
    processes.stop(processes.running(layout.plane, [name]).get(name, []))


def _keep_definitions(port: int, pki: Path) -> None:
    """Delete every key before and after the definitions', through etcd's JSON gateway."""
    context = ssl.create_default_context(cafile=str(pki / f"{certificates.AUTHORITY}.crt"))
    context.load_cert_chain(pki / "kube-apiserver.crt", pki / "kube-apiserver.key")
    connection = http.client.HTTPSConnection(ports.LOOPBACK, port, timeout=TIMEOUT_SECONDS, context=context)
    first, after = PREFIX.encode(), PREFIX.encode()[:-1] + bytes([PREFIX.encode()[-1] + 1])
    try:
        # A single zero byte is etcd's "from the first key" as a start and "to the last key" as an end.
        for start, end in ((b"\0", first), (after, b"\0")):
            body = {"key": base64.b64encode(start).decode(), "range_end": base64.b64encode(end).decode()}
            connection.request("POST", "/v3/kv/deleterange", json.dumps(body))
            response = connection.getresponse()
            answer = response.read().decode(errors="replace")
            if response.status != http.client.OK:
                raise RehearsalError(
                    f"etcd refused to prepare the custom resource definitions: {answer}",
                    "Start again; with KUBEBUILDER_ASSETS set, unset it to use the rehearsal's own etcd.",
                )
    finally:
        connection.close()


def plant(seed: Path, target: Path) -> None:
    """Copy the data to a home that has none, whole or not at all."""
    if target.exists():
        return
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(seed, fresh)
    fresh.rename(target)
