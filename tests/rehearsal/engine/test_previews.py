"""What a preview knows, and that it writes nothing."""

from __future__ import annotations

from typing import cast

from rehearsal.engine.providers.api import Object
from tests.rehearsal.rig import Rig

ALL = """
password = random.RandomPassword("password", length=16)
Secret("secret", metadata=meta("secret"), string_data={{"password": password.result}}, opts=on())
a = config_map("a", {{"k": "{k}"}})
d = deployment("d", replicas={replicas}, annotations={{"pulumi.com/skipAwait": "true"}})
config_map("b", {{"uid": a.metadata.uid, "id": a.id}})
config_map("{last}")
pulumi.export("id", a.id)
pulumi.export("uid", a.metadata.uid)
pulumi.export("password", password.result)
"""


def _versions(rig: Rig) -> dict[str, str]:
    """The resourceVersion of every object in the namespace, Events, Leases and what controllers put into each aside."""
    found: dict[str, str] = {}
    for kind in ("ConfigMap", "Secret", "ServiceAccount"):
        where = rig.api.kind("v1", kind)
        assert where is not None
        for each in cast("list[Object]", rig.api.request("GET", where.path(rig.namespace))["items"]):
            metadata = cast("dict[str, str]", each["metadata"])
            if metadata["name"] in {"kube-root-ca.crt", "default"}:  # they come when the controllers get to it
                continue
            found[f"{kind}/{metadata['name']}"] = metadata["resourceVersion"]
    live = rig.get("Deployment", "d", api_version="apps/v1")
    if live is not None:
        metadata = cast("dict[str, object]", live["metadata"])
        found["Deployment/d"] = str(metadata["generation"]) + str(metadata["managedFields"])
    return found


def test_a_preview_writes_neither_to_the_cluster_nor_to_the_state(rig: Rig) -> None:
    rig.program(ALL.format(k=1, replicas=1, last="c"))
    before = _versions(rig)
    outcome = rig.preview()
    assert outcome.well
    assert set(outcome.planned) == {"password", "secret", "a", "d", "b", "c", "cluster"}
    assert _versions(rig) == before
    assert not rig.state.exists()
    assert rig.up().well
    rig.program(ALL.format(k=2, replicas=2, last="e"))
    before, state = _versions(rig), rig.state.read_bytes()
    outcome = rig.preview()
    assert outcome.planned == {"a": "update", "d": "update", "c": "delete", "e": "create"}
    assert {key: value for key, value in _versions(rig).items() if "/d" not in key} == {
        key: value for key, value in before.items() if "/d" not in key
    }
    assert rig.state.read_bytes() == state
    assert not rig.journal.exists()


def test_a_first_preview_knows_no_ids_and_shows_what_is_unknown(rig: Rig) -> None:
    rig.program(ALL.format(k=1, replicas=1, last="c"))
    outcome = rig.preview()
    assert outcome.outputs["id"] == "[unknown]"
    assert outcome.outputs["password"] == "[secret]"
    assert rig.up().outputs["id"] == f"{rig.namespace}/a"


def test_the_server_fills_in_what_it_would_at_a_preview(rig: Rig) -> None:
    rig.program("""
s = Service("s", metadata=meta("s"), spec={"ports": [{"port": 80}]}, opts=on())
pulumi.export("protocol", s.spec.ports[0].protocol)
""")
    assert rig.preview().outputs["protocol"] == "TCP"


def test_a_namespace_that_this_very_update_makes_is_no_error_at_preview(rig: Rig) -> None:
    rig.program("""
ns = Namespace("ns", metadata={"name": f"{NS}-more"}, opts=on())
ConfigMap("inside", metadata={"name": "inside", "namespace": ns.metadata.name}, opts=on())
""")
    assert rig.preview().well
    assert rig.up().well
    assert rig.get("ConfigMap", "inside", f"{rig.namespace}-more") is not None
    assert rig.destroy().well
    assert rig.get("Namespace", f"{rig.namespace}-more", "") is None


CRD = """
crd = k8s.apiextensions.v1.CustomResourceDefinition(
    "crd",
    metadata={"name": f"things.{NS}.example"},
    spec={
        "group": f"{NS}.example", "scope": "Namespaced",
        "names": {"kind": "Thing", "plural": "things"},
        "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
            "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}],
    },
    opts=on(),
)
k8s.apiextensions.CustomResource("thing", api_version=f"{NS}.example/v1", kind="Thing", metadata=meta("thing"),
                                 spec={"size": 1}, opts=on(depends_on=[crd]))
"""


def test_a_kind_that_this_very_update_makes_is_no_error_at_preview(rig: Rig) -> None:
    rig.program(CRD)
    assert rig.preview().well
    assert rig.up().well
    assert rig.up().ops == {}
    assert rig.destroy().well


def test_a_namespace_that_is_nowhere_fails_the_update(rig: Rig) -> None:
    text = rig.refused('ConfigMap("a", metadata={"name": "a", "namespace": "nowhere"}, opts=on())')
    assert 'namespaces "nowhere" not found' in text
    assert rig.destroy().well


def test_unknown_inputs_are_not_sent_to_the_server(rig: Rig) -> None:
    rig.program("""
a = config_map("a")
config_map("b", {"replicas": a.metadata.uid}, {"labels": {"uid": a.id.apply(lambda each: each.rpartition("/")[2])}})
""")
    outcome = rig.preview()
    assert outcome.well
    assert rig.up().well


def test_what_a_program_prints_becomes_messages(rig: Rig) -> None:
    rig.program('print("hello\\nthere")')
    outcome = rig.preview()
    assert [each.message for each in outcome.results[0].diagnostics] == ["hello", "there"]


def test_every_run_imports_the_programs_modules_anew(rig: Rig) -> None:
    (rig.folder / "memory.py").write_text("runs = 0\n")
    rig.program('import memory\nmemory.runs += 1\npulumi.export("runs", memory.runs)')
    assert rig.up().outputs["runs"] == 1
    assert rig.up().outputs["runs"] == 1
