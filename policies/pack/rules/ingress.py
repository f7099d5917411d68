"""How an Ingress lets users in: by one name, encrypted, and with nothing in it that a controller would run."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from ..model.objects import Object, objects
from ..model.record import Rule, StackRule, per
from ..model.stack import Stack
from ..model.values import Field, Finding, Unreadable, each, must

HOST: Final = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
"""A whole name of DNS, without a wildcard."""

_LEGACY_CLASS: Final = "kubernetes.io/ingress.class"
_REDIRECTS: Final = (
    "nginx.ingress.kubernetes.io/force-ssl-redirect",
    "nginx.ingress.kubernetes.io/ssl-redirect",
    "ingress.kubernetes.io/force-ssl-redirect",
    "haproxy.org/ssl-redirect",
    "haproxy-ingress.github.io/ssl-redirect",
    "alb.ingress.kubernetes.io/ssl-redirect",
)
"""The annotations that make a controller redirect; one at least says so in words, and none says no."""
_RUNS: Final = re.compile(
    r"(?:nginx\.ingress\.kubernetes\.io|nginx\.org|ingress\.kubernetes\.io|haproxy\.org|haproxy-ingress\.github\.io)/"
    r"(?:.*-snippets?|.*-config|server-alias|auth-url|auth-signin|auth-tls-match-cn|mirror-target|mirror-host"
    r"|permanent-redirect|temporal-redirect|rewrite-target|lua-.*|modsecurity-snippet|default-backend)"
)
"""Annotations that a controller puts into its own configuration, or that send users' requests elsewhere.

Each of them was a way to run code in ingress-nginx or to read its tokens (CVE-2021-25742, CVE-2023-5043, CVE-2023-5044,
CVE-2025-1097, CVE-2025-1098, CVE-2025-24514), and ingress-nginx gets no more fixes since March 2026.
"""
_SWITCHES: Final = ("allow-snippet-annotations", "allow-snippets", "enable-snippets")


def _ingresses(own: Object) -> Iterator[Field]:
    yield from own.spec.child("rules").elements()


def _encrypted(own: Object) -> Iterator[Finding]:
    covered: set[str] = set()
    for entry in own.spec.child("tls").elements():
        hosts = [host.text() for host in entry.child("hosts").elements()]
        if entry.child("secretName").text():
            covered |= {host for host in hosts if host}
        else:
            yield entry.child("secretName").finding("is missing, so that the controller shows its own certificate")
    yield from each(
        _ingresses(own), lambda rule: must(rule.child("host"), covered.__contains__, "is in no entry of tls")
    )
    if own.spec.child("defaultBackend").is_set:
        yield own.spec.child("defaultBackend").finding("answers for every name, encrypted or not")
    if not own.patch and not own.spec.child("rules").elements():
        yield own.spec.child("rules").finding("is missing")


def _redirects(own: Object) -> Iterator[Finding]:
    annotations = own.metadata.child("annotations")
    said = [annotations.child(key) for key in _REDIRECTS if annotations.child(key).is_set]
    yield from each(said, lambda field: must(field, lambda value: value == "true", "doesn't redirect to HTTPS"))
    if not said and not own.patch:
        yield annotations.finding("has no annotation that redirects HTTP to HTTPS")


def _named(own: Object) -> Iterator[Finding]:
    yield from each(_ingresses(own), lambda rule: must(rule.child("host"), whole_name, "is no whole name of DNS"))
    for entry in own.spec.child("tls").elements():
        hosts = entry.child("hosts")
        yield from each(hosts.elements(), lambda host: must(host, whole_name, "is no whole name of DNS"))


def whole_name(value: object) -> bool:
    """Whether a value is a name of DNS with nothing left open."""
    return isinstance(value, str) and HOST.fullmatch(value) is not None


def _classed(own: Object) -> Iterator[Finding]:
    legacy = own.metadata.child("annotations").child(_LEGACY_CLASS)
    if legacy.is_set:
        yield legacy.finding("is the old way to name the class, which controllers read differently")
    if not own.patch:
        yield from must(own.spec.child("ingressClassName"), bool, "is missing, so that any controller may serve it")


def _runs_nothing(own: Object) -> Iterator[Finding]:
    if own.kind == "ConfigMap":
        for switch in _SWITCHES:
            value = own.root.child("data").child(switch)
            yield from must(value, lambda value: value in (None, "false"), "lets annotations write configuration")
        return
    for key, annotation in own.metadata.child("annotations").entries().items():
        if _RUNS.fullmatch(key):
            yield annotation.finding("is put into the controller's own configuration, or sends requests elsewhere")


def _unique(stack: Stack) -> Iterator[Finding]:
    taken: dict[tuple[str, str], list[Field]] = defaultdict(list)
    for own in stack.objects("Ingress"):
        try:
            for route, path in _routes(own):
                taken[route].append(path)
        except Unreadable as unreadable:
            yield unreadable.finding
    for paths in taken.values():
        yield from (path.finding("is taken by another rule with the same host") for path in paths[1:])


def _routes(own: Object) -> Iterator[tuple[tuple[str, str], Field]]:
    for rule in own.spec.child("rules").elements():
        host = rule.child("host").text() or ""
        for path in rule.at("http", "paths").elements():
            place = path.child("path")
            yield (host, f"{path.child('pathType').text()} {place.text() or '/'}"), place


ENCRYPTED: Final = Rule(
    id="ingress-tls",
    title="Every host of an Ingress has a certificate of its own",
    severity="high",
    frameworks=("C-0263", "Polaris:tlsSettingsMissing", "gatekeeper:httpsonly", "Kyverno:require-ingress-https"),
    why="Passwords and tokens would cross the network as plain text, or behind a certificate that nobody trusts.",
    mend="Name the host in spec.tls with the Secret of its certificate.",
    check=per(objects("Ingress"), _encrypted),
)
REDIRECTS: Final = Rule(
    id="ingress-https-redirect",
    title="Every Ingress redirects HTTP to HTTPS in words",
    severity="high",
    frameworks=("gatekeeper:httpsonly", "CIS-5"),
    why="A client that begins with HTTP would stay there; controllers differ in what they do when nothing is said.",
    mend='Annotate it: nginx.ingress.kubernetes.io/force-ssl-redirect: "true", or the like of your controller.',
    check=per(objects("Ingress"), _redirects),
)
NAMED: Final = Rule(
    id="ingress-whole-host",
    title="Every rule of an Ingress names a whole host",
    severity="high",
    frameworks=("Kyverno:disallow-empty-ingress-host", "gatekeeper:disallowed-wildcard-ingress"),
    why="A rule for any name, or for a wildcard, takes the requests of other teams' names.",
    mend="Write one rule for each name.",
    check=per(objects("Ingress"), _named),
)
CLASSED: Final = Rule(
    id="ingress-class",
    title="Every Ingress names its class",
    severity="medium",
    why="Without a class the cluster's default decides, or every controller answers, the public one among them.",
    mend="Set spec.ingressClassName.",
    check=per(objects("Ingress"), _classed),
)
RUNS_NOTHING: Final = Rule(
    id="ingress-no-snippets",
    title="No annotation of an Ingress is run or sends requests elsewhere, and no controller allows it",
    severity="critical",
    frameworks=("C-0059", "C-0292", "CKV_K8S_152", "CKV_K8S_153", "CKV_K8S_154", "KCV-0093"),
    why="Such annotations run code in the controller, which holds the certificates' keys of the whole cluster.",
    mend="Route with paths; headers, limits and time-outs have annotations of their own.",
    check=per(objects("Ingress", "ConfigMap", "Service"), _runs_nothing),
)
UNIQUE: Final = StackRule(
    id="ingress-unique-path",
    title="No two rules take the same host and path",
    severity="high",
    frameworks=("gatekeeper:uniqueingresshost", "Kyverno:unique-ingress-host-and-path"),
    why="Which of the two answers is the controller's to choose, and changes when one of them is written anew.",
    mend="Keep one of them.",
    check=_unique,
)

RULES: Final = (ENCRYPTED, REDIRECTS, NAMED, CLASSED, RUNS_NOTHING, UNIQUE)
