"""Credentials: written out, misplaced, or not known to the engine as secret."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policies.pack.rules.secret_literals import problems
from rehearsal.engine.wire import UNKNOWN, Properties, Secret, Value
from tests.policies.judging import Pack, container, every_kind, pod_spec, resource

LITERAL = "secrets-no-literals"
MISPLACED = "secrets-only-in-secrets"
SOURCE = "secrets-from-pulumi-secrets"
CHARTS = "secrets-not-made-by-charts"
CONFIG_MAP = "kubernetes:core/v1:ConfigMap"
SECRET = "kubernetes:core/v1:Secret"
RELEASE = "kubernetes:helm.sh/v3:Release"
META: Properties = {"name": "it", "namespace": "stratmaster-blue"}
# Put together here, so that no scanner of this repository takes them for real ones.
AWS_KEY = "AKIA" + "IOSFODNN7EXAMPLE"
JWT = "eyJ" + "hbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTY3ODkwIn0." + "dozjgNryP4J3jVmNHl0w5N"

CREDENTIALS = [
    ("DB_PASSWORD", "hunter2hunter2"),
    ("dbPassword", "x"),
    ("API_KEY", "0123456789"),
    ("clientSecret", "correct horse"),
    ("GITHUB_TOKEN", "anything-goes"),
    ("AWS_SECRET_ACCESS_KEY", "wJalrXUtnFEMI"),
    ("OPAQUE", AWS_KEY),
    ("OPAQUE", "ghp_" + "a" * 36),
    ("OPAQUE", "sk-" + "proj-" + "a1" * 20),
    ("OPAQUE", JWT),
    ("OPAQUE", "-----BEGIN " + "RSA PRIVATE KEY-----\nMIIE"),
    ("DATABASE_URL", "postgresql://stratmaster:hunter2@postgres:5432/stratmaster"),
    ("REDIS_URL", "redis://:hunter2@redis:6379/0"),
    ("settings.ini", "[database]\npassword = hunter2\n"),
    ("config.yaml", "database:\n  user: x\n  password: 'hunter2'\n"),
]
HARMLESS = [
    ("DB_PASSWORD_FILE", "/run/secrets/password"),
    ("DB_PASSWORD", "$(FROM_ELSEWHERE)"),
    ("DB_PASSWORD", ""),
    ("PASSWORD", "/run/secrets/password"),
    ("TOKEN_URL", "https://auth.stratmaster.com/token"),
    ("MAX_TOKEN", "4096"),
    ("TOKEN", "3600s"),
    ("SECRET_NAME", "postgres-credentials-plain"),
    ("imagePullSecret", "ghcr-secret-plain"),
    ("TOKENIZER", "cl100k_base"),
    ("SSH_KEY_PATH", "/etc/ssh/key"),
    ("LANGFUSE_SERVER_URL", "https://langfuse.stratmaster.com"),
    ("DATABASE_URL", "postgresql://$(USER):$(PASSWORD)@postgres:5432/stratmaster"),
    ("DATABASE_URL", "postgresql://stratmaster@postgres:5432/stratmaster"),
    ("CORS", "https://a.example.com:8443/path@2"),
    ("page.md", "The token: see the handbook\n# password: ${PASSWORD}\n"),
]


@pytest.mark.parametrize(("key", "value"), CREDENTIALS)
def test_a_credential_written_out_is_refused_in_variables_and_config_maps(
    production: Pack, key: str, value: str
) -> None:
    pod = pod_spec(containers=[container(env=[{"name": key, "value": value}])])
    (sentence,) = production.findings(LITERAL, "kubernetes:core/v1:Pod", {"metadata": META, "spec": pod})
    assert sentence.startswith("spec.containers[0].env[0].value ")
    assert value not in sentence
    assert production.findings(LITERAL, CONFIG_MAP, {"metadata": META, "data": {key: value}})


def test_a_credential_is_found_in_every_kind_that_carries_a_pod(production: Pack) -> None:
    pod = pod_spec(initContainers=[container(env=[{"name": "OPAQUE", "value": AWS_KEY}])])
    for type_, inputs in every_kind(pod):
        assert len(production.findings(LITERAL, type_, inputs)) == 1, type_


@pytest.mark.parametrize(("key", "value"), HARMLESS)
def test_what_only_sounds_like_a_credential_passes(production: Pack, key: str, value: str) -> None:
    pod = pod_spec(containers=[container(env=[{"name": key, "value": value}])])
    assert production.findings(LITERAL, "kubernetes:core/v1:Pod", {"metadata": META, "spec": pod}) == []
    assert production.findings(LITERAL, CONFIG_MAP, {"metadata": META, "data": {key: value}}) == []


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("args", ["--password=hunter2"]),
        ("args", ["--token", "abcdefgh"]),
        ("command", ["sh", "-c", "export DB_PASSWORD=hunter2\nrun"]),
        ("command", ["psql", "postgresql://u:hunter2@db/x"]),
        ("livenessProbe", {"exec": {"command": ["redis-cli", "--pass-word", "x", "--password", "hunter2", "ping"]}}),
        ("readinessProbe", {"httpGet": {"port": 1, "httpHeaders": [{"name": "X-Api-Key", "value": "abcd"}]}}),
        ("lifecycle", {"preStop": {"exec": {"command": ["curl", "-H", f"Authorization: Bearer {JWT}"]}}}),
    ],
)
def test_a_credential_in_a_command_or_a_probe_is_refused(production: Pack, place: str, value: Value) -> None:
    pod = pod_spec(containers=[container(**{place: value})])
    assert len(production.findings(LITERAL, "kubernetes:core/v1:Pod", {"metadata": META, "spec": pod})) == 1


def test_a_credential_in_an_annotation_or_a_custom_resource_is_refused(production: Pack) -> None:
    annotated: Properties = {"metadata": {**META, "annotations": {"example.com/api-key": "abcd"}}}
    assert production.findings(LITERAL, "kubernetes:core/v1:Service", annotated)
    template: Properties = {"metadata": {"annotations": {"token": "abcd"}}, "spec": pod_spec()}
    deployment: Properties = {"metadata": META, "spec": {"template": template}}
    assert production.findings(LITERAL, "kubernetes:apps/v1:Deployment", deployment)
    alerts: Properties = {"metadata": META, "spec": {"receivers": [{"url": "https://bot:hunter2@chat.example.com"}]}}
    assert production.findings(LITERAL, "kubernetes:monitoring.coreos.com/v1:AlertmanagerConfig", alerts)


@pytest.mark.parametrize(
    "broken",
    [
        {"env": UNKNOWN},
        {"env": [{"name": "X", "value": UNKNOWN}]},
        {"env": [{"name": UNKNOWN, "value": "abcd"}]},
        {"env": [UNKNOWN, {"name": "DB_PASSWORD", "value": "hunter2"}]},
        {"args": UNKNOWN},
        {"args": ["--user", UNKNOWN]},
        {"command": [UNKNOWN]},
        {"livenessProbe": UNKNOWN},
        {"readinessProbe": {"httpGet": {"httpHeaders": UNKNOWN}}},
    ],
)
def test_what_is_unknown_where_a_credential_may_stand_is_refused(production: Pack, broken: Properties) -> None:
    pod = pod_spec(containers=[container(**broken), container(name="b", env=[{"name": "PASSWORD", "value": "x"}])])
    found = production.findings(LITERAL, "kubernetes:core/v1:Pod", {"metadata": META, "spec": pod})
    assert any("unknown" in sentence for sentence in found)
    assert any(sentence.startswith("spec.containers[1].env[0].value holds") for sentence in found)


@pytest.mark.parametrize("data", [UNKNOWN, {"a": UNKNOWN}])
def test_an_unknown_config_map_or_annotation_is_refused(production: Pack, data: Value) -> None:
    assert production.findings(LITERAL, CONFIG_MAP, {"metadata": META, "data": data})
    assert production.findings(LITERAL, CONFIG_MAP, {"metadata": {**META, "annotations": data}})


@given(
    st.from_regex(r"[A-Z][A-Z0-9]{1,12}(_[A-Z]{2,9})?_(URL|HOST|PORT|PATH|NAME|ENABLED|TIMEOUT|LEVEL)", fullmatch=True),
    st.one_of(
        st.from_regex(r"https://[a-z]{3,12}\.example\.com(:[0-9]{2,4})?(/[a-z0-9-]{1,12}){0,3}", fullmatch=True),
        st.from_regex(r"[a-z0-9]+([.-][a-z0-9]+){0,4}", fullmatch=True),
        st.integers().map(str),
        st.booleans().map(str),
    ),
)
@settings(max_examples=300, deadline=None)
def test_harmless_settings_at_random_pass(key: str, value: str) -> None:
    assert list(problems(key, value)) == []


@given(st.sampled_from(["password", "API_KEY", "clientSecret", "auth-token"]), st.text(min_size=1, max_size=40))
@settings(max_examples=200, deadline=None)
def test_no_finding_ever_quotes_the_value(key: str, value: str) -> None:
    assert all(value not in problem or len(value) <= 4 for problem in problems(key, value))


def test_a_pulumi_secret_outside_a_secret_is_refused(production: Pack) -> None:
    secret = Secret("hunter2")
    pod = pod_spec(containers=[container(env=[{"name": "X", "value": secret}])])
    assert production.findings(MISPLACED, "kubernetes:core/v1:Pod", {"metadata": META, "spec": pod})
    assert production.findings(MISPLACED, CONFIG_MAP, {"metadata": META, "data": {"x": secret}})
    assert production.findings(MISPLACED, SECRET, {"metadata": {**META, "annotations": {"x": secret}}})
    assert production.findings(MISPLACED, SECRET, {"metadata": META, "stringData": {"x": secret}}) == []
    items: Properties = {"items": [{"kind": "ConfigMap", "data": {"x": secret}}, {"kind": "Secret", "data": secret}]}
    assert len(production.findings(MISPLACED, "kubernetes:core/v1:List", {"kind": "List", **items})) == 1


def test_a_secret_of_plain_values_is_refused(production: Pack) -> None:
    plain: Properties = {"metadata": META, "stringData": {"a": "hunter2", "b": Secret("hunter2"), "c": UNKNOWN}}
    found = production.findings(SOURCE, SECRET, plain)
    assert [sentence.split(" ", 1)[0] for sentence in found] == ["stringData.a", "stringData.c"]
    assert production.findings(SOURCE, SECRET, {"metadata": META, "data": UNKNOWN})
    assert production.findings(SOURCE, SECRET, {"metadata": META, "data": Secret({"a": "aGk="})}) == []
    assert production.findings(SOURCE, SECRET, {"metadata": META, "data": Secret(UNKNOWN)}) == []


def test_secrets_of_other_providers_and_of_lists_are_asked_for_too(production: Pack) -> None:
    version = "aws:secretsmanager/secretVersion:SecretVersion"
    assert production.findings(SOURCE, version, {"secretId": "x", "secretString": "hunter2"})
    assert production.findings(SOURCE, version, {"secretId": "x", "secretString": UNKNOWN})
    assert production.findings(SOURCE, version, {"secretId": "x", "secretString": Secret("hunter2")}) == []
    items: Properties = {"kind": "List", "items": [{"kind": "Secret", "apiVersion": "v1", "stringData": {"a": "x"}}]}
    assert production.findings(SOURCE, "kubernetes:core/v1:List", items)


def _chart(folder: Path, template: str) -> str:
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: it\nversion: 1.0.0\n")
    (folder / "templates/all.yaml").write_text(template)
    return str(folder)


def _release(chart: str, **values: Value) -> Properties:
    return {"chart": chart, "name": "it", "namespace": "stratmaster-blue", "values": values}


def test_a_release_s_secret_values_are_asked_for_and_followed_to_where_they_go(
    production: Pack, tmp_path: Path
) -> None:
    into_secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData: {a: '{{ .Values.password }}'}\n"
    into_map = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {a: 'x {{ .Values.password }}'}\n"
    good, bad = _chart(tmp_path / "good", into_secret), _chart(tmp_path / "bad", into_map)
    assert production.findings(MISPLACED, RELEASE, _release(good, password=Secret("hunter2"))) == []
    assert production.findings(SOURCE, RELEASE, _release(good, password=Secret("hunter2"))) == []
    assert production.findings(CHARTS, RELEASE, _release(good, password=Secret("hunter2"))) == []
    assert production.findings(MISPLACED, RELEASE, _release(bad, password=Secret("hunter2")))
    assert production.findings(SOURCE, RELEASE, _release(good, password="hunter2"))
    assert production.findings(LITERAL, RELEASE, _release(good, password="hunter2"))


@pytest.mark.parametrize(
    "entry",
    [
        "stringData: {a: hunter2}",
        f"data: {{a: {base64.b64encode(b'hunter2').decode()}}}",
        "data: {a: '{{ randAlphaNum 20 | b64enc }}'}",
    ],
)
def test_a_secret_that_a_chart_writes_out_or_makes_up_is_refused(production: Pack, tmp_path: Path, entry: str) -> None:
    chart = _chart(tmp_path / "it", f"apiVersion: v1\nkind: Secret\nmetadata: {{name: a}}\n{entry}\n")
    assert production.findings(CHARTS, RELEASE, _release(chart))


def test_a_chart_may_encode_the_secret_it_was_given(production: Pack, tmp_path: Path) -> None:
    template = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: '{{ .Values.key | b64enc }}', b: ''}\n"
    release = _release(_chart(tmp_path / "it", template), key=Secret("hunter2"))
    assert production.findings(CHARTS, RELEASE, release) == []


def test_a_service_account_s_everlasting_token_is_refused(production: Pack) -> None:
    token: Properties = {"metadata": META, "type": "kubernetes.io/service-account-token"}
    assert production.findings("secrets-no-legacy-tokens", SECRET, token)
    assert production.findings("secrets-no-legacy-tokens", SECRET, {"metadata": META, "type": UNKNOWN})
    assert production.findings("secrets-no-legacy-tokens", SECRET, {"metadata": META, "type": "Opaque"}) == []


def test_a_manifest_s_secret_needs_no_pulumi_secret(production: Pack) -> None:
    sent = resource(SECRET, inputs={"metadata": META, "stringData": {"a": Secret("x")}})
    assert [each for each in production.resource(sent) if each.rule in {SOURCE, LITERAL, MISPLACED, CHARTS}] == []
