"""The order of updates and deletions, and which provider carries them out."""

from __future__ import annotations

from tests.rehearsal.rig import Rig

CHAIN = """
a = config_map("a")
b = config_map("b", depends_on=[a])
c = config_map("c", {"uid": a.metadata.uid})
box = pulumi.ComponentResource("rig:index:Box", "box", None, on(depends_on=[b]))
d = config_map("d", parent=box)
"""


def test_dependents_are_deleted_before_what_they_need(rig: Rig) -> None:
    rig.brought_up(CHAIN)
    outcome = rig.destroy()
    order = [step.name for step in outcome.results[-1].changes]
    assert order.index("b") < order.index("a")
    assert order.index("c") < order.index("a")
    assert order.index("d") < order.index("box") < order.index("b")
    assert order.index("cluster") > order.index("a"), "a provider outlives what it carries out"
    assert order[-1] == "rig-" + rig.stack


def test_dropped_resources_go_in_the_same_order_after_everything_else_was_done(rig: Rig) -> None:
    rig.brought_up(CHAIN)
    outcome = rig.brought_up('config_map("e")')
    order = [step.name for step in outcome.results[-1].changes]
    assert order[0] == "e"
    assert order.index("b") < order.index("a")
    assert rig.names("ConfigMap") == {"e"}


def test_a_resource_waits_for_what_it_depends_on(rig: Rig) -> None:
    rig.brought_up("""
d = deployment("d", replicas=1)
config_map("after", {"ready": d.status.ready_replicas.apply(str)}, depends_on=[d])
""")
    assert rig.data("after") == {"ready": "1"}


def test_resources_without_a_provider_get_the_default_one(rig: Rig) -> None:
    rig.brought_up('ConfigMap("a", metadata=meta("a"))')
    assert rig.names("ConfigMap") == {"a"}
    assert rig.destroy().well


def test_a_component_hands_its_provider_to_its_children(rig: Rig) -> None:
    rig.brought_up("""
p = k8s.Provider("p", context="stratmaster-dev", enable_config_map_mutable=True)
box = pulumi.ComponentResource("rig:index:Box", "box", None, Options(providers=[p]))
ConfigMap("a", metadata=meta("a"), data={"k": "1"}, opts=Options(parent=box))
""")
    outcome = rig.brought_up("""
p = k8s.Provider("p", context="stratmaster-dev", enable_config_map_mutable=True)
box = pulumi.ComponentResource("rig:index:Box", "box", None, Options(providers=[p]))
ConfigMap("a", metadata=meta("a"), data={"k": "2"}, opts=Options(parent=box))
""")
    assert outcome.ops == {"a": "update"}, "its own provider says that data can change in place"


def test_a_context_that_is_not_there_is_refused_by_name(rig: Rig) -> None:
    text = rig.refused('ConfigMap("a", metadata=meta("a"), opts=Options(provider=k8s.Provider("p", context="prod")))')
    assert 'no context "prod"' in text
    assert "stratmaster" in text
    assert rig.names("ConfigMap") == set()


def test_a_provider_that_is_dropped_with_its_resources_carries_out_their_deletion(rig: Rig) -> None:
    rig.brought_up(
        'p = k8s.Provider("p", context="stratmaster-dev")\nConfigMap("a", metadata=meta("a"), opts=Options(provider=p))'
    )
    assert rig.brought_up("").ops == {"a": "delete", "p": "delete"}
    assert rig.names("ConfigMap") == set()
