"""The catalogue holds what facts.md 4.1 lists, and puts URLs together so that no password can move the host."""

from urllib.parse import unquote, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from components.secret_catalogue import BY_NAME, CATALOGUE, catalogue
from components.secret_sources import Derived, Same

FACTS = {
    "postgres-credentials": "host port database username password replica-host replica-username replica-password url "
    "readonly-url",
    "redis-credentials": "host port password url",
    "qdrant-credentials": "url api-key collection",
    "opensearch-credentials": "host port username password url",
    "minio-credentials": "endpoint access-key secret-key bucket region",
    "keycloak-credentials": "server-url realm client-id client-secret admin-username admin-password",
    "firebase-credentials": "project-id private-key-id private-key client-email client-id",
    "mlflow-credentials": "tracking-uri registry-uri username password",
    "temporal-credentials": "frontend-address namespace client-cert client-key",
}


def test_it_holds_the_eleven_secrets_and_the_pull_secret() -> None:
    slot = [spec.name for spec in catalogue(foundation=False)]
    assert set(slot) == {*FACTS, "jwt-secrets", "external-api-keys", "ghcr-secret"}
    assert len(slot) == 12


def test_the_foundation_has_two_more_of_its_own() -> None:
    assert [spec.name for spec in catalogue(foundation=True)][12:] == ["postgres-owner", "alerting-credentials"]
    assert len(BY_NAME) == len(CATALOGUE) == 14


def test_what_is_the_same_as_another_secrets_value_names_one_that_is_stored_before_it() -> None:
    stored = set[tuple[str, str]]()
    for spec in CATALOGUE:
        shared = [source for source in spec.keys.values() if isinstance(source, Same)]
        assert {(source.of, source.key) for source in shared} <= stored
        stored |= {(spec.name, key) for key in spec.stored}


def test_every_key_of_the_facts_is_there_and_no_other() -> None:
    for name, keys in FACTS.items():
        prefix = name.removesuffix("-credentials")
        assert list(BY_NAME[name].keys) == [f"{prefix}-{key}" for key in keys.split()]
    assert list(BY_NAME["jwt-secrets"].keys) == ["jwt-secret", "session-secret", "encryption-key"]
    assert set(BY_NAME["external-api-keys"].keys) == {
        *(f"{vendor}-api-key" for vendor in ("openai", "anthropic", "cohere", "huggingface", "sendgrid")),
        *("langfuse-public-key", "langfuse-secret-key", "slack-webhook-url"),
    }


def test_the_pull_secret_has_the_type_that_the_kubelet_reads() -> None:
    assert BY_NAME["ghcr-secret"].type == "kubernetes.io/dockerconfigjson"


def built(secret: str, key: str, **values: str) -> str:
    source = BY_NAME[secret].keys[key]
    assert isinstance(source, Derived)
    prefix = secret.removesuffix("-credentials")
    return source.build({f"{prefix}-{name.replace('_', '-')}": value for name, value in values.items()})


@given(st.text(min_size=1), st.text(min_size=1))
def test_any_user_and_password_survive_the_database_url_and_leave_the_host_alone(user: str, password: str) -> None:
    url = built(
        "postgres-credentials",
        "postgres-url",
        host="db",
        port="5432",
        database="stratmaster",
        username=user,
        password=password,
    )
    parts = urlsplit(url)
    assert (parts.scheme, parts.hostname, parts.port, parts.path) == ("postgresql", "db", 5432, "/stratmaster")
    assert unquote(parts.username or "") == user
    assert unquote(parts.password or "") == password


def test_the_readonly_url_leads_to_the_replica() -> None:
    url = built(
        "postgres-credentials",
        "postgres-readonly-url",
        host="db",
        port="5432",
        database="stratmaster",
        replica_host="replica",
        replica_username="reader",
        replica_password="p",
    )
    assert url == "postgresql://reader:p@replica:5432/stratmaster?sslmode=prefer"


def test_the_cache_url_has_a_password_and_no_user() -> None:
    assert built("redis-credentials", "redis-url", host="redis", port="6379", password="a/b@c") == (
        "redis://:a%2Fb%40c@redis:6379/0"
    )
