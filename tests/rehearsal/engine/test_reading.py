"""What a program looks up: objects it doesn't own, and other stacks' outputs."""

from __future__ import annotations

import secrets

import pytest

from tests.rehearsal.rig import Rig

GET = 'd = Deployment.get("it", f"{NS}/d", opts=on())\npulumi.export("ready", d.status.ready_replicas)\n'
LABELS = {"app": "d"}


def _make_deployment(rig: Rig, tag: str = "v1") -> None:
    pods = {
        "metadata": {"labels": LABELS},
        "spec": {"containers": [{"name": "api", "image": f"registry.example/a:{tag}"}]},
    }
    spec = {"replicas": 1, "selector": {"matchLabels": LABELS}, "template": pods}
    rig.make("Deployment", "d", api_version="apps/v1", spec=spec)


@pytest.mark.parametrize("operation", ["preview", "up"])
def test_a_read_of_what_is_not_there_fails_at_once(rig: Rig, operation: str) -> None:
    rig.program(GET + 'config_map("a")')
    outcome = rig.preview() if operation == "preview" else rig.up()
    assert not outcome.well
    assert f"resource '{rig.namespace}/d' does not exist" in outcome.text
    assert "Traceback" not in outcome.text
    assert rig.names("ConfigMap") == set()


def test_a_read_of_an_unready_deployment_gives_what_there_is(rig: Rig) -> None:
    _make_deployment(rig, "never-ready")
    rig.program(GET)
    outcome = rig.preview()
    assert outcome.well
    assert outcome.outputs.get("ready") is None


def test_a_preview_reads_the_live_object_and_counts_no_change(rig: Rig) -> None:
    _make_deployment(rig)
    rig.program(GET + 'pulumi.export("image", d.spec.template.spec.containers[0].image)')
    outcome = rig.preview()
    assert outcome.outputs["image"] == "registry.example/a:v1"
    assert outcome.planned == {"cluster": "create"}
    assert rig.up().well
    again = rig.up()
    assert again.ops == {}
    assert "no changes" in again.text
    assert rig.destroy().well
    assert rig.get("Deployment", "d", api_version="apps/v1") is not None, "what was only read is nobody's to delete"


def test_a_dropped_read_leaves_the_object_alone(rig: Rig) -> None:
    rig.make("ConfigMap", "theirs")
    rig.brought_up('ConfigMap.get("it", f"{NS}/theirs", opts=on())')
    outcome = rig.brought_up("config_map('a')")
    assert outcome.ops == {"a": "create"}
    assert rig.names("ConfigMap") == {"a", "theirs"}


def test_what_a_stack_made_itself_can_not_become_a_read(rig: Rig) -> None:
    rig.brought_up('config_map("a")')
    text = rig.refused('ConfigMap.get("a", f"{NS}/a", opts=on())')
    assert "made by this stack" in text
    assert rig.names("ConfigMap") == {"a"}


def test_a_custom_resource_of_an_unknown_kind_does_not_exist(rig: Rig) -> None:
    text = rig.refused(
        "get = k8s.apiextensions.CustomResource.get\n"
        'get("it", api_version="nowhere.example/v1", kind="Nothing", id=f"{NS}/x", opts=on())'
    )
    assert "does not exist" in text


@pytest.fixture
def other(rig: Rig) -> str:
    """Another stack of the same project."""
    name = f"o{secrets.token_hex(4)}"
    rig.configure(name, {"namespace": rig.namespace})
    return name


REFERENCE = """
other = config.get("other")
name = f"{pulumi.get_organization()}/{pulumi.get_project()}/{other}"
stack = pulumi.StackReference(other, stack_name=name) if other else None
if stack:
    pulumi.export("got", stack.get_output("word"))
    pulumi.export("hidden", stack.get_output("secret"))
    pulumi.export("is_secret", pulumi.Output.from_input(stack.get_output("secret").is_secret()))
    pulumi.export("absent", stack.get_output("absent"))
else:
    pulumi.export("word", "hello")
    pulumi.export("secret", pulumi.Output.secret("canary-77aa"))
"""


def test_a_reference_to_a_stack_that_is_not_there_fails_by_name(rig: Rig) -> None:
    text = rig.refused(REFERENCE, other="nosuch")
    assert 'unknown stack "organization/rig/nosuch"' in text
    assert rig.stack in text, "the stacks that there are"


def test_a_stack_that_was_never_updated_has_no_outputs(rig: Rig, other: str) -> None:
    outcome = rig.brought_up(REFERENCE, other=other)
    assert outcome.outputs.get("got") is None


def test_a_reference_gives_the_outputs_of_the_other_stack_and_keeps_secrets_secret(rig: Rig, other: str) -> None:
    rig.program(REFERENCE, other=other)
    assert rig.up(other).well
    outcome = rig.up()
    assert outcome.well, outcome.text
    assert outcome.outputs["got"] == "hello"
    assert outcome.outputs["hidden"] == "[secret]"
    assert outcome.outputs["is_secret"] is True
    assert "canary-77aa" not in rig.state.read_text() + outcome.text


def test_outputs_survive_a_failed_update(rig: Rig, other: str) -> None:
    rig.program(REFERENCE, other=other)
    assert rig.up(other).well
    rig.program("raise pulumi.RunError('broken')\n", other=other)
    assert not rig.up(other).well
    rig.program(REFERENCE)
    assert rig.up().outputs["got"] == "hello"
