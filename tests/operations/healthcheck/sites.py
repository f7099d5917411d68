"""Servers that answer as StratMaster's do, or otherwise: slowly, wrongly, drop by drop, not at all."""

from __future__ import annotations

import contextlib
import datetime as dt
import http.server
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec


@dataclass
class Manners:
    """How the API behaves; a test changes it while it runs.

    Args:
        status: the code.
        body: the answer.
        pause: seconds before it.
        drip: seconds between its bytes.
    """

    status: int = 200
    body: bytes = b'{"status":"ok"}'
    pause: float = 0.0
    drip: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Site:
    """A server and its manners."""

    url: str
    manners: Manners


@contextmanager
def site(tls: Path | None = None, address: str = "127.0.0.1") -> Generator[Site]:
    """An API on a port of its own; with a folder that holds `key.pem` and `cert.pem`, over TLS."""
    manners = Manners()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(manners.pause)
            self.send_response(manners.status)
            self.send_header("Content-Length", str(len(manners.body)))
            self.end_headers()
            for byte in manners.body:
                self.wfile.write(bytes([byte]))
                self.wfile.flush()
                time.sleep(manners.drip)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
            pass

    server = http.server.ThreadingHTTPServer((address, 0), Handler)
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tls / "cert.pem", tls / "key.pem")
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    scheme, name = ("https", "localhost") if tls else ("http", address)
    try:
        yield Site(url=f"{scheme}://{name}:{server.server_address[1]}", manners=manners)
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def liar(says: bytes) -> Generator[int]:
    """A port that takes every connection and says the same to everybody; nothing, if there is nothing to say."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        taken: list[socket.socket] = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                taken.append(connection)
                if says:
                    connection.sendall(says)

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])
        for connection in taken:
            connection.close()


@contextmanager
def slow(connect: Callable[[], socket.socket], seconds: float) -> Generator[int]:
    """A port that leads to another server, and keeps whatever comes back that long."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def pass_on(source: socket.socket, target: socket.socket, pause: float) -> None:
            with contextlib.suppress(OSError):
                while piece := source.recv(65536):
                    time.sleep(pause)
                    target.sendall(piece)

        def serve() -> None:
            with contextlib.suppress(OSError):
                while True:
                    client, _ = listener.accept()
                    server = connect()
                    for ends in ((client, server, 0.0), (server, client, seconds)):
                        threading.Thread(target=pass_on, args=ends, daemon=True).start()

        threading.Thread(target=serve, daemon=True).start()
        yield int(listener.getsockname()[1])


def certificate(folder: Path, name: str, days: float) -> Path:
    """A certificate for a name that ends in so many days, its own authority; returns the file to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=90))
        .not_valid_after(now + dt.timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    (folder / "key.pem").write_bytes(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(pem))
    return folder / "cert.pem"


def changed(manifest: bytes, *, hours: float = 0, **fields: str | None) -> bytes:
    """A manifest as it would be had it been written so many hours earlier, or with other fields."""
    document = json.loads(manifest)
    taken = dt.datetime.fromisoformat(document["taken_at"]) - dt.timedelta(hours=hours)
    return json.dumps({**document, "taken_at": taken.isoformat(), **fields}).encode()
