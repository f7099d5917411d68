"""Every mistake in the settings of secrets is refused by its key's full name, and says how to mend it."""

from __future__ import annotations

import datetime as dt

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from settings import FoundationSettings, SlotSettings
from tests.secrets.backends import ALLOWED, VAULT, WHOLE, settings
from tests.settings.stack_files import DEV, FOUNDATION, SLOT, read, refusal

AWS = {"accountId": "123456789012", "region": "us-east-1"}
BASES = {"production": FOUNDATION, "blue": SLOT, "green": SLOT, "dev": DEV}


def said(secrets: object) -> str:
    """The one refusal of a slot with these settings."""
    ((what, mend),) = refusal(SLOT, "blue", secrets=secrets)
    assert mend
    return f"{what} {mend}"


@pytest.mark.parametrize(("stack", "backend"), ALLOWED)
def test_every_backend_is_accepted_where_it_is_allowed(stack: str, backend: str) -> None:
    own = {"aws": WHOLE["production"]["aws"]} if (stack, backend) == ("production", "aws") else {}
    found = read(BASES[stack], stack, secrets=settings(backend), **own)
    assert isinstance(found, FoundationSettings | SlotSettings)
    assert found.secrets.backend == backend


@pytest.mark.parametrize("stack", ["production", "blue", "green"])
def test_plain_is_refused_outside_development(stack: str) -> None:
    ((what, _),) = refusal(BASES[stack], stack, secrets=settings("plain"))
    assert what == "stratmaster:secrets.backend is plain, which only development may use."


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"backend": "valt"}, ("secrets.backend is valt", "vault")),
        ({"backend": "aws"}, ("secrets.aws", "is missing", "accountId")),
        ({"backend": "vault"}, ("secrets.vault", "is missing", "server: https://")),
        ({"backend": "aws", "aws": {"region": "us-east-1"}}, ("secrets.aws.accountId is missing",)),
        ({"backend": "aws", "aws": {**AWS, "accountId": 12345678901}}, ("secrets.aws.accountId", "in quotes")),
        ({"backend": "aws", "aws": {**AWS, "region": "Virginia"}}, ("secrets.aws.region is Virginia", "us-east-1")),
        ({"backend": "aws", "aws": {**AWS, "accessKey": "x"}}, ("secrets.aws.accessKey is not a setting", "accountId")),
        ({"backend": "vault", "vault": {"server": "http://vault:8200"}}, ("vault.server is http", "without TLS")),
        ({"backend": "vault", "vault": {"server": f"{VAULT}/v1"}}, ("vault.server", "https://host:port")),
        ({"backend": "vault", "vault": {"server": VAULT, "mount": "/kv"}}, ("vault.mount is /kv", "KV engine")),
        ({"backend": "vault", "vault": {"server": VAULT, "authMount": "a b"}}, ("vault.authMount is a b",)),
        ({"backend": "vault", "vault": {"server": VAULT, "role": "A B"}}, ("vault.role is A B", "stratmaster-<stack>")),
        ({"backend": "vault", "vault": {"server": VAULT, "audience": ""}}, ("vault.audience is empty",)),
        ({"backend": "vault", "vault": {"server": VAULT, "namespace": ""}}, ("vault.namespace is empty",)),
        ({"backend": "vault", "vault": {"server": VAULT, "ca": "nonsense"}}, ("vault.ca: holds no certificate",)),
        ({"backend": "vault", "vault": {"server": VAULT, "token": "x"}}, ("vault.token is not a setting",)),
        ({**settings("aws"), "refresh": {"policy": "Hourly"}}, ("secrets.refresh.policy is Hourly", "Periodic")),
        (
            {**settings("aws"), "refresh": {"policy": "Periodic", "interval": "0s"}},
            ("secrets.refresh.interval is 0s", "1h"),
        ),
        ({**settings("aws"), "refresh": {"interval": "1h"}}, ("refresh.interval is set", "CreatedOnce", "Periodic")),
        ({**settings("aws"), "rotation": ""}, ("secrets.rotation is empty",)),
        ({**settings("aws"), "vault": {"server": VAULT}}, ("secrets.vault is set", "backend aws nothing reads it")),
        ({**settings("vault"), "aws": AWS}, ("secrets.aws is set", "backend vault nothing reads it")),
        ({**settings("vault"), "folder": "elsewhere"}, ("secrets.folder is set", "backend vault")),
        ({**settings("sealed"), "aws": AWS}, ("secrets.aws is set", "backend sealed nothing reads it")),
        ({**settings("sealed"), "rotation": "2"}, ("secrets.rotation is set", "secrets/<stack>.sealed.yaml")),
        ({**settings("sealed"), "refresh": {"policy": "OnChange"}}, ("secrets.refresh is set", "backend sealed")),
    ],
)
def test_a_mistake_is_named_with_its_mend(value: object, words: tuple[str, ...]) -> None:
    told = said(value)
    for word in words:
        assert word in told, told


@pytest.mark.parametrize("backend", ["sealed", "aws", "vault"])
def test_values_in_the_stack_file_are_refused_where_nothing_reads_them(backend: str) -> None:
    secret = frozenset({"stratmaster:secretValues"})
    values = {"external-api-keys": {"openai-api-key": "canary"}}
    ((what, _),) = refusal(DEV, "dev", secret=secret, secrets=settings(backend), secretValues=values)
    assert what.startswith(f"stratmaster:secretValues is set, but with stratmaster:secrets.backend {backend} nothing")


@pytest.mark.parametrize(("key", "value"), [("accountId", "210987654321"), ("region", "us-west-2")])
def test_entries_are_read_where_the_foundation_makes_them(key: str, value: str) -> None:
    ((what, mend),) = refusal(
        FOUNDATION, "production", secrets=settings("aws", aws={**AWS, key: value}), aws=WHOLE["production"]["aws"]
    )
    assert what.startswith(f"stratmaster:secrets.aws.{key} is {value}, but stratmaster:aws.{key}, where")
    assert mend == "Give both the same."


def certificate() -> tuple[str, str]:
    """A certificate and its key, both in PEM form."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "vault")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption())
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def test_vaults_ca_is_accepted_and_a_private_key_beside_it_is_refused_without_being_shown() -> None:
    ca, key = certificate()
    assert read(SLOT, "blue", secrets=settings("vault", vault={"server": VAULT, "ca": ca}))
    told = said(settings("vault", vault={"server": VAULT, "ca": ca + key}))
    assert "stratmaster:secrets.vault.ca: holds a private key" in told
    assert key.splitlines()[1] not in told
