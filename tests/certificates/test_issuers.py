"""What signs certificates, as the program declares it, on the rehearsal's API server."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final, cast

import pytest

from rehearsal.engine.wire import Properties, mapping
from runbook.cli import main
from tests.settings.stack_files import FOUNDATION, refusal
from tests.stacks.recorded import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rehearsal.control_plane import ControlPlane

ROLE: Final = "arn:aws:iam::123456789012:role/cert-manager"
ROUTE53: Final = {"hostedZoneId": "Z0123456789ABC", "role": ROLE}
NAMESPACE: Final = "stratmaster-production"
WAYS: Final[dict[str, dict[str, object]]] = {
    "gateway": {},
    "ingress": {"challenge": "ingress", "ingressClass": "internal"},
    "route53": {"challenge": "route53", "route53": ROUTE53, "email": "sre@stratmaster.ai"},
}


def issuers(**settings: object) -> dict[str, Properties]:
    """The foundation's issuers and its authority's certificate, by kind and name."""
    recording = run("production", issuers=settings)
    assert recording.error is None, recording.error
    kinds = ("ClusterIssuer", "Issuer", "Certificate")
    return {
        f"{kind} {mapping(each.inputs['metadata'])['name']}": each.inputs
        for kind in kinds
        for each in recording.of_kind(kind)
    }


def kubectl(plane: ControlPlane, *arguments: str, given: object = None) -> str:
    command = [plane.binary("kubectl"), f"--kubeconfig={plane.kubeconfig}", *arguments]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def namespaced(control_plane: ControlPlane) -> Iterator[ControlPlane]:
    """A cluster with the production namespace, as long as these tests last."""
    kubectl(control_plane, "create", "namespace", NAMESPACE)
    yield control_plane
    kubectl(control_plane, "delete", "namespace", NAMESPACE)


def acme(found: dict[str, Properties], name: str = "letsencrypt-prod") -> Any:  # noqa: ANN401 - an object's spec
    return cast("Any", found[f"ClusterIssuer {name}"]["spec"])["acme"]


def test_by_default_both_of_lets_encrypts_services_prove_names_through_the_gateway() -> None:
    found = issuers()
    assert set(found) == {"ClusterIssuer letsencrypt-prod", "ClusterIssuer letsencrypt-staging"}
    for name, host in (("letsencrypt-prod", "acme-v02"), ("letsencrypt-staging", "acme-staging-v02")):
        assert acme(found, name)["server"] == f"https://{host}.api.letsencrypt.org/directory"
        assert acme(found, name)["email"] == "platform-team@company.com"
        (solver,) = acme(found, name)["solvers"]
        (parent,) = solver["http01"]["gatewayHTTPRoute"]["parentRefs"]
        assert (parent["name"], parent["namespace"], parent["sectionName"]) == ("stratmaster", NAMESPACE, "http")
    keys = {acme(found, name)["privateKeySecretRef"]["name"] for name in ("letsencrypt-prod", "letsencrypt-staging")}
    assert len(keys) == 2


@pytest.mark.parametrize("challenge", ["gateway", "ingress"])
def test_a_solver_needs_no_node_port_which_the_quota_has_no_room_for(challenge: str) -> None:
    (solver,) = acme(issuers(letsEncrypt=WAYS[challenge]))["solvers"]
    (way,) = solver["http01"].values()
    assert way["serviceType"] == "ClusterIP"


def test_a_name_is_proved_at_route53_by_a_role_in_one_zone_and_no_key() -> None:
    found = acme(issuers(letsEncrypt=WAYS["route53"]))
    route53 = {"hostedZoneID": "Z0123456789ABC", "region": "us-east-1", "role": ROLE}
    assert found["solvers"] == [{"dns01": {"route53": route53}}]
    assert found["email"] == "sre@stratmaster.ai"


def test_where_the_cluster_has_its_issuers_none_is_made() -> None:
    assert issuers(letsEncrypt=None) == {}


def test_the_authority_signs_for_nobody_outside_its_namespace() -> None:
    found = issuers(letsEncrypt=None, authority=True)
    assert set(found) == {"Issuer stratmaster-ca-root", "Issuer stratmaster-ca", "Certificate stratmaster-ca"}
    assert all(mapping(each["metadata"])["namespace"] == NAMESPACE for each in found.values())
    spec = mapping(found["Certificate stratmaster-ca"]["spec"])
    assert (spec["isCA"], mapping(spec["privateKey"])["rotationPolicy"]) == (True, "Never")


def test_every_issuer_is_awaited() -> None:
    for each in issuers(authority=True).values():
        annotations = mapping(mapping(each["metadata"])["annotations"])
        assert annotations["pulumi.com/waitFor"] == "condition=Ready"


@pytest.mark.parametrize("way", WAYS)
def test_cert_managers_own_definitions_accept_what_is_declared(namespaced: ControlPlane, way: str) -> None:
    """Strictly: a field that they don't know is an error."""
    for each in issuers(letsEncrypt=WAYS[way], authority=True).values():
        kubectl(
            namespaced,
            *("create", "--dry-run=server", "--validate=strict", "-f", "-"),
            given=each,
        )


@pytest.mark.parametrize(
    "settings",
    [{"challenge": "route53"}, {"challenge": "gateway", "route53": ROUTE53}],
    ids=["no zone", "no challenge"],
)
def test_a_zone_and_its_challenge_go_together(settings: dict[str, object]) -> None:
    ((what, _),) = refusal(FOUNDATION, "production", issuers={"letsEncrypt": settings})
    assert "challenge route53 and the setting route53 go together" in what


@pytest.mark.parametrize(
    "key", [{"role": "AKIAIOSFODNN7EXAMPLE"}, {"hostedZoneId": "stratmaster.com"}, {"secretKey": "x"}]
)
def test_a_zone_is_opened_by_nothing_but_a_role(key: dict[str, str]) -> None:
    settings = {"challenge": "route53", "route53": {**ROUTE53, **key}}
    ((what, _),) = refusal(FOUNDATION, "production", issuers={"letsEncrypt": settings})
    assert what.startswith(f"stratmaster:issuers.letsEncrypt.route53.{next(iter(key))}")


def test_a_renewal_can_be_rehearsed(
    namespaced: ControlPlane, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The stages that play cert-manager count up the revision of a certificate that is asked for anew."""
    monkeypatch.setenv("KUBECONFIG", str(namespaced.kubeconfig))
    (certificate,) = run("traffic").of_kind("Certificate")
    kubectl(namespaced, "create", "-f", "-", given=certificate.inputs)
    kubectl(namespaced, "wait", "certificate/stratmaster-tls", "-n", NAMESPACE, "--for=condition=Ready")
    assert main(["certificates", "renew", "stratmaster-tls", "--wait", "--timeout", "30", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["revision"] == 2
    assert main(["certificates", "list"]) == 0
