"""How users come in through a Gateway: encrypted, by whole names, plain HTTP only to be sent on."""

from __future__ import annotations

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Value
from tests.policies.judging import Pack, resource
from tests.policies.test_ingress import HOST, of_area, with_key

GATEWAY = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
ROUTE = "kubernetes:gateway.networking.k8s.io/v1:HTTPRoute"
ROUTES_OF = {"namespaces": {"from": "Same"}}
PLAIN: Properties = {"name": "http", "protocol": "HTTP", "port": 80.0, "hostname": HOST, "allowedRoutes": ROUTES_OF}
TLS: Properties = {"mode": "Terminate", "certificateRefs": [{"name": "stratmaster-tls"}]}
SAFE: Properties = {**PLAIN, "name": "https", "protocol": "HTTPS", "port": 443.0, "tls": TLS}
GOOD_GATEWAY: Properties = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "stratmaster", "namespace": "stratmaster-production"},
    "spec": {"gatewayClassName": "contour", "listeners": [PLAIN, SAFE]},
}
TO_HTTPS: Properties = {"filters": [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https"}}]}
ANSWERS: Properties = {"backendRefs": [{"name": "stratmaster-api", "port": 80.0}]}


def route(section: Value, *rules: Properties, **spec: Value) -> Properties:
    parent: Properties = {"name": "stratmaster", "sectionName": section}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "it", "namespace": "stratmaster-production"},
        "spec": {"hostnames": [HOST], "parentRefs": [parent], "rules": list(rules), **spec},
    }


def test_a_gateway_that_redirects_plain_http_passes(production: Pack) -> None:
    stack = (
        resource(GATEWAY, inputs=GOOD_GATEWAY),
        resource(ROUTE, inputs=route("http", TO_HTTPS), name="redirect"),
        resource(ROUTE, inputs=route("https", ANSWERS), name="app"),
    )
    assert of_area(production.stack(*stack)) == set()


LISTENER = ("spec", "listeners", 1)
BROKEN_GATEWAYS: list[tuple[str, tuple[str | int, ...], Value]] = [
    ("gateway-tls", ("spec", "listeners"), []),
    ("gateway-tls", (*LISTENER, "protocol"), "TCP"),
    ("gateway-tls", (*LISTENER, "protocol"), None),
    ("gateway-tls", (*LISTENER, "tls"), None),
    ("gateway-tls", (*LISTENER, "tls", "certificateRefs"), []),
    ("gateway-tls", (*LISTENER, "tls", "mode"), "Passthrough"),
    ("gateway-whole-host", (*LISTENER, "hostname"), None),
    ("gateway-whole-host", (*LISTENER, "hostname"), "*.stratmaster.com"),
    ("gateway-whole-host", ("spec", "gatewayClassName"), ""),
    ("gateway-own-routes", (*LISTENER, "allowedRoutes"), {"namespaces": {"from": "All"}}),
    *(
        (rule, path, UNKNOWN)
        for rule, path in [
            ("gateway-tls", ("spec", "listeners")),
            ("gateway-tls", LISTENER),
            ("gateway-tls", (*LISTENER, "protocol")),
            ("gateway-tls", (*LISTENER, "tls")),
            ("gateway-tls", (*LISTENER, "tls", "mode")),
            ("gateway-tls", (*LISTENER, "tls", "certificateRefs")),
            ("gateway-whole-host", (*LISTENER, "hostname")),
            ("gateway-whole-host", ("spec", "gatewayClassName")),
            ("gateway-own-routes", (*LISTENER, "allowedRoutes")),
            ("gateway-own-routes", (*LISTENER, "allowedRoutes", "namespaces", "from")),
            ("gateway-https-redirect", (*LISTENER, "name")),
            ("gateway-https-redirect", (*LISTENER, "protocol")),
            ("gateway-https-redirect", ("metadata", "name")),
            ("gateway-https-redirect", ("metadata", "namespace")),
        ]
    ),
]


@pytest.mark.parametrize(("rule", "path", "value"), BROKEN_GATEWAYS)
def test_a_gateway_with_one_thing_wrong_or_unknown_is_refused(
    production: Pack, rule: str, path: tuple[str | int, ...], value: Value
) -> None:
    broken = resource(GATEWAY, inputs=with_key(GOOD_GATEWAY, path, value))
    assert rule in of_area(production.stack(broken, resource(ROUTE, inputs=route("https", ANSWERS), name="app")))


@pytest.mark.parametrize(
    ("rule", "inputs"),
    [
        ("gateway-https-redirect", route("http", ANSWERS)),
        ("gateway-https-redirect", route("http", TO_HTTPS, ANSWERS)),
        ("gateway-https-redirect", route("http", {**TO_HTTPS, **ANSWERS})),
        ("gateway-https-redirect", route("http")),
        ("gateway-https-redirect", route("http", {"filters": [{"requestRedirect": {"scheme": "http"}}]})),
        ("gateway-https-redirect", route(None, ANSWERS)),
        ("gateway-https-redirect", route("nosuch", ANSWERS)),
        ("gateway-https-redirect", route(UNKNOWN, ANSWERS)),
        ("gateway-https-redirect", route("https", ANSWERS, parentRefs=UNKNOWN)),
        ("gateway-https-redirect", route("https", ANSWERS, parentRefs=[{"name": "elsewhere"}])),
        ("gateway-https-redirect", route("https", ANSWERS, parentRefs=[{"name": UNKNOWN}])),
        ("gateway-https-redirect", route("http", ANSWERS, rules=UNKNOWN)),
        ("gateway-https-redirect", route("http", {"filters": UNKNOWN})),
        ("gateway-https-redirect", route("http", {**TO_HTTPS, "backendRefs": UNKNOWN})),
        ("gateway-whole-host", route("https", ANSWERS, hostnames=None)),
        ("gateway-whole-host", route("https", ANSWERS, hostnames=[])),
        ("gateway-whole-host", route("https", ANSWERS, hostnames=["*.stratmaster.com"])),
        ("gateway-whole-host", route("https", ANSWERS, hostnames=[HOST, UNKNOWN])),
        ("gateway-whole-host", route("https", ANSWERS, hostnames=UNKNOWN)),
        ("gateway-unique-path", route("https", ANSWERS, ANSWERS)),
        ("gateway-unique-path", route("https", {**ANSWERS, "matches": UNKNOWN})),
        ("gateway-unique-path", route("https", {**ANSWERS, "matches": [{"path": {"value": UNKNOWN}}]})),
        ("gateway-unique-path", route("https", {**ANSWERS, "matches": [{"headers": UNKNOWN}]})),
    ],
)
def test_a_route_with_one_thing_wrong_or_unknown_is_refused(production: Pack, rule: str, inputs: Properties) -> None:
    said = production.stack(resource(GATEWAY, inputs=GOOD_GATEWAY), resource(ROUTE, inputs=inputs, name="app"))
    assert rule in of_area(said)


def test_a_route_of_another_stack_s_gateway_names_its_listener(production: Pack) -> None:
    foreign: Properties = {"name": "shared", "namespace": "infra", "sectionName": "https"}
    assert of_area(production.stack(resource(ROUTE, inputs=route("", ANSWERS, parentRefs=[foreign])))) == set()
    everywhere: Properties = {"name": "shared", "namespace": "infra"}
    said = production.stack(resource(ROUTE, inputs=route("", ANSWERS, parentRefs=[everywhere])))
    assert of_area(said) == {"gateway-https-redirect"}


def test_routes_that_differ_by_path_method_or_header_are_two(production: Pack) -> None:
    matches: list[Value] = [
        {"path": {"value": "/a"}},
        {"path": {"value": "/b"}},
        {"path": {"value": "/b", "type": "Exact"}},
        {"method": "GET"},
        {"headers": [{"name": "x", "value": "y"}]},
    ]
    rules: list[Properties] = [{**ANSWERS, "matches": [match]} for match in matches]
    said = production.stack(resource(GATEWAY, inputs=GOOD_GATEWAY), resource(ROUTE, inputs=route("https", *rules)))
    assert of_area(said) == set()
