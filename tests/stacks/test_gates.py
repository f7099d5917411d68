"""What may not be done is refused before anything of it is registered, whether a preview came first or not."""

import pytest

from rehearsal.engine.record import Recording
from rehearsal.engine.wire import Properties
from tests.stacks.recorded import UP, declared, deployment, live, on_the_cluster, run


def refused(recording: Recording) -> str:
    """The error, in its two lines; nothing may be written to the cluster."""
    assert recording.error is not None
    assert {each.type for each in on_the_cluster(recording)} <= {"pulumi:providers:kubernetes"}
    assert len(recording.error.splitlines()) == 2, recording.error
    return recording.error


def stacks(**changed: Properties) -> dict[str, Properties]:
    return {**UP, **changed}


@pytest.mark.parametrize("stack", ["blue", "green", "traffic"])
def test_nothing_is_built_on_a_foundation_that_is_not_up(stack: str) -> None:
    error = refused(run(stack, stacks=stacks(production={})))
    assert error == (
        "The foundation, stack production, isn't up: it says of no namespace that it has made it.\n"
        "Run `pulumi up --stack production` first."
    )


def test_a_development_slot_needs_no_foundation_and_looks_at_no_other_stack() -> None:
    recording = run("dev", stacks={}, objects={})
    assert recording.error is None
    assert not [each for each in recording.resources if each.type == "pulumi:pulumi:StackReference"]


def test_a_slot_that_was_never_deployed_gets_no_users() -> None:
    error = refused(run("traffic", stacks=stacks(green={}), weights={"blue": 0, "green": 100}))
    assert error.startswith("No release of slot green has ever succeeded")
    assert "pulumi up --stack green" in error


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (deployment(ready=2), "has 2 ready pods"),
        (deployment(image="api:v0"), "runs api:v0, not api:v1"),
        (deployment(generation=2), "at generation 2, acted on 1"),
        ({**deployment(), "status": {}}, "acted on 0"),
    ],
)
def test_a_slot_that_is_not_ready_gets_no_users(found: Properties, said: str) -> None:
    error = refused(run("traffic", objects=live(green=found), weights={"blue": 0, "green": 100}))
    assert error.startswith("Slot green ")
    assert said in error


def test_a_slot_that_is_shut_down_gets_no_users() -> None:
    objects = {**live(), ("ConfigMap", "stratmaster-green/stratmaster-declared"): declared(shutdown=True)}
    assert "is shut down" in refused(run("traffic", objects=objects, weights={"blue": 50, "green": 50}))


def test_a_slot_of_weight_0_may_be_in_any_state() -> None:
    assert run("traffic", stacks=stacks(green={}), objects=live(green=deployment(ready=0))).error is None


def test_in_maintenance_no_slot_need_be_ready() -> None:
    assert run("traffic", stacks=stacks(blue={}, green={}), objects={}, maintenance="true").error is None


def test_a_live_slot_is_not_shut_down() -> None:
    error = refused(run("blue", shutdown="true"))
    assert error.startswith("Slot blue is live: stratmaster:shutdown would turn 100 % of the users away.")


@pytest.mark.parametrize(
    "traffic",
    [
        {},
        {"weights": {"blue": 0.0, "green": 100.0}, "maintenance": False},
        {"weights": {"blue": 100.0, "green": 0.0}, "maintenance": True},
    ],
    ids=["no traffic yet", "the other slot is live", "maintenance"],
)
def test_a_slot_that_nobody_is_on_is_shut_down(traffic: Properties) -> None:
    recording = run("blue", stacks=stacks(traffic=traffic), shutdown="true")
    assert recording.error is None
    (release,) = [each for each in recording.resources if each.type == "kubernetes:helm.sh/v3:Release"]
    values = release.inputs["values"]
    assert isinstance(values, dict)
    assert values["shutdown"] is True


def test_a_slot_comes_back_whoever_is_live() -> None:
    assert run("blue", shutdown="false").error is None


@pytest.mark.parametrize(
    ("stack", "change"),
    [
        ("traffic", {"weights": {"blue": 1}}),
        ("blue", {"image": {"tag": "latest"}}),
        ("dev", {"databasePoolSize": "60"}),
        ("production", {"nonsense": "1"}),
    ],
)
def test_a_mistake_in_the_settings_ends_before_anything_is_registered(stack: str, change: dict[str, object]) -> None:
    recording = run(stack, changes=change)
    assert recording.error is not None
    assert recording.error.startswith("stratmaster:")
    assert "Traceback" not in recording.error
    assert {each.type for each in recording.resources} <= {"pulumi:pulumi:Stack"}


def test_a_stack_without_its_sealed_values_ends_before_anything_is_registered() -> None:
    recording = run("dev", secrets={"backend": "sealed"})
    assert recording.error is not None
    assert recording.error.startswith("secrets/dev.sealed.yaml is missing.\n")
    assert {each.type for each in recording.resources} <= {"pulumi:pulumi:Stack"}


def test_an_unknown_secret_is_refused_by_its_full_name_without_its_value() -> None:
    secret = frozenset({"stratmaster:secretValues"})
    recording = run("dev", secret=secret, secretValues={"external-api-keys": {"openai-api-kee": "canary"}})
    assert recording.error == (
        "stratmaster:secretValues.external-api-keys.openai-api-kee is no key of that secret.\n"
        "Did you mean openai-api-key?"
    )
    assert {each.type for each in recording.resources} <= {"pulumi:pulumi:Stack"}
