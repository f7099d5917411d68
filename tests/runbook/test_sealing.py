"""The format: what we seal opens with the real kubeseal and the real controller, and only where it was sealed for."""

from __future__ import annotations

import base64
import json
import os
import signal
import time
from collections.abc import Callable, Mapping
from subprocess import CompletedProcess
from typing import TYPE_CHECKING, cast

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from runbook import cluster
from runbook.errors import RunbookError
from runbook.sealing.box import Certificate, Scope, label, seal
from runbook.sealing.controller import Controller, SealedValues
from tests.runbook.certificates import DAY, NOW, pair, rsa_key
from tests.runbook.conftest import NAMESPACE, Live, Project, sealed_secret
from tests.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

Kubeseal = Callable[..., CompletedProcess[bytes]]
SECRET = "external-api-keys-sealed"
STRICT = label(Scope.STRICT, NAMESPACE, SECRET)
VALUES = {
    "empty": b"",
    "binary": bytes(range(256)),
    "line": b"one\r\ntwo\n",
    "large": os.urandom(1_000_000),
}


@pytest.mark.parametrize("bits", [2048, 3072, 4096])
def test_kubeseal_opens_whatever_bytes_we_seal_with_the_key(kubeseal: Kubeseal, tmp_path: Path, bits: int) -> None:
    ours = pair(key=rsa_key(bits))
    certificate = Certificate.parse(ours.certificate, "it", NOW)
    values = VALUES | {f"random-{size}": os.urandom(size) for size in [*range(40), *range(250, 260), 4095, 65537]}
    sealed = {key: seal(value, certificate, STRICT) for key, value in values.items()}
    opened = opened_by(kubeseal, sealed_secret(SECRET, sealed), ours.written(tmp_path)[1])
    assert opened == values


def test_the_same_value_is_never_sealed_alike() -> None:
    certificate = Certificate.parse(pair(key=rsa_key()).certificate, "it", NOW)
    assert len({seal(b"value", certificate, STRICT) for _ in range(20)}) == 20


def test_kubeseal_opens_nothing_that_is_sealed_for_another_place_or_key(kubeseal: Kubeseal, tmp_path: Path) -> None:
    ours, other = pair(key=rsa_key()), pair(key=rsa_key(3072))
    certificate, key = Certificate.parse(ours.certificate, "it", NOW), ours.written(tmp_path)[1]
    right = {"key": seal(b"value", certificate, STRICT)}
    assert opened_by(kubeseal, sealed_secret(SECRET, right), key) == {"key": b"value"}
    for document in (
        sealed_secret(SECRET, right, place="stratmaster-green"),
        sealed_secret("external-api-key-sealed", right),
        sealed_secret(SECRET, right, scope="namespace-wide"),
        sealed_secret(SECRET, {"key": corrupt(right["key"])}),
        sealed_secret(SECRET, {"key": seal(b"value", Certificate.parse(other.certificate, "it", NOW), STRICT)}),
    ):
        assert opened_by(kubeseal, document, key) is None


@pytest.mark.parametrize(
    ("scope", "place", "name"),
    [("namespace-wide", NAMESPACE, "another-name"), ("cluster-wide", "elsewhere", "another-name")],
)
def test_a_wider_scope_opens_that_much_wider(
    kubeseal: Kubeseal, tmp_path: Path, scope: str, place: str, name: str
) -> None:
    ours = pair(key=rsa_key())
    certificate = Certificate.parse(ours.certificate, "it", NOW)
    values = {"key": seal(b"value", certificate, label(Scope(scope), NAMESPACE, SECRET))}
    found = opened_by(kubeseal, sealed_secret(name, values, place=place, scope=scope), ours.written(tmp_path)[1])
    assert found == {"key": b"value"}
    assert opened_by(kubeseal, sealed_secret(name, values, place=place), str(tmp_path / "sealing.key")) is None


def test_a_certificate_that_is_not_valid_now_is_refused_as_kubeseal_does(kubeseal: Kubeseal, tmp_path: Path) -> None:
    expired = pair(begins=NOW - 2 * DAY, ends=NOW - DAY, key=rsa_key())
    with pytest.raises(RunbookError, match="has expired on"):
        Certificate.parse(expired.certificate, "it", NOW)
    refused = kubeseal(
        "--raw", "--scope=cluster-wide", f"--cert={expired.written(tmp_path)[0]}", "--from-file=/dev/stdin", stdin=b"x"
    )
    assert refused.returncode != 0
    assert b"expired" in refused.stderr
    with pytest.raises(RunbookError, match="not valid before"):
        Certificate.parse(pair(begins=NOW + DAY, ends=NOW + 2 * DAY, key=rsa_key()).certificate, "it", NOW)


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"hunter2",
        pair(key=rsa_key()).key,
        pair(key=ec.generate_private_key(ec.SECP256R1())).certificate,
        pair(key=rsa_key(1024)).certificate,
    ],
    ids=["empty", "text", "private key", "elliptic", "short"],
)
def test_what_is_no_certificate_of_a_controller_is_refused(pem: bytes) -> None:
    with pytest.raises(RunbookError, match=r"no certificate|no RSA key"):
        Certificate.parse(pem, "it", NOW)


def test_the_controller_makes_the_secret_of_what_we_seal(live: Live, project: Project) -> None:
    for key, value in (("openai-api-key", VALUES["binary"]), ("cohere-api-key", b""), ("anthropic-api-key", b"text")):
        project.seal("external-api-keys", key, stdin=value).well()
    project.seal("minio-credentials", "minio-bucket", stdin=VALUES["large"]).well()
    sealed = project.values("external-api-keys")
    ours = {key: sealed[key] for key in ("openai-api-key", "cohere-api-key", "anthropic-api-key")}
    large = {"minio-bucket": project.values("minio-credentials")["minio-bucket"]}
    apply(live, sealed_secret(SECRET, ours), sealed_secret("minio-credentials-sealed", large))
    assert secret(live, SECRET) == {
        "openai-api-key": VALUES["binary"],
        "cohere-api-key": b"",
        "anthropic-api-key": b"text",
    }
    assert secret(live, "minio-credentials-sealed") == {"minio-bucket": VALUES["large"]}


def test_the_controller_opens_nothing_of_the_committed_placeholders(live: Live, project: Project) -> None:
    document = sealed_secret("jwt-secrets-sealed", project.values("jwt-secrets"))
    # Else the rehearsal would go on as if it had been opened (rehearsal/stages/sealed-secrets.yaml).
    cast("dict[str, object]", document["metadata"])["annotations"] = {
        "rehearsal.stratmaster.com/simulate": "never-ready"
    }
    apply(live, document)
    assert synced(live, "jwt-secrets-sealed") == "False"
    assert "jwt-secrets-sealed" not in live.kubectl("get", "secrets", f"--namespace={NAMESPACE}", "--output=name")
    project.seal("--rotate").refused("can't open", "seal its values again")
    before = project.sealed.read_bytes()
    project.seal("jwt-secrets", "--rotate", "--dry-run").refused("stratmaster-blue/jwt-secrets-sealed")
    assert project.sealed.read_bytes() == before


def test_what_kubeseal_seals_is_as_good_as_ours(live: Live, project: Project, kubeseal: Kubeseal) -> None:
    theirs = kubeseal(
        "--raw",
        f"--namespace={NAMESPACE}",
        "--name=qdrant-credentials-sealed",
        "--from-file=/dev/stdin",
        stdin=b"theirs",
        kubeconfig=live.plane.kubeconfig,
    )
    assert theirs.returncode == 0, theirs.stderr
    project.seal("qdrant-credentials", "qdrant-url", stdin=b"ours").well()
    both = {"qdrant-api-key": theirs.stdout.decode(), "qdrant-url": project.values("qdrant-credentials")["qdrant-url"]}
    document = sealed_secret("qdrant-credentials-sealed", both)
    checked = kubeseal("--validate", stdin=json.dumps(document).encode(), kubeconfig=live.plane.kubeconfig)
    assert checked.returncode == 0, checked.stderr
    apply(live, document)
    assert secret(live, "qdrant-credentials-sealed") == {"qdrant-api-key": b"theirs", "qdrant-url": b"ours"}


def test_rotation_seals_for_the_newest_key_what_it_never_sees(live: Live, project: Project) -> None:
    whole = "{jwt-secret: one, session-secret: two, encryption-key: three}"
    before = project.seal("jwt-secrets", "--json", "--scope=namespace-wide", stdin=whole.encode()).well()
    old = project.values("jwt-secrets")
    renew(live, json.loads(before.out)["certificate"]["sha256"])
    text = project.sealed.read_text()
    told = project.seal("jwt-secrets", "--rotate", "--dry-run").well()
    assert "nothing written" in told.out
    assert project.sealed.read_text() == text
    project.seal("jwt-secrets", "--rotate").well()
    new = project.values("jwt-secrets")
    assert not set(old.values()) & set(new.values())
    # What the old key's loss would leave: the new values alone open.
    newest = live.plane.sealing_keys()[-1]
    path = project.folder / "newest.key"
    path.write_bytes(newest.private)
    name = "jwt-secrets-sealed"
    apply(live, sealed_secret(name, new, scope="namespace-wide"))
    assert secret(live, name) == {"jwt-secret": b"one", "session-secret": b"two", "encryption-key": b"three"}


def test_each_wrong_value_is_told_from_a_right_one_by_the_controller(live: Live) -> None:
    assert live.plane.status().ready
    controller = Controller(cluster.connect("stratmaster"), "stratmaster", "kube-system", "sealed-secrets-controller")
    certificate = controller.certificate()
    right = seal(b"value", certificate, STRICT)
    other = Certificate.parse(pair(key=rsa_key()).certificate, "it", NOW)

    def rotated(value: str, *, namespace: str = NAMESPACE, name: str = SECRET) -> Mapping[str, str]:
        sealed = SealedValues(namespace=namespace, name=name, scope=Scope.STRICT, values={"key": value})
        return controller.rotated(sealed)

    assert set(rotated(right)) == {"key"}
    for refused in (
        lambda: rotated(right, namespace="stratmaster-green"),
        lambda: rotated(right, name="another"),
        lambda: rotated(corrupt(right)),
        lambda: rotated(seal(b"value", other, STRICT)),
        lambda: rotated("AgA="),
    ):
        with pytest.raises(RunbookError, match="can't open"):
            refused()


def test_a_cluster_without_a_controller_is_told_where_to_look(live: Live, project: Project) -> None:
    assert live.plane.kubeconfig.exists()
    refused = project.seal("jwt-secrets", "jwt-secret", "--controller-name=none", stdin=b"x")
    refused.refused("has no Service kube-system/none", "--controller-namespace")


def opened_by(kubeseal: Kubeseal, document: dict[str, object], key: str) -> dict[str, bytes] | None:
    """The Secret's data as kubeseal opens it with a private key; None if it can't."""
    done = kubeseal("--recovery-unseal", f"--recovery-private-key={key}", stdin=json.dumps(document).encode())
    if done.returncode:
        assert b"no key could decrypt" in done.stderr
        return None
    data = cast("dict[str, str]", json.loads(done.stdout)["data"])
    return {name: base64.b64decode(each or "") for name, each in data.items()}


def corrupt(sealed: str) -> str:
    """The same with one bit turned, in its last byte."""
    raw = bytearray(base64.b64decode(sealed))
    raw[-1] ^= 1
    return base64.b64encode(raw).decode()


def apply(live: Live, *documents: dict[str, object]) -> None:
    """Server-side: a client's own copy in an annotation would be too large."""
    whole = {"apiVersion": "v1", "kind": "List", "items": documents}
    live.kubectl("apply", "--server-side", "-f-", stdin=json.dumps(whole))


def synced(live: Live, name: str) -> str:
    """The condition, once the controller has said anything."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = live.get("sealedsecret", name, f"--namespace={NAMESPACE}")
        status = cast("dict[str, list[dict[str, str]]]", found.get("status") or {})
        if conditions := status.get("conditions"):
            return conditions[0]["status"]
        time.sleep(0.1)
    raise AssertionError(f"the controller says nothing of {name}")


def secret(live: Live, name: str) -> dict[str, bytes]:
    assert synced(live, name) == "True"
    data = cast("dict[str, str]", live.get("secret", name, f"--namespace={NAMESPACE}")["data"])
    return {key: base64.b64decode(value) for key, value in data.items()}


def renew(live: Live, old: str) -> None:
    """Have the controller make a new key, as it does every 30 days."""
    process = live.plane.status().processes["sealed-secrets-controller"]
    assert process
    controller = Controller(cluster.connect("stratmaster"), "stratmaster", "kube-system", "sealed-secrets-controller")
    os.kill(process, signal.SIGUSR1)
    eventually(lambda: controller.certificate().fingerprint != old, "there is a new key")
