"""How users come in, what charts may be installed, how long backups are kept: one thing broken for each rule."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Value
from tests.policies.judging import resource
from tests.policies.mutation import RELEASE, Change, Mutant, both, edit, edit_release, options
from tests.policies.test_ingress import GOOD, INGRESS, REDIRECT, with_key

_GATEWAY: Final = "kubernetes:gateway.networking.k8s.io/v1:Gateway"
_BACKEND: Final[Properties] = {"service": {"name": "stratmaster-maintenance", "port": {"number": 80.0}}}
_WHOLE: Final = with_key(GOOD, ("spec", "rules", 0, "http", "paths", 0, "backend"), _BACKEND)


def _declare(*more: Resource) -> Change:
    """Declare more Kubernetes objects, with the stack's own provider."""

    def change(before: tuple[Resource, ...]) -> tuple[Resource, ...]:
        provider = next(each.provider for each in before if each.type.startswith("kubernetes:"))
        return (*before, *(replace(each, provider=provider) for each in more))

    return change


def _ingress(*path: str | int, value: Value) -> Change:
    # traffic declares an Ingress of its own only where there is no gateway.
    return _declare(resource(INGRESS, inputs=with_key(_WHOLE, path, value), stack="traffic"))


def _object_store(policy: str) -> Change:
    inputs: Properties = {
        "metadata": {"name": "it", "namespace": "stratmaster-production"},
        "spec": {"retentionPolicy": policy},
    }
    store = resource("kubernetes:barmancloud.cnpg.io/v1:ObjectStore", inputs=inputs, stack="production", protect=True)
    # With data in it, the namespace is protected too.
    return both(options("Namespace", "stratmaster-production", protect=True), _declare(store))


_ANNOTATIONS: Final = ("metadata", "annotations")
_REMOTE: Final = "oci://ghcr.io/iamjonobo/charts/stratmaster-api"

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(rule="ingress-tls", stack="traffic", change=_ingress("spec", "tls", 0, "hosts", value=[])),
    Mutant(
        rule="ingress-https-redirect",
        stack="traffic",
        change=_ingress(*_ANNOTATIONS, REDIRECT, value="false"),
    ),
    Mutant(
        rule="ingress-whole-host",
        stack="traffic",
        change=_ingress("spec", "rules", 0, "host", value="*.stratmaster.com"),
        also=("ingress-tls",),  # no certificate of the Ingress is for that name
    ),
    Mutant(
        rule="ingress-class",
        stack="traffic",
        change=_ingress("spec", "ingressClassName", value=None),
    ),
    Mutant(
        rule="ingress-no-snippets",
        stack="traffic",
        change=_ingress(*_ANNOTATIONS, "nginx.ingress.kubernetes.io/server-snippet", value="x"),
    ),
    Mutant(
        rule="ingress-no-snippets",
        stack="traffic",
        change=edit("ConfigMap", "config", "data.allow-snippet-annotations", "true"),
    ),
    Mutant(
        rule="ingress-unique-path",
        stack="traffic",
        change=_declare(*(resource(INGRESS, inputs=_WHOLE, name=name) for name in ("a", "b"))),
    ),
    Mutant(rule="gateway-tls", stack="traffic", change=edit(_GATEWAY, "", "spec.listeners[1].tls", None)),
    Mutant(rule="gateway-whole-host", stack="traffic", change=edit(_GATEWAY, "", "spec.listeners[1].hostname", None)),
    Mutant(rule="gateway-whole-host", stack="traffic", change=edit("HTTPRoute", "app", "spec.hostnames", ["*.x.com"])),
    Mutant(
        rule="gateway-own-routes",
        stack="traffic",
        change=edit(_GATEWAY, "", "spec.listeners[0].allowedRoutes.namespaces.from", "All"),
    ),
    Mutant(
        rule="gateway-https-redirect",
        stack="traffic",
        change=edit("HTTPRoute", "app", "spec.parentRefs[0].sectionName", "http"),
        also=("gateway-unique-path",),  # the redirect has the same host and path there
    ),
    Mutant(
        rule="gateway-https-redirect",
        stack="traffic",
        change=edit("HTTPRoute", "standby-blue", "spec.parentRefs[0].sectionName", None),
    ),
    Mutant(
        rule="gateway-https-redirect",
        stack="traffic",
        change=edit("HTTPRoute", "redirect", "spec.rules[0].filters", []),
    ),
    Mutant(
        rule="gateway-unique-path",
        stack="traffic",
        change=edit("HTTPRoute", "standby-blue", "spec.rules[0].matches[0].path", {"value": "/", "type": "PathPrefix"}),
    ),
    Mutant(
        rule="helm-exact-version",
        stack="blue",
        change=both(edit(RELEASE, "", "chart", _REMOTE), edit(RELEASE, "", "version", "~1.2")),
        also=("coverage-readable", "helm-verified-chart"),  # nothing is there to be rendered, and it has no digest
    ),
    Mutant(
        rule="helm-known-repository",
        stack="blue",
        change=both(edit(RELEASE, "", "chart", "bitnami/nginx"), edit(RELEASE, "", "version", "1.2.3")),
        also=("coverage-readable", "helm-verified-chart"),
    ),
    Mutant(
        rule="helm-verified-chart",
        stack="blue",
        change=both(edit(RELEASE, "", "chart", _REMOTE), edit(RELEASE, "", "version", "1.2.3")),
        also=("coverage-readable",),
    ),
    Mutant(rule="helm-nothing-switched-off", stack="green", change=edit(RELEASE, "", "forceUpdate", value=True)),
    Mutant(rule="retention-at-least-30-days", stack="production", change=_object_store("7d")),
    Mutant(
        rule="retention-at-least-30-days",
        stack="blue",
        change=edit_release("config.BACKUP_RETENTION_DAYS", "29"),
    ),
)
