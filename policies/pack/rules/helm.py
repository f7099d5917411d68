"""Which charts may be installed, and how: what was reviewed, byte for byte, and nothing that hides the rest.

What keeps a release from being looked into at all (a post-renderer, values of an earlier release, a chart that doesn't
render) is refused by `coverage-readable`, since no other rule could judge it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..helm.release import RELEASE_TYPES
from ..model.record import Rule, per
from ..model.resource import Resource
from ..model.selector import resources
from ..model.values import Finding, must

_EXACT: Final = re.compile(r"v?[0-9]+\.[0-9]+\.[0-9]+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?")
_DIGEST: Final = re.compile(r"oci://\S+@sha256:[0-9a-f]{64}")
_LOCAL: Final = ("./", "../", "/")
_REPOSITORIES: Final = (
    "oci://ghcr.io/iamjonobo/charts/",
    "oci://quay.io/jetstack/charts/",
    "oci://ghcr.io/external-secrets/charts/",
    "oci://ghcr.io/cloudnative-pg/charts/",
    "oci://ghcr.io/prometheus-community/charts/",
    "oci://registry-1.docker.io/bitnamicharts/",
    "https://charts.jetstack.io",
    "https://charts.external-secrets.io",
    "https://cloudnative-pg.github.io/charts",
    "https://prometheus-community.github.io/helm-charts",
    "https://bitnami-labs.github.io/sealed-secrets",
    "https://projectcontour.github.io/helm-charts",
    "https://kubernetes-sigs.github.io/metrics-server",
    "https://aquasecurity.github.io/helm-charts",
)
"""Where the charts of the guide's controllers come from: their projects' own repositories."""
_UNSAFE: Final = {
    "devel": "takes versions that aren't released",
    "disableOpenapiValidation": "sends objects that no schema was asked about",
    "disableWebhooks": "keeps hooks from running, which the chart relies on",
    "disableCRDHooks": "keeps definitions from being installed, which the chart relies on",
    "forceUpdate": "deletes what can't be changed in place, with the data in it",
    "replace": "takes the name of a release that is there already",
    "takeOwnership": "takes objects that somebody else declares",
    "recreatePods": "ends all pods of the release at once",
    "plainHttp": "trusts whoever answers for the registry",
}
_releases: Final = resources(*RELEASE_TYPES)


def _remote(resource: Resource) -> bool:
    chart, repository = resource.root.child("chart"), resource.root.at("repositoryOpts", "repo")
    if not chart.is_set:
        return False  # an SDK's component: it declares nothing itself
    return bool(repository.text()) or not (chart.text() or "").startswith(_LOCAL)


def _versioned(resource: Resource) -> Iterator[Finding]:
    if _remote(resource):
        version = resource.root.child("version")
        yield from must(version, lambda value: isinstance(value, str) and bool(_EXACT.fullmatch(value)), "isn't exact")


def _from_known_place(resource: Resource) -> Iterator[Finding]:
    if not _remote(resource):
        return
    repository, chart = resource.root.at("repositoryOpts", "repo"), resource.root.child("chart")
    place = repository if repository.text() else chart
    if not _listed(place.text() or ""):
        yield place.finding("is no repository on the list (a chart of this project begins with ./)")


def _listed(place: str) -> bool:
    whole = place if place.startswith("oci://") else place.rstrip("/")
    return any(whole.startswith(each) if each.endswith("/") else whole == each for each in _REPOSITORIES)


def _verified(resource: Resource) -> Iterator[Finding]:
    if not _remote(resource):
        return
    chart = resource.root.child("chart")
    if (chart.text() or "").startswith("oci://"):
        yield from must(chart, lambda value: bool(_DIGEST.fullmatch(str(value))), "has no digest")
    elif not (resource.root.child("verify").flag() and resource.root.child("keyring").is_set):
        yield resource.root.child("verify").finding("isn't true with a keyring, and the chart has no digest")


def _plainly(resource: Resource) -> Iterator[Finding]:
    for key, why in _UNSAFE.items():
        yield from must(resource.root.child(key), lambda value: value in (None, False), why)
    repository = resource.root.at("repositoryOpts", "repo")
    if (repository.text() or "").startswith("http://"):
        yield repository.finding("isn't reached over TLS")


VERSIONED: Final = Rule(
    id="helm-exact-version",
    title="Every chart from a repository has an exact version",
    severity="high",
    why="A range, or none, installs what the repository holds on the day: never the chart that was reviewed.",
    mend="Set version to one version (1.16.2), no range.",
    check=per(_releases, _versioned),
)
LISTED: Final = Rule(
    id="helm-known-repository",
    title="Every chart comes from this project or from a repository on the list",
    severity="high",
    why="A chart is installed with the deployer's rights, and a name in a machine's own list can be any.",
    mend="Write ./path for a chart of this project; a new repository is put on the list in rules/helm.py.",
    check=per(_releases, _from_known_place),
)
VERIFIED: Final = Rule(
    id="helm-verified-chart",
    title="Every chart from a repository is pinned by digest or verified by signature",
    severity="high",
    why="A version can be published anew with other contents: only a digest or a signature holds it to what it was.",
    mend="Use oci://…@sha256:… , or verify: true with the keyring of the chart's owner.",
    check=per(_releases, _verified),
)
PLAINLY: Final = Rule(
    id="helm-nothing-switched-off",
    title="No release switches a safeguard of Helm's off",
    severity="high",
    why="Each of these lets objects into the cluster that nobody checked, or takes some away that hold data.",
    mend="Leave the option out.",
    check=per(_releases, _plainly),
)

RULES: Final = (VERSIONED, LISTED, VERIFIED, PLAINLY)
