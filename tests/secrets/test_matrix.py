"""Every secret in every backend of every stack that may have it, with every key that anything reads."""

from __future__ import annotations

import pytest

from components import aws_names
from components.secret_catalogue import BY_NAME, SecretSpec, catalogue
from components.secret_sources import Derived, Same
from rehearsal.engine.record import Recording
from rehearsal.engine.wire import Value, mapping, text
from tests.secrets.backends import ALLOWED, EXTERNAL, STACKS, recorded, references, secrets_of
from tests.stacks.recorded import leaves, made, on_the_cluster

KINDS = {"plain": "Secret", "sealed": "SealedSecret", "aws": "ExternalSecret", "vault": "ExternalSecret"}
EACH = pytest.mark.parametrize(("stack", "backend"), ALLOWED)
OUTSIDE = pytest.mark.parametrize(("stack", "backend"), [(s, b) for s, b in ALLOWED if b in EXTERNAL])


def specs(stack: str) -> dict[str, SecretSpec]:
    return {spec.name: spec for spec in catalogue(foundation=stack == "production")}


def spec_of(name: str, backend: str) -> SecretSpec:
    """The catalogue's secret that an object's name is about."""
    return BY_NAME[name.split(f"-{backend}", 1)[0]]


def read_by(recording: Recording) -> set[tuple[str, str]]:
    """All that anything of a stack reads of Secrets, but certificates, which are cert-manager's."""
    found = {each for resource in on_the_cluster(recording) for each in references(resource.inputs)}
    return {each for each in found if each[0] != "stratmaster-tls"}


@EACH
def test_every_secret_is_there_whole_and_of_its_type(stack: str, backend: str) -> None:
    found = secrets_of(recorded(stack, backend))
    assert {spec_of(name, backend).name for name in found} == set(specs(stack))
    for name, each in found.items():
        spec = spec_of(name, backend)
        assert (each.kind, each.type, each.keys) == (KINDS[backend], spec.type, frozenset(spec.keys)), name


@EACH
def test_every_key_that_anything_reads_is_in_its_secret(stack: str, backend: str) -> None:
    recording = recorded(stack, backend)
    found, wanted = secrets_of(recording), read_by(recording)
    assert len(wanted) >= (10 if stack == "production" else 3)
    assert not {name for name, _ in wanted} - set(found)
    assert not {(name, key) for name, key in wanted if key and key not in found[name].keys}


@pytest.mark.parametrize("stack", STACKS)
def test_a_stack_reads_the_same_of_every_backend(stack: str) -> None:
    reads = [
        {(spec_of(name, backend).name, key) for name, key in read_by(recorded(stack, backend))}
        for its, backend in ALLOWED
        if its == stack
    ]
    assert all(each == reads[0] for each in reads)


def test_no_two_backends_or_rotations_share_a_name() -> None:
    every = [set(secrets_of(recorded(stack, backend))) for stack, backend in ALLOWED if stack == "dev"]
    every += [set(secrets_of(recorded("dev", backend, "2"))) for backend in EXTERNAL]
    assert len(every) == 6
    assert sum(map(len, every)) == len(set[str]().union(*every))


@OUTSIDE
def test_every_value_is_read_from_the_stacks_own_entry_by_its_own_key(stack: str, backend: str) -> None:
    for each in recorded(stack, backend).of_kind("ExternalSecret"):
        spec = BY_NAME[each.name]
        assert _read(each.inputs["spec"]) == {
            key: (
                aws_names.entry(stack, source.of if isinstance(source, Same) else spec.name),
                source.key if isinstance(source, Same) else key,
            )
            for key, source in spec.keys.items()
            if not isinstance(source, Derived)
        }


def _read(spec: Value) -> dict[str, tuple[str, str]]:
    entries = mapping(spec)["data"]
    assert isinstance(entries, list)
    each = [(mapping(entry), mapping(mapping(entry)["remoteRef"])) for entry in entries]
    return {text(entry["secretKey"]): (text(ref["key"]), text(ref["property"])) for entry, ref in each}


@pytest.mark.parametrize("stack", STACKS[:3])
def test_every_remote_key_is_an_entry_that_the_aws_part_makes(stack: str) -> None:
    entries = {
        text(each.inputs["name"])
        for each in made(recorded("production", "aws"))
        if each.type == "aws:secretsmanager/secret:Secret"
    }
    named = {
        ref for each in recorded(stack, "aws").of_kind("ExternalSecret") for ref in _read(each.inputs["spec"]).values()
    }
    assert len(named) > 40
    assert not {key for key, _ in named} - entries
    held = {(aws_names.entry(stack, spec.name), key) for spec in specs(stack).values() for key in spec.stored}
    assert named == held, "what is held is read, and what is read is held"


@pytest.mark.parametrize("stack", STACKS[:3])
def test_the_account_that_reads_becomes_a_role_that_the_aws_part_makes(stack: str) -> None:
    (account,) = [each for each in recorded(stack, "aws").of_kind("ServiceAccount") if "reader" in each.name]
    (arn,) = mapping(mapping(account.inputs["metadata"])["annotations"]).values()
    roles = {
        text(each.inputs["name"]): text(each.inputs["assumeRolePolicy"])
        for each in made(recorded("production", "aws"))
        if each.type == "aws:iam/role:Role"
    }
    trust = roles[text(arn).rpartition("/")[2]]
    assert f'"system:serviceaccount:stratmaster-{stack}:{account.name}"' in trust


def test_the_foundation_reads_its_entries_after_it_has_written_them() -> None:
    """Values that are made anew with a new `rotation` in one update: what is read is the new ones."""
    types = [each.type for each in recorded("production", "aws").resources]
    written = [at for at, each in enumerate(types) if each == "aws:secretsmanager/secretVersion:SecretVersion"]
    read = [at for at, each in enumerate(types) if each.endswith(":ExternalSecret")]
    assert max(written) < min(read)


@OUTSIDE
def test_the_operator_owns_the_secret_and_nothing_but_its_own_object_takes_it_away(stack: str, backend: str) -> None:
    for each in recorded(stack, backend).of_kind("ExternalSecret"):
        target = mapping(mapping(each.inputs["spec"])["target"])
        assert (target["creationPolicy"], target["deletionPolicy"], target["immutable"]) == ("Owner", "Retain", True)
        assert "name" not in target, "the Secret is called as its ExternalSecret, so two can't share one"
    assert not recorded(stack, backend).of_kind("Secret")


@OUTSIDE
def test_a_store_is_the_namespaces_own_and_logs_in_as_an_account_without_a_token(stack: str, backend: str) -> None:
    recording = recorded(stack, backend)
    (store,) = recording.of_kind("SecretStore")
    assert not recording.of_kind("ClusterSecretStore")
    accounts = {text(mapping(each.inputs["metadata"])["name"]): each for each in recording.of_kind("ServiceAccount")}
    (name,) = {inner for inner in leaves(store.inputs["spec"]) if inner in accounts}
    account = accounts[name]
    assert account.inputs["automountServiceAccountToken"] is False
    assert account.urn in store.dependencies
    assert not [each for each in recording.of_kind("RoleBinding") if name in leaves(each.inputs)]
    annotations = mapping(mapping(account.inputs["metadata"]).get("annotations"))
    wanted = {aws_names.ROLE_ANNOTATION: aws_names.role_arn("123456789012", stack, name)} if backend == "aws" else {}
    assert annotations == wanted
    assert not [inner for inner in leaves(store.inputs["spec"]) if inner.endswith("SecretRef")]


@OUTSIDE
def test_the_release_waits_for_secrets_that_wait_for_the_store(stack: str, backend: str) -> None:
    recording = recorded(stack, backend)
    (store,) = recording.of_kind("SecretStore")
    secrets = recording.of_kind("ExternalSecret")
    for each in (store, *secrets):
        assert mapping(mapping(each.inputs["metadata"])["annotations"])["pulumi.com/waitFor"] == "condition=Ready"
    assert all(store.urn in each.dependencies for each in secrets)
    for release in [each for each in recording.resources if each.type == "kubernetes:helm.sh/v3:Release"]:
        assert {each.urn for each in secrets} <= set(release.dependencies)


@pytest.mark.parametrize("backend", EXTERNAL)
def test_another_rotation_is_other_secrets_and_restarts_the_release(backend: str) -> None:
    def values(recording: Recording) -> dict[str, Value]:
        (release,) = [each for each in recording.resources if each.type == "kubernetes:helm.sh/v3:Release"]
        return dict(mapping(release.inputs["values"]))

    first, other = recorded("dev", backend), recorded("dev", backend, "2")
    assert values(first)["secretsChecksum"] != values(other)["secretsChecksum"]
    for before, after in ((first, other), (other, first)):
        assert not set(leaves(values(before))) & set(secrets_of(after))
        assert set(leaves(values(before))) & set(secrets_of(before))


def test_the_same_rotation_is_the_same_secrets() -> None:
    assert secrets_of(recorded("dev", "aws")) == secrets_of(recorded("dev", "aws", "1"))


@OUTSIDE
def test_a_releases_values_hold_neither_secrets_nor_unknowns(stack: str, backend: str) -> None:
    for resource in on_the_cluster(recorded(stack, backend)):
        if resource.type == "kubernetes:helm.sh/v3:Release":
            assert "[unknown]" not in repr(resource.inputs)
            assert "[secret]" not in repr(resource.inputs)
