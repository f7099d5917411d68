"""What holds for every stack: no secret stands open, every object has the pinned provider and is awaited."""

import pytest

from rehearsal.engine.record import Recording
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Secret, Value, mapping
from tests.stacks import golden_files
from tests.stacks.recorded import RANDOM, STACKS, committed, leaves, made, on_the_cluster, run

SUPPLIED = "canary/of@every:supplied value"
ENCODED = "canary%2Fof%40every%3Asupplied%20value"


def release_of(recording: Recording) -> Resource:
    (release,) = [each for each in recording.resources if each.type == "kubernetes:helm.sh/v3:Release"]
    return release


def secrets_in(value: Value) -> list[str]:
    """Every value that is marked secret."""
    if isinstance(value, Secret):
        return list(leaves(value.value))
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for each in inner for found in secrets_in(each)]


def test_no_secret_value_stands_open_in_inputs_outputs_messages_or_golden_files() -> None:
    recording = run(
        "dev",
        secret=frozenset({"stratmaster:secretValues"}),
        secretValues={
            "external-api-keys": {"openai-api-key": SUPPLIED},
            "postgres-credentials": {"postgres-password": SUPPLIED},
        },
    )
    assert recording.error is None
    open_texts = [*leaves(recording.outputs), *(each.message for each in recording.diagnostics)]
    for resource in recording.resources:
        open_texts += [*leaves(resource.inputs), *leaves(resource.outputs)]
    golden = [file.read_text() for file in golden_files.FOLDER.iterdir()]
    for canary in (RANDOM, SUPPLIED, ENCODED):
        assert not [text for text in (*open_texts, *golden) if canary in text]


def test_the_canaries_are_really_in_the_secrets_so_that_the_test_above_can_fail() -> None:
    recording = run(
        "dev",
        secret=frozenset({"stratmaster:secretValues"}),
        secretValues={"postgres-credentials": {"postgres-password": SUPPLIED}},
    )
    hidden = [secret for each in recording.of_kind("Secret") for secret in secrets_in(each.inputs)]
    assert any(RANDOM in value for value in hidden)
    assert any(ENCODED in value for value in hidden)


@pytest.mark.parametrize("stack", STACKS)
def test_every_object_is_made_through_the_pinned_provider(stack: str) -> None:
    recording = committed(stack)
    (provider,) = [each for each in recording.resources if each.type == "pulumi:providers:kubernetes"]
    objects = [each for each in on_the_cluster(recording) if each.inputs.get("kind") or "Release" in each.type]
    assert len(objects) > 5
    assert {each.provider_urn for each in objects} == {provider.urn}
    assert provider.inputs["context"] == ("stratmaster-dev" if stack == "dev" else "stratmaster")
    assert provider.inputs["clusterIdentifier"] == provider.inputs["context"]


@pytest.mark.parametrize("stack", STACKS)
def test_no_kubeconfig_and_no_path_of_this_machine_is_in_the_state(stack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBECONFIG", "/home/canary/.kube/config")
    for resource in run(stack).resources:
        assert not [
            text for text in leaves(resource.inputs) if "/home/" in text or str(golden_files.FOLDER.parents[2]) in text
        ]


def test_config_maps_and_secrets_are_changed_in_place_and_never_deleted_first() -> None:
    (provider,) = [each for each in committed("blue").resources if each.type == "pulumi:providers:kubernetes"]
    assert provider.inputs["enableConfigMapMutable"] == "true"
    assert provider.inputs["enableSecretMutable"] == "true"


@pytest.mark.parametrize("stack", STACKS)
def test_everything_but_the_provider_and_look_ups_is_behind_the_gate(stack: str) -> None:
    objects = [each for each in on_the_cluster(committed(stack)) if not each.type.startswith("pulumi:providers:")]
    assert objects
    assert [each.urn for each in objects if "stratmaster:components:Gate$" not in each.urn] == []


@pytest.mark.parametrize("stack", STACKS)
def test_custom_resources_with_a_readiness_are_awaited(stack: str) -> None:
    awaited = {"SealedSecret": "condition=Synced", "Certificate": "condition=Ready", "Gateway": "condition=Accepted"}
    for resource in made(committed(stack)):
        if expected := awaited.get(str(resource.inputs.get("kind"))):
            annotations = mapping(mapping(resource.inputs["metadata"]).get("annotations"))
            assert annotations.get("pulumi.com/waitFor") == expected


def test_the_release_waits_for_secrets_policies_access_and_its_declaration() -> None:
    recording = committed("blue")
    needs = set(release_of(committed("blue")).dependencies)
    for kind in ("SealedSecret", "NetworkPolicy", "ServiceAccount", "ConfigMap", "ResourceQuota"):
        urns = {each.urn for each in recording.of_kind(kind)}
        assert urns
        assert urns <= needs, kind


def test_a_switch_of_the_secret_backend_makes_new_objects_and_leaves_the_old_ones_for_later() -> None:
    sealed = {str(mapping(each.inputs["metadata"])["name"]) for each in committed("blue").of_kind("SealedSecret")}
    plain = {str(mapping(each.inputs["metadata"])["name"]) for each in committed("dev").of_kind("Secret")}
    assert len(sealed) == len(plain) == 12
    assert not sealed & plain
    used = {text for text in leaves(release_of(committed("blue")).inputs) if text.endswith(("-sealed", "-plain"))}
    assert used
    assert used <= sealed


def test_a_releases_values_hold_no_unknowns_and_no_secrets() -> None:
    for stack in ("blue", "dev"):
        inputs = release_of(committed(stack)).inputs
        assert "[unknown]" not in repr(inputs)
        assert "[secret]" not in repr(inputs)


def test_another_secret_value_is_another_checksum_and_the_same_value_is_not() -> None:
    def checksum(value: str) -> object:
        secret = frozenset({"stratmaster:secretValues"})
        changed = release_of(run("dev", secret=secret, secretValues={"external-api-keys": {"openai-api-key": value}}))
        return mapping(changed.inputs["values"])["secretsChecksum"]

    assert checksum("one") == checksum("one")
    assert checksum("one") != checksum("two")
