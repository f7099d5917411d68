"""A secret is nowhere but where it is meant to be."""

from __future__ import annotations

import base64
import json
import os
import stat

import pytest

from rehearsal.engine.crypter import Crypter
from rehearsal.engine.state import State
from rehearsal.engine.wire import Secret
from rehearsal.errors import RehearsalError
from tests.rehearsal.engine.chart import release, write_chart
from tests.rehearsal.rig import Rig

CANARY = "canary-d41d8cd98f"
FORMS = (CANARY, base64.b64encode(CANARY.encode()).decode())
EVERYWHERE = """
from pathlib import Path
canary = config.require_secret("password")
Secret("s", metadata=meta("s"), string_data={"password": canary, "n": "NUMBER"}, opts=on())
config_map("c", {"password": canary})
config_map("whole", pulumi.Output.secret({"password": canary, "n": "NUMBER"}))
box = pulumi.ComponentResource("rig:index:Box", "box", {"password": canary})
box.register_outputs({"password": canary})
pulumi.export("password", canary)
pulumi.export("inside", {"list": [canary]})
canary.apply(lambda each: pulumi.log.info(f"it is {each}"))
canary.apply(print)
""" + release('{"password": canary, "word": "nNUMBER"}')


def _spilt(rig: Rig) -> list[str]:
    """The files that the rehearsal keeps for the stack, or for Helm, and that hold the canary."""
    files = [path for path in rig.home.rglob("*") if path.is_file() and (rig.stack in path.name or "helm" in str(path))]
    assert rig.state.exists() == (rig.state in files)
    return [str(path) for path in files if any(form.encode() in path.read_bytes() for form in FORMS)]


def _configure_secret(rig: Rig) -> dict[str, str]:
    """Put the canary into the stack's file as `pulumi config set --secret` does."""
    crypter = Crypter.new("a-passphrase")
    path = rig.folder / f"Pulumi.{rig.stack}.yaml"
    path.write_text(
        f"encryptionsalt: {crypter.describe()}\nconfig:\n  rig:namespace: {rig.namespace}\n"
        f"  rig:password:\n    secure: {crypter.encrypt(CANARY)}\n"
    )
    return {"PULUMI_CONFIG_PASSPHRASE": "a-passphrase"}


def test_a_secret_is_in_no_output_file_or_message(rig: Rig) -> None:
    write_chart(rig.folder)
    for number in (1, 2):
        rig.program(EVERYWHERE.replace("NUMBER", str(number)))
        passphrase = _configure_secret(rig)
        for arguments in (("preview",), ("up", "--json") if number == 1 else ("up",)):
            done = rig.command(*arguments, rig.stack, "--engine", "embedded", **passphrase)
            assert done.returncode == 0, done.stdout + done.stderr
            for form in FORMS:
                assert form not in done.stdout + done.stderr
            assert "[secret]" in done.stdout + done.stderr
    assert _spilt(rig) == []
    found = rig.get("Secret", "s")
    assert found is not None
    assert FORMS[1] in json.dumps(found), "where it is meant to be, it is"
    assert rig.data("c")["password"] == CANARY


def test_a_rendered_secret_is_its_mark(rig: Rig) -> None:
    rig.program(
        'Secret("s", metadata=meta("s"), string_data={"password": config.require_secret("password")}, opts=on())'
    )
    done = rig.command("render", "--out", str(rig.folder / "out"), rig.stack, **_configure_secret(rig))
    assert done.returncode == 0, done.stderr
    written = "".join(path.read_text() for path in (rig.folder / "out").rglob("*.yaml"))
    assert "[secret]" in written
    assert CANARY not in written + done.stdout


REFUSED = {
    "a Secret's own content": 'Secret("s", metadata=meta("s"), data={"k": "CANARY!"}, opts=on())',
    "a field that may not hold it": 'config_map("c", metadata={"labels": {"l": pulumi.Output.secret("CANARY !")}})',
    "a number that it isn't": 'deployment("d", replicas=pulumi.Output.secret("CANARY"))',
}


@pytest.mark.parametrize("case", REFUSED)
def test_an_error_does_not_quote_a_secret(rig: Rig, case: str) -> None:
    text = rig.refused(REFUSED[case].replace("CANARY", CANARY))
    assert CANARY not in text, text
    assert _spilt(rig) == []


def test_helms_words_do_not_quote_a_secret(rig: Rig) -> None:
    write_chart(rig.folder)
    values = f'{{"password": pulumi.Output.secret("{CANARY} NOT ALLOWED")}}'
    text = rig.refused(release(values))
    assert "password" in text
    assert CANARY not in text, text
    assert _spilt(rig) == []


def test_state_journal_and_passphrase_are_the_owners_alone(rig: Rig) -> None:
    rig.brought_up('config_map("a")')
    for path in (rig.state, rig.home / "passphrase"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE((rig.home / "state").stat().st_mode) == 0o700


def test_a_state_that_another_passphrase_made_is_refused(rig: Rig) -> None:
    rig.brought_up('pulumi.export("s", pulumi.Output.secret("x"))')
    before = rig.state.read_bytes()
    with pytest.raises(RehearsalError, match="not encrypted with this passphrase"):
        State.load(rig.state, "another")
    assert State.load(rig.state, (rig.home / "passphrase").read_text()).outputs() == {"s": Secret("x")}
    assert rig.state.read_bytes() == before


SALT = "v1:fozI5u6B030=:v1:F+6ZduKKd8G0/V7L:PGMFeIzwobWRKmEAzUdaQHqC5mMRIQ=="
"""Made by Pulumi with the passphrase "password" (pulumi's pkg/secrets/passphrase/manager_test.go)."""


def test_pulumis_own_vector_decrypts() -> None:
    crypter = Crypter.of("password", SALT, where="here")
    assert crypter.decrypt(SALT.split(":", 2)[2]) == "pulumi"
    assert crypter.decrypt(crypter.encrypt("ünïcode")) == "ünïcode"
    assert crypter.describe() == SALT


def test_another_passphrase_neither_decrypts_nor_encrypts() -> None:
    crypter = Crypter.of("password123", SALT, where="here")
    with pytest.raises(RehearsalError, match="passphrase"):
        crypter.decrypt(SALT.split(":", 2)[2])
    with pytest.raises(RehearsalError, match="passphrase"):
        crypter.encrypt("x")


@pytest.mark.parametrize("broken", ["", "v1", "v1:fozI5u6B030=", "v2:fozI5u6B030=:v1:a:b", "v1:%:v1:a:b"])
def test_a_salt_that_is_none_is_refused_in_words(broken: str) -> None:
    with pytest.raises(RehearsalError, match="passphrase"):
        Crypter.of("password", broken, where="here")


@pytest.mark.parametrize("broken", ["", "v1:a", "v2:AAAA:AAAA", "v1:AAAAAAAAAAAAAAAA:AAAA", "v1:%:%"])
def test_a_ciphertext_that_is_none_is_refused_in_words(broken: str) -> None:
    with pytest.raises(RehearsalError, match="passphrase"):
        Crypter.of("password", SALT, where="here").decrypt(broken)


def test_an_encrypted_config_value_needs_its_passphrase(rig: Rig) -> None:
    rig.program('pulumi.export("p", config.require_secret("password"))')
    _configure_secret(rig)
    missing = rig.command("preview", rig.stack)
    assert missing.returncode == 1
    assert "rig:password is encrypted, and there is no passphrase" in missing.stderr
    wrong = rig.command("preview", rig.stack, PULUMI_CONFIG_PASSPHRASE="another")
    assert wrong.returncode == 1
    assert "not encrypted with this passphrase" in wrong.stderr
    file = rig.folder / "passphrase"
    file.write_text("a-passphrase\n")
    assert os.access(file, os.R_OK)
    right = rig.command("preview", rig.stack, PULUMI_CONFIG_PASSPHRASE_FILE=str(file))
    assert right.returncode == 0, right.stderr
    assert CANARY not in right.stdout
