"""`runbook seal`: what it takes, and what it refuses."""

from __future__ import annotations

import base64
import contextlib
import json
from pathlib import Path
from typing import Final

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from components.secret_catalogue import catalogue
from runbook.errors import RunbookError
from runbook.sealing.reading import read
from tests.runbook.certificates import DAY, NOW, pair, rsa_key
from tests.runbook.conftest import POSTGRES, ROOT, Project, opened

URL: Final = "postgresql://me:p%40ss%2Fw%24rd@db:5432/strat%20master?sslmode=prefer"


def env(values: dict[str, str]) -> bytes:
    return "".join(f"{key.upper().replace('-', '_')}='{value}'\n" for key, value in values.items()).encode()


@pytest.mark.parametrize(
    "document",
    [
        env(POSTGRES),
        b"# a comment\n\n" + env(POSTGRES).replace(b"POSTGRES_HOST", b"export POSTGRES_HOST"),
        yaml.safe_dump(POSTGRES).replace("'5432'", "5432").encode(),
        json.dumps({**POSTGRES, "postgres-port": 5432, "postgres-url": URL}, indent="\t").encode(),
        yaml.safe_dump({"postgres-credentials": POSTGRES}).encode(),
        yaml.safe_dump_all(
            [
                {"kind": "Secret", "metadata": {"name": "postgres-credentials"}, "stringData": POSTGRES},
                {"kind": "Secret", "metadata": {"name": "jwt-secrets-sealed"}, "data": {"jwt-secret": "dHdv"}},
            ]
        ).encode(),
        json.dumps(
            {
                "kind": "List",
                "items": [
                    {
                        "kind": "Secret",
                        "metadata": {"name": "postgres-credentials"},
                        "data": {key: base64.b64encode(each.encode()).decode() for key, each in POSTGRES.items()},
                    }
                ],
            }
        ).encode(),
    ],
    ids=["env", "env with exports", "yaml", "json", "by secret", "manifests", "list"],
)
def test_every_form_of_input_is_read_and_the_urls_follow_from_it(project: Project, cert: str, document: bytes) -> None:
    project.seal(cert, stdin=document).well()
    for key, value in POSTGRES.items():
        assert opened(project, "postgres-credentials", key) == value.encode()
    assert opened(project, "postgres-credentials", "postgres-url") == URL.encode()
    replica = b"postgresql://reader:other@replica:5432/strat%20master?sslmode=prefer"
    assert opened(project, "postgres-credentials", "postgres-readonly-url") == replica


def test_a_whole_stack_in_one_document_fills_every_value(project: Project, cert: str) -> None:
    specs = catalogue(foundation=False)
    document = {spec.name: dict.fromkeys(spec.stored, "value") for spec in specs}
    done = project.seal(cert, "--json", stdin=json.dumps(document).encode()).well()
    told = json.loads(done.out)
    assert told["written"] is True
    assert [(each["secret"], each["key"]) for each in told["sealed"]] == [
        (spec.name, key) for spec in specs for key in spec.keys
    ]
    assert "value" not in done.out
    for spec in specs:
        for key in spec.stored:
            assert opened(project, spec.name, key) == b"value"


def test_all_else_of_the_file_stays_byte_for_byte(project: Project, cert: str) -> None:
    before = project.sealed.read_text().splitlines()
    project.seal("jwt-secrets", "session-secret", cert, stdin=b"new").well()
    after = project.sealed.read_text().splitlines()
    assert [line for line, other in zip(before, after, strict=True) if line != other] == [
        line for line in before if line.startswith("    session-secret: ")
    ]
    assert {path.name for path in project.sealed.parent.iterdir()} == {
        path.name for path in (ROOT / "secrets").iterdir()
    }


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "secrets:\n  jwt-secrets: # why\n    jwt-secret: >-\n      AgA=\n",
            "secrets:\n  jwt-secrets: # why\n    jwt-secret: ",
        ),
        (
            "# top\nsecrets:\n    jwt-secrets:\n          session-secret: 'AgA='  # keep",
            "session-secret: 'AgA='  # keep\n          jwt-secret: ",
        ),
        ("secrets:\n  ghcr-secret:\n    .dockerconfigjson: AgA=\nother: 1\n", "AgA=\n  jwt-secrets:\n    jwt-secret: "),
        ("secrets:\n  jwt-secrets:\n", "secrets:\n  jwt-secrets:\n    jwt-secret: "),
        ("secrets:\n", "secrets:\n  jwt-secrets:\n    jwt-secret: "),
        (None, "secrets:\n  jwt-secrets:\n    jwt-secret: "),
    ],
    ids=["block", "beside", "new secret", "empty secret", "empty", "no file"],
)
def test_a_value_finds_its_place_in_whatever_layout(
    project: Project, cert: str, before: str | None, after: str
) -> None:
    project.sealed.unlink()
    if before is not None:
        project.sealed.write_text(before)
    project.seal("jwt-secrets", "jwt-secret", cert, stdin=b"new").well()
    assert after in project.sealed.read_text()
    assert opened(project, "jwt-secrets", "jwt-secret") == b"new"


@pytest.mark.parametrize(
    "text",
    [
        "[",
        "secrets: 1\nsecrets: {}",
        "- a\n",
        "secrets:\n  jwt-secrets: {jwt-secret: x}\n",
        "secrets:\n  jwt-secrets:\n    a: 1\n    a: 2\n",
        "a: \xff",
    ],
)
def test_a_file_that_is_not_ours_is_left_alone(project: Project, cert: str, text: str) -> None:
    project.sealed.write_bytes(text.encode("latin-1"))
    project.seal("jwt-secrets", "jwt-secret", cert, stdin=b"new").refused("secrets/blue.sealed.yaml")
    assert project.sealed.read_bytes() == text.encode("latin-1")


def test_a_dry_run_says_the_same_and_writes_nothing(project: Project, cert: str) -> None:
    before = project.sealed.read_bytes()
    done = project.seal("jwt-secrets", "jwt-secret", cert, "--dry-run", "--json", stdin=b"new").well()
    assert json.loads(done.out)["written"] is False
    assert project.sealed.read_bytes() == before


def test_nothing_is_written_before_all_is_checked(project: Project, cert: str) -> None:
    before = project.sealed.read_bytes()
    project.seal(cert, stdin=env({"jwt-secret": "good"}) + b"JWT_SECRETT=x\n").refused("Line 2", "jwt-secret")
    assert project.sealed.read_bytes() == before


def test_a_wider_scope_is_for_all_of_a_secret_or_none(project: Project, cert: str) -> None:
    wide = ("jwt-secrets", cert, "--scope=namespace-wide")
    project.seal(*wide[:1], "jwt-secret", *wide[1:], stdin=b"x").refused("is sealed strict", "--scope")
    project.seal(*wide, stdin=b"{jwt-secret: a, session-secret: b, encryption-key: c}").well()
    assert yaml.safe_load(project.sealed.read_text())["scopes"] == {"jwt-secrets": "namespace-wide"}
    assert opened(project, "jwt-secrets", "jwt-secret", scope="namespace-wide") == b"a"
    project.seal("jwt-secrets", "jwt-secret", cert, stdin=b"d").well()  # goes on as it is
    assert opened(project, "jwt-secrets", "jwt-secret", scope="namespace-wide") == b"d"
    project.seal(*wide[:2], "--scope=strict", stdin=b"{jwt-secret: a, session-secret: b, encryption-key: c}").well()
    assert "scopes" not in yaml.safe_load(project.sealed.read_text())
    assert opened(project, "jwt-secrets", "jwt-secret") == b"a"


@pytest.mark.parametrize(
    ("arguments", "document", "words"),
    [
        (("postgre-credentials",), b"", ("Did you mean postgres-credentials?",)),
        (("jwt-secrets", "jwt-secet"), b"x", ("Did you mean jwt-secret?",)),
        ((), b"", ("is empty", "KEY=value")),
        ((), b"# only a comment\n", ("is empty",)),
        ((), b"\xff\xfe", ("not UTF-8",)),
        ((), b"just text", ("Line 1", "no mapping")),
        ((), b"- a\n- b\n", ("no mapping",)),
        ((), b"JWT_SECRET=a\nb\n", ("Line 2", "KEY=value")),
        ((), b"JWT_SECRET=a\nJWT_SECRET=b\n", ("Line 2", "again")),
        ((), b"JWT_SECRET=a\njwt-secret=b\n", ("Line 2", "again")),
        ((), b"{jwt-secret: a, jwt-secret: b}", ("again",)),
        ((), b'{"jwt-secret": true}', ("no mapping",)),
        ((), b'{"jwt-secret": ', ("not valid JSON",)),
        ((), b"a: [", ("not valid YAML",)),
        ((), b"kind: Secret\ndata: {jwt-secret: '%'}\nmetadata: {name: jwt-secrets}\n", ("not base64",)),
        ((), b"kind: Secret\nstringData: {jwt-secret: a}\n", ("has no name",)),
        (("jwt-secrets",), b"REDIS_PASSWORD=x", ("no secret here has",)),
        (("jwt-secrets",), b"{redis-credentials: {redis-password: x}}", ("belongs to redis-credentials",)),
        ((), b"POSTGRES_URL=x", ("postgres-url is put together", "Leave it out")),
        ((), env({**POSTGRES, "postgres-url": "postgresql://else"}), ("Line 9", "which say otherwise", "Leave it out")),
        ((), b"POSTGRES_PASSWORD=x", ("postgres-url would need", "postgres-host")),
        (("jwt-secrets", "jwt-secret", "--rotate"), b"", ("--rotate goes without",)),
        (("minio-credentials", "minio-bucket"), b"x" * (1024 * 1024 + 1), ("1048577 bytes", "1048576")),
    ],
)
def test_what_can_not_be_sealed_is_told_by_its_place_and_leaves_the_file(
    project: Project, cert: str, arguments: tuple[str, ...], document: bytes, words: tuple[str, ...]
) -> None:
    before = project.sealed.read_bytes()
    options = () if "--rotate" in arguments else (cert,)
    project.seal(*arguments, *options, stdin=document).refused(*words)
    assert project.sealed.read_bytes() == before


@pytest.mark.parametrize(
    ("stack", "words"), [("bleu", ("no such stack", "Did you mean blue?")), ("traffic", ("traffic has no secrets",))]
)
def test_a_stack_without_secrets_is_refused(project: Project, cert: str, stack: str, words: tuple[str, ...]) -> None:
    project.run("seal", stack, cert, stdin=b"JWT_SECRET=x").refused(*words)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        ("http://example.com/cert.pem", ("without TLS", "https")),
        ("/nonexistent/cert.pem", ("can't be read",)),
        ("http://127.0.0.1:1/cert.pem", ("can't be fetched",)),
    ],
)
def test_a_certificate_from_nowhere_or_from_an_open_way_is_refused(
    project: Project, place: str, words: tuple[str, ...]
) -> None:
    project.seal("jwt-secrets", "jwt-secret", f"--cert={place}", stdin=b"x").refused(*words)


def test_an_expired_certificate_seals_nothing(project: Project, tmp_path: Path) -> None:
    old = pair(begins=NOW - 2 * DAY, ends=NOW - DAY, key=rsa_key())
    before = project.sealed.read_bytes()
    project.seal("jwt-secrets", "jwt-secret", f"--cert={old.written(tmp_path)[0]}", stdin=b"x").refused("has expired")
    assert project.sealed.read_bytes() == before


def test_a_line_break_at_the_end_is_sealed_and_told(project: Project, cert: str) -> None:
    done = project.seal("jwt-secrets", "jwt-secret", cert, stdin=b"value\n").well()
    assert "line break" in done.err
    assert opened(project, "jwt-secrets", "jwt-secret") == b"value\n"


_TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]))
_KEYS = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(_KEYS, _TEXTS, min_size=1))
def test_any_text_comes_through_json_yaml_and_manifests_as_it_was(values: dict[str, str]) -> None:
    wanted = {key: value.encode() for key, value in values.items()}
    coded = {key: base64.b64encode(value).decode() for key, value in wanted.items()}
    manifest = {"kind": "Secret", "metadata": {"name": "it"}, "data": coded}
    for document in (json.dumps(values), yaml.safe_dump(values), yaml.safe_dump(manifest), json.dumps([manifest])):
        if {"kind", "items"} & set(values):
            continue
        assert {each.key: each.value for each in read(document.encode())} == wanted


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_comes_in_is_read_or_refused_in_two_lines(document: bytes) -> None:
    with contextlib.suppress(RunbookError):
        read(document)
