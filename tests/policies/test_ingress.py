"""How users come in: encrypted, by whole names, through nothing that runs what an annotation says."""

from __future__ import annotations

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.judging import Pack, Said, replaced, resource

INGRESS = "kubernetes:networking.k8s.io/v1:Ingress"
HOST = "api.stratmaster.com"
REDIRECT = "nginx.ingress.kubernetes.io/force-ssl-redirect"
GOOD: Properties = {
    "apiVersion": "networking.k8s.io/v1",
    "kind": "Ingress",
    "metadata": {"name": "it", "namespace": "stratmaster-production", "annotations": {REDIRECT: "true"}},
    "spec": {
        "ingressClassName": "nginx",
        "tls": [{"hosts": [HOST], "secretName": "stratmaster-tls"}],
        "rules": [{"host": HOST, "http": {"paths": [{"path": "/", "pathType": "Prefix"}]}}],
    },
}


def of_area(said: list[Said]) -> set[str]:
    return {each.rule for each in said if each.rule.startswith(("ingress-", "gateway-"))}


def test_an_ingress_with_tls_a_redirect_and_whole_names_passes(production: Pack) -> None:
    assert of_area(production.stack(resource(INGRESS, inputs=GOOD))) == set()


ANNOTATIONS = ("metadata", "annotations")
RULE = ("spec", "rules", 0)
BROKEN: list[tuple[str, tuple[str | int, ...], Value]] = [
    ("ingress-tls", ("spec", "tls"), None),
    ("ingress-tls", ("spec", "tls", 0, "hosts"), ["other.stratmaster.com"]),
    ("ingress-tls", ("spec", "tls", 0, "hosts"), []),
    ("ingress-tls", ("spec", "tls", 0, "secretName"), None),
    ("ingress-tls", ("spec", "defaultBackend"), {"service": {"name": "x"}}),
    ("ingress-tls", ("spec", "rules"), []),
    ("ingress-https-redirect", ANNOTATIONS, {}),
    ("ingress-https-redirect", ANNOTATIONS, {REDIRECT: "false"}),
    ("ingress-https-redirect", ANNOTATIONS, {REDIRECT: "true", "nginx.ingress.kubernetes.io/ssl-redirect": "false"}),
    ("ingress-whole-host", (*RULE, "host"), None),
    ("ingress-whole-host", (*RULE, "host"), ""),
    ("ingress-whole-host", (*RULE, "host"), "*.stratmaster.com"),
    ("ingress-whole-host", ("spec", "tls", 0, "hosts"), [HOST, "*.stratmaster.com"]),
    ("ingress-class", ("spec", "ingressClassName"), None),
    ("ingress-class", ANNOTATIONS, {REDIRECT: "true", "kubernetes.io/ingress.class": "nginx"}),
]
RUN = [
    "nginx.ingress.kubernetes.io/configuration-snippet",
    "nginx.ingress.kubernetes.io/server-snippet",
    "nginx.ingress.kubernetes.io/auth-snippet",
    "nginx.ingress.kubernetes.io/server-alias",
    "nginx.ingress.kubernetes.io/auth-url",
    "nginx.ingress.kubernetes.io/auth-tls-match-cn",
    "nginx.ingress.kubernetes.io/mirror-target",
    "nginx.ingress.kubernetes.io/mirror-host",
    "nginx.org/location-snippets",
    "haproxy.org/backend-config-snippet",
]
UNKNOWNS: list[tuple[str, tuple[str | int, ...]]] = [
    ("ingress-tls", ("spec",)),
    ("ingress-tls", ("spec", "tls")),
    ("ingress-tls", ("spec", "tls", 0)),
    ("ingress-tls", ("spec", "tls", 0, "hosts")),
    ("ingress-tls", ("spec", "tls", 0, "hosts", 0)),
    ("ingress-tls", ("spec", "tls", 0, "secretName")),
    ("ingress-tls", (*RULE, "host")),
    ("ingress-tls", ("spec", "defaultBackend")),
    ("ingress-whole-host", ("spec", "rules")),
    ("ingress-whole-host", RULE),
    ("ingress-whole-host", (*RULE, "host")),
    ("ingress-whole-host", ("spec", "tls", 0, "hosts", 0)),
    ("ingress-https-redirect", ("metadata",)),
    ("ingress-https-redirect", ANNOTATIONS),
    ("ingress-https-redirect", (*ANNOTATIONS, REDIRECT)),
    ("ingress-class", ("spec", "ingressClassName")),
    ("ingress-class", ANNOTATIONS),
    ("ingress-no-snippets", ANNOTATIONS),
    ("ingress-unique-path", (*RULE, "host")),
    ("ingress-unique-path", (*RULE, "http")),
    ("ingress-unique-path", (*RULE, "http", "paths", 0, "path")),
    ("ingress-unique-path", (*RULE, "http", "paths", 0, "pathType")),
]


@pytest.mark.parametrize(("rule", "path", "value"), [*BROKEN, *((rule, path, UNKNOWN) for rule, path in UNKNOWNS)])
def test_an_ingress_with_one_thing_wrong_or_unknown_is_refused(
    production: Pack, rule: str, path: tuple[str | int, ...], value: Value
) -> None:
    inputs = with_key(GOOD, path, value)
    assert rule in of_area(production.stack(resource(INGRESS, inputs=inputs)))
    listed: Properties = {"kind": "IngressList", "items": [inputs]}
    assert rule in of_area(production.stack(resource(f"{INGRESS}List", inputs=listed)))


def with_key(value: Properties, path: tuple[str | int, ...], new: Value) -> Properties:
    """`value` with `new` at `path`, the last key made where it isn't there."""
    holder: Value = value
    for key in path[:-1]:
        holder = holder[key]  # pyright: ignore[reportIndexIssue, reportArgumentType, reportOptionalSubscript, reportCallIssue, reportUnknownVariableType] the path is the test's own
    last = path[-1]
    if isinstance(last, str) and isinstance(holder, dict) and last not in holder:
        changed = replaced(value, path[:-1], {**holder, last: new})
    else:
        changed = replaced(value, path, new)
    assert isinstance(changed, dict)
    return changed


@pytest.mark.parametrize("annotation", RUN)
def test_an_annotation_that_a_controller_runs_is_refused(production: Pack, annotation: str) -> None:
    inputs = with_key(GOOD, (*ANNOTATIONS, annotation), "x")
    assert production.findings("ingress-no-snippets", INGRESS, inputs)


@pytest.mark.parametrize("value", ["true", UNKNOWN])
def test_a_controller_may_not_allow_snippets(production: Pack, value: Value) -> None:
    config: Properties = {"metadata": {"name": "it"}, "data": {"allow-snippet-annotations": value}}
    assert production.findings("ingress-no-snippets", "kubernetes:core/v1:ConfigMap", config)


def test_a_patch_of_an_ingress_is_asked_only_for_what_it_changes(production: Pack) -> None:
    patch: Properties = {"metadata": {"name": "it", "namespace": "x"}, "spec": {"rules": [{"host": "*"}]}}
    said = of_area(production.stack(resource(f"{INGRESS}Patch", inputs=patch)))
    assert said == {"ingress-tls", "ingress-whole-host"}
    nothing: Properties = {"metadata": {"name": "it", "namespace": "x"}}
    assert of_area(production.stack(resource(f"{INGRESS}Patch", inputs=nothing))) == set()


def test_the_same_host_and_path_twice_is_refused_across_ingresses(production: Pack) -> None:
    first, second = (resource(INGRESS, inputs=GOOD, name=name) for name in ("a", "b"))
    said = [each for each in production.stack(first, second) if each.rule == "ingress-unique-path"]
    assert [each.name for each in said] == ["b"]
