"""The guide's Certificate Management on a real API server, with cert-manager's own controllers.

The certificate, its authority and their specs are the program's own, as it declares them.
"""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from rehearsal.engine.wire import mapping
from tests.certificates.conftest import NAMESPACE, Cluster, Person
from tests.certificates.declared import TLS, authority, certificate, served
from tests.waiting import eventually

if TYPE_CHECKING:
    from pathlib import Path

    from tests.certificates.cert_manager import CertManager


@pytest.fixture(scope="module")
def declared(cluster: Cluster) -> None:
    """The program's own objects, not issued yet."""
    cluster.apply(*authority(), certificate())


@pytest.fixture(scope="module")
def issued(cluster: Cluster, cert_manager: CertManager, declared: None) -> None:
    """The same, issued for real; cert-manager has stopped again."""
    del declared
    with cert_manager.running():
        # Its own controller says so last: another one may have said before that it is ready.
        eventually(lambda: cluster.get("certificate", TLS).get("status", {}).get("revision") == 1, "it is issued")
        eventually(lambda: cluster.condition("certificate", TLS, "Ready") == "True", "it is ready")


def test_without_a_certificate_list_says_how_to_get_one(runbook: Person) -> None:
    said = runbook("certificates", "list", "--namespace", "default")
    assert (said.code, said.out) == (1, "")
    assert said.error.splitlines()[0] == "error: There is no certificate in default."
    assert "pulumi up --stack traffic" in said.error


@pytest.mark.usefixtures("declared")
def test_a_certificate_that_was_never_issued_needs_attention(runbook: Person) -> None:
    said = runbook("certificates", "list", "--json")
    assert said.code == 2
    (found,) = [each for each in json.loads(said.out) if each["name"] == TLS]
    assert found["ready"] is False
    assert found["daysLeft"] is None
    assert found["renewalTime"] is None
    table = runbook("certificates", "list").out.splitlines()
    assert table[0].split() == ["NAME", "READY", "DAYS", "LEFT", "ISSUER", "RENEWS"]
    assert [line.split() for line in table if line.startswith(TLS)] == [[TLS, "no", "-", "Issuer/stratmaster-ca", "-"]]


@pytest.mark.usefixtures("issued")
def test_the_certificate_is_of_the_form_that_the_program_asks_for(cluster: Cluster) -> None:
    leaf, key, issuer, _ = served(cluster)
    leaf.verify_directly_issued_by(issuer)
    assert isinstance(key.curve, ec.SECP256R1)
    assert leaf.public_key() == key.public_key()
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.DNSName) == ["api.stratmaster.com"]
    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc == timedelta(days=90)
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    renewal = datetime.fromisoformat(cluster.get("certificate", TLS)["status"]["renewalTime"])
    assert leaf.not_valid_after_utc - renewal == timedelta(days=30)


@pytest.mark.usefixtures("issued")
def test_list_shows_what_is_there_and_is_content(runbook: Person) -> None:
    said = runbook("certificates", "list")
    assert said.code == 0, said
    (row,) = [line.split() for line in said.out.splitlines() if line.startswith(TLS)]
    assert row[1:4] == ["yes", "89", "Issuer/stratmaster-ca"]
    assert row[4] == (datetime.now(UTC) + timedelta(days=60)).strftime("%Y-%m-%d")


@pytest.mark.usefixtures("issued")
def test_a_renewal_makes_a_new_key_and_certificate_in_the_same_secret(
    cluster: Cluster, cert_manager: CertManager, runbook: Person
) -> None:
    before, old_key, _, uid = served(cluster)
    revision = cluster.get("certificate", TLS)["status"]["revision"]
    with cert_manager.running():
        said = runbook("certificates", "renew", TLS, "--wait", "--timeout", "60", "--json")
    assert said.code == 0, said
    assert json.loads(said.out)["revision"] == revision + 1
    after, new_key, issuer, same_uid = served(cluster)
    assert after.serial_number != before.serial_number
    assert new_key.private_numbers() != old_key.private_numbers()
    after.verify_directly_issued_by(issuer)
    assert same_uid == uid


@pytest.mark.usefixtures("issued")
def test_the_guides_annotation_renews_nothing(cluster: Cluster, cert_manager: CertManager) -> None:
    before = served(cluster)[0]
    cluster.kubectl("annotate", "certificate", TLS, "cert-manager.io/force-renew=true", "-n", NAMESPACE)
    generation = cluster.get("certificate", TLS)["metadata"]["generation"]
    with cert_manager.running():
        probe = {**certificate(), "metadata": {"name": "probe", "namespace": NAMESPACE}}
        cluster.apply({**probe, "spec": {**mapping(probe["spec"]), "secretName": "probe"}})
        # By the time that a certificate made later is there, this one would have been renewed.
        eventually(lambda: cluster.condition("certificate", "probe", "Ready") == "True", "the probe is issued")
    cluster.kubectl("delete", "certificate", "probe", "-n", NAMESPACE)
    assert cluster.get("certificate", TLS)["metadata"]["generation"] == generation
    assert served(cluster)[0] == before


@pytest.mark.usefixtures("issued")
def test_a_renewal_that_nobody_carries_out_ends_in_two_lines_and_leaves_what_is_served(
    cluster: Cluster, runbook: Person
) -> None:
    before = cluster.get("secret", TLS)
    said = runbook("certificates", "renew", TLS)
    assert said.code == 0
    assert "is being issued anew" in said.out
    asked = cluster.get("certificate", TLS)
    (condition,) = [each for each in asked["status"]["conditions"] if each["type"] == "Issuing"]
    assert (condition["status"], condition["reason"]) == ("True", "ManuallyTriggered")
    assert condition["observedGeneration"] == asked["metadata"]["generation"]
    assert cluster.condition("certificate", TLS, "Ready") == "True"
    again = runbook("certificates", "renew", TLS, "--wait", "--timeout", "1")
    assert again.code == 1
    assert again.error.startswith(f"error: Certificate {TLS} wasn't issued within 1 s.\n  The old one is still in use")
    assert cluster.get("certificate", TLS)["metadata"]["resourceVersion"] == asked["metadata"]["resourceVersion"]
    assert runbook("certificates", "list").out.split(TLS, 1)[1].split()[0] == "issuing"
    assert cluster.get("secret", TLS) == before


@pytest.mark.usefixtures("issued")
def test_a_renewal_that_fails_says_why(cluster: Cluster, runbook: Person) -> None:
    """The status is written as cert-manager writes it when a request is denied (its issuing controller)."""
    status = cluster.get("certificate", TLS)["status"]
    refused = {
        "type": "Issuing",
        "status": "False",
        "reason": "Denied",
        "message": "The certificate request was denied by policy",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    kept = [each for each in status["conditions"] if each["type"] != "Issuing"]
    patch = json.dumps({"status": {"failedIssuanceAttempts": 1, "conditions": [*kept, refused]}})
    arguments = ("patch", "certificate", TLS, "-n", NAMESPACE, "--subresource=status", "--type=merge", "-p", patch)
    denied = threading.Timer(1.5, cluster.kubectl, arguments)
    denied.start()
    said = runbook("certificates", "renew", TLS, "--wait", "--timeout", "30")
    denied.join()
    assert said.code == 1
    first, second = said.error.splitlines()
    assert first == f"error: Certificate {TLS} wasn't issued: The certificate request was denied by policy"
    assert second.startswith("  The old one is still in use.")


@pytest.mark.usefixtures("issued")
def test_a_certificate_that_ends_soon_needs_attention(cluster: Cluster, runbook: Person) -> None:
    for days, code in ((15, 0), (13, 2), (-1, 2)):
        end = (datetime.now(UTC) + timedelta(days=days, hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        patch = json.dumps({"status": {"notAfter": end}})
        cluster.kubectl(
            "patch", "certificate", TLS, "-n", NAMESPACE, "--subresource=status", "--type=merge", "-p", patch
        )
        said = runbook("certificates", "list", "--json")
        (found,) = [each for each in json.loads(said.out) if each["name"] == TLS]
        assert (found["daysLeft"], said.code) == (days, code)


@pytest.mark.usefixtures("declared")
def test_an_unknown_certificate_is_refused_with_the_nearest(runbook: Person) -> None:
    said = runbook("certificates", "renew", "stratmaster-tsl")
    assert said.code == 1
    assert said.error == (f"error: There is no certificate stratmaster-tsl in {NAMESPACE}.\n  Did you mean {TLS}?\n")


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("--context", "stratmastr"), "The kubeconfig has no context stratmastr.\n  Did you mean stratmaster?"),
        (("--stack", "trafic"), "There is no stack trafic: Pulumi.trafic.yaml is missing.\n  Did you mean traffic?"),
    ],
)
def test_a_cluster_that_nobody_named_is_never_asked(runbook: Person, arguments: tuple[str, ...], error: str) -> None:
    said = runbook("certificates", "list", *arguments)
    assert (said.code, said.error) == (1, f"error: {error}\n")


def test_the_stacks_context_is_used_whatever_the_current_one_is(
    cluster: Cluster, runbook: Person, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "kubeconfig"
    elsewhere.write_text(cluster.plane.kubeconfig.read_text())
    cluster.kubectl(f"--kubeconfig={elsewhere}", "config", "set-context", "other", "--cluster=nowhere")
    cluster.kubectl(f"--kubeconfig={elsewhere}", "config", "use-context", "other")
    said = runbook("certificates", "list", "-n", "kube-system", kubeconfig=elsewhere)
    assert "There is no certificate in kube-system" in said.error


def test_who_may_not_is_told_so_in_two_lines(cluster: Cluster, runbook: Person, tmp_path: Path) -> None:
    token = cluster.kubectl("create", "token", "default", "-n", "default").strip()
    theirs = tmp_path / "kubeconfig"
    theirs.write_text(cluster.plane.kubeconfig.read_text())
    cluster.kubectl(f"--kubeconfig={theirs}", "config", "set-credentials", "nobody", f"--token={token}")
    cluster.kubectl(f"--kubeconfig={theirs}", "config", "set-context", "stratmaster", "--user=nobody")
    said = runbook("certificates", "list", kubeconfig=theirs)
    assert said.code == 1
    first, second = said.error.splitlines()
    assert first == (
        f"error: The cluster of context stratmaster doesn't let this user list certificates in {NAMESPACE} "
        "(403 Forbidden)."
    )
    assert "auth whoami" in second
    assert token not in said.error


def test_a_cluster_that_does_not_answer_is_told_in_two_lines(cluster: Cluster, runbook: Person, tmp_path: Path) -> None:
    dead = tmp_path / "kubeconfig"
    dead.write_text(cluster.plane.kubeconfig.read_text())
    names = cluster.kubectl(f"--kubeconfig={dead}", "config", "get-clusters").split()[1:]
    for name in names:
        cluster.kubectl(f"--kubeconfig={dead}", "config", "set-cluster", name, "--server=https://127.0.0.1:1")
    said = runbook("certificates", "list", kubeconfig=dead)
    assert said.code == 1
    assert said.error.startswith("error: The cluster of context stratmaster doesn't answer")
    assert len(said.error.splitlines()) == 2
