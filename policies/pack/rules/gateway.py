"""How a Gateway lets users in: each listener by one name, plain HTTP only to be sent on to HTTPS."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Final, TypeAlias

from ..model.objects import Object, objects
from ..model.record import Rule, StackRule, per
from ..model.stack import Stack, declared
from ..model.values import Field, Finding, Unreadable, each, must
from .ingress import whole_name

_ROUTES: Final = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
_LISTENING: Final = ("Gateway", "ListenerSet")
_Gateway: TypeAlias = tuple[str, str, str]  # kind, namespace, name
_PLAIN: Final = "HTTP"
_ENCRYPTED: Final = frozenset({"HTTPS", "TLS"})


def _listeners(own: Object) -> Iterator[Finding]:
    listeners = own.spec.child("listeners")
    if not own.patch:
        yield from must(listeners, bool, "is missing")
    yield from each(listeners.elements(), _encrypted)


def _encrypted(listener: Field) -> Iterator[Finding]:
    protocol = listener.child("protocol").text()
    if protocol == _PLAIN:
        return  # what may join it is judged by the routes
    if protocol not in _ENCRYPTED:
        yield listener.child("protocol").finding("isn't HTTPS, TLS, or HTTP to redirect from")
        return
    tls = listener.child("tls")
    mode = tls.child("mode").text() or "Terminate"
    if mode == "Terminate" and not tls.child("certificateRefs").elements():
        yield tls.child("certificateRefs").finding("is missing, so that there is no certificate to show")
    if mode not in {"Terminate", "Passthrough"} or (mode == "Passthrough" and protocol == "HTTPS"):
        yield tls.child("mode").finding("isn't one that this listener can have")
    validation = tls.at("options", "gateway.networking.k8s.io/insecure-skip-verify")
    yield from must(validation, lambda value: value is None, "isn't for production")


def _named(own: Object) -> Iterator[Finding]:
    if own.kind != "Gateway":
        hosts = own.spec.child("hostnames")
        if not own.patch:
            yield from must(hosts, bool, "is missing, so that it answers for every name")
        yield from each(hosts.elements(), _whole)
        return
    yield from each(own.spec.child("listeners").elements(), lambda listener: _whole(listener.child("hostname")))
    if not own.patch:
        yield from must(own.spec.child("gatewayClassName"), bool, "is missing")


def _whole(host: Field) -> Iterator[Finding]:
    yield from must(host, whole_name, "is no whole name of DNS")


def _joined(own: Object) -> Iterator[Finding]:
    """Routes of other namespaces could take the host's paths, those of a compromised one too."""
    for listener in own.spec.child("listeners").elements():
        place = listener.at("allowedRoutes", "namespaces", "from")
        yield from must(place, lambda value: value in (None, "Same", "Selector", "None"), "lets every namespace in")


def _only_redirects(stack: Stack) -> Iterator[Finding]:
    protocols: dict[_Gateway, dict[str, str]] = {}
    yield from per(declared(*_LISTENING), partial(_note_protocols, protocols))(stack)
    yield from per(declared(*_ROUTES), partial(_sent_on, protocols))(stack)


def _note_protocols(found: dict[_Gateway, dict[str, str]], own: Object) -> Iterator[Finding]:
    own_protocols = found.setdefault((own.kind, own.namespace.text() or "", own.name.text() or ""), {})
    for listener in own.spec.child("listeners").elements():
        own_protocols[listener.child("name").text() or ""] = listener.child("protocol").text() or _PLAIN
    yield from ()


def _sent_on(gateways: dict[_Gateway, dict[str, str]], route: Object) -> Iterator[Finding]:
    for parent in route.spec.child("parentRefs").elements():
        kind = parent.child("kind").text() or "Gateway"
        if kind not in _LISTENING:
            continue
        namespace = parent.child("namespace").text() or route.namespace.text() or ""
        protocols = gateways.get((kind, namespace, parent.child("name").text() or ""))
        section = parent.child("sectionName").text()
        if protocols is None and section is not None:
            continue  # another stack's Gateway is judged there, and its listener is named
        joined = {section: (protocols or {}).get(section, _PLAIN)} if section else (protocols or {"": _PLAIN})
        if not _ENCRYPTED.issuperset(joined.values()) and not _redirects_only(route):
            yield parent.finding("joins a listener of plain HTTP, and does more there than redirect")


def _redirects_only(route: Object) -> bool:
    rules = route.spec.child("rules").elements()
    return route.kind == "HTTPRoute" and bool(rules) and all(_redirects(rule) for rule in rules)


def _redirects(rule: Field) -> bool:
    if rule.child("backendRefs").is_set:
        return False
    return any(entry.at("requestRedirect", "scheme").text() == "https" for entry in rule.child("filters").elements())


def _unique(stack: Stack) -> Iterator[Finding]:
    taken: dict[tuple[str, ...], list[Field]] = defaultdict(list)
    for own in stack.objects("HTTPRoute"):
        try:
            for route, place in _matches(own):
                taken[route].append(place)
        except Unreadable as unreadable:
            yield unreadable.finding
    for places in taken.values():
        yield from (place.finding("is taken by another rule with the same host and listener") for place in places[1:])


def _matches(own: Object) -> Iterator[tuple[tuple[str, ...], Field]]:
    parents = [
        f"{parent.child('namespace').text()}/{parent.child('name').text()}/{parent.child('sectionName').text()}"
        for parent in own.spec.child("parentRefs").elements()
    ]
    hosts = [host.text() or "" for host in own.spec.child("hostnames").elements()]
    for rule in own.spec.child("rules").elements():
        for match in rule.child("matches").elements() or [rule]:
            path = match.child("path")
            kind, value = path.child("type").text() or "PathPrefix", path.child("value").text() or "/"
            further = (
                f"{match.child('method').known()} {match.child('headers').known()} {match.child('queryParams').known()}"
            )
            yield from (((parent, host, kind, value, further), path) for parent in parents for host in hosts)


ENCRYPTED: Final = Rule(
    id="gateway-tls",
    title="Every listener of a Gateway has a certificate, or is plain HTTP to redirect from",
    severity="high",
    frameworks=("C-0263", "NSA"),
    why="Passwords and tokens would cross the network as plain text.",
    mend="Set protocol: HTTPS and tls.certificateRefs.",
    check=per(objects("Gateway", "ListenerSet"), _listeners),
)
NAMED: Final = Rule(
    id="gateway-whole-host",
    title="Every listener and every route names a whole host, every Gateway its class",
    severity="high",
    frameworks=("Kyverno:disallow-empty-ingress-host",),
    why="A listener or a route for any name, or for a wildcard, takes the requests of other teams' names.",
    mend="Set hostname on each listener and hostnames on each route; one name each.",
    check=per(objects("Gateway", "HTTPRoute", "GRPCRoute", "TLSRoute"), _named),
)
JOINED: Final = Rule(
    id="gateway-own-routes",
    title="No listener lets routes of every namespace join",
    severity="high",
    why="Whoever may write a route anywhere in the cluster could take the paths of the public name.",
    mend="Set allowedRoutes.namespaces.from to Same, or to Selector.",
    check=per(objects("Gateway", "ListenerSet"), _joined),
)
ONLY_REDIRECTS: Final = StackRule(
    id="gateway-https-redirect",
    title="Routes on plain HTTP do nothing but redirect to HTTPS",
    severity="high",
    frameworks=("gatekeeper:httpsonly",),
    why="A route that answers on the plain listener serves the application unencrypted beside the encrypted one.",
    mend="Set sectionName to the HTTPS listener; on the plain one leave a RequestRedirect with scheme https.",
    check=_only_redirects,
)
UNIQUE: Final = StackRule(
    id="gateway-unique-path",
    title="No two routes of a listener take the same host and path",
    severity="high",
    why="The older of the two wins, whichever was meant; the newer one is dead without a word.",
    mend="Keep one of them.",
    check=_unique,
)

RULES: Final = (ENCRYPTED, NAMED, JOINED, ONLY_REDIRECTS, UNIQUE)
