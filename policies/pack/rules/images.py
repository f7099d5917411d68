"""Which images may run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.pods import Pod, pods
from ..model.record import Rule, per
from ..model.values import Field, Finding

REPOSITORIES: Final = {
    "docker.io/library/redis": "the cache (components/cache.py)",
    "ghcr.io/cloudnative-pg/pgbouncer": "the Pooler before the database (components/pooler.py)",
    "ghcr.io/aquasecurity/trivy": "the scanner of images (components/image_scans.py)",
    "ghcr.io/iamjonobo/": "the project's own builds (facts.md C46)",
    "ghcr.io/nginx/nginx-unprivileged": "the maintenance page's server (components/maintenance.py)",
    "quay.io/oliver006/redis_exporter": "the cache's metrics (components/cache.py)",
    "quay.io/prometheuscommunity/postgres-exporter": "the database's metrics (components/monitoring)",
}
"""Where images may come from, and why: a repository, or all below a path that ends in `/`. Reviewed like code, since
whoever may push there runs in production; a registry where anyone may open an account is never named as a whole."""

_NAME: Final = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
# A registry's host, with its port, may hold upper case; the repository's path may not.
_REFERENCE: Final = re.compile(
    rf"(?P<repository>(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{_NAME}(?:/{_NAME})*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?"
)


def _named_by(pod: Pod) -> Iterator[Field]:
    places = [container.child("image") for container in pod.containers]
    return (place for place in (*places, *_mounted(pod)) if place.value is not None or not pod.partial)


def _mounted(pod: Pod) -> Iterator[Field]:
    for volume in pod.volumes:
        source = volume.child("image")
        if source.value is not None:
            yield source.child("reference")


_images: Final = pods.inside(_named_by)
"""The places of images: each container's, and those of image volumes."""

_released_images: Final = pods.where(lambda pod: not pod.object.resource.context.development).inside(_named_by)
"""Those of every environment but development, where somebody tries what isn't released yet."""


def _tag(image: Field) -> Iterator[Finding]:
    # The reference itself is never quoted: it may be a secret.
    parts = _REFERENCE.fullmatch(image.text() or "")
    if image.value is None:
        yield image.finding("is missing")
    elif parts is None:
        yield image.finding("is no image reference (repository:tag@digest)")
    elif parts["tag"] is None:
        yield image.finding("has no tag")
    elif parts["tag"] == "latest":
        yield image.finding("has the tag latest")


def _digest(image: Field) -> Iterator[Finding]:
    parts = _REFERENCE.fullmatch(image.text() or "")
    if parts is None or parts["digest"] is None:
        yield image.finding("has no digest, which every environment but development needs")


def _registry(image: Field) -> Iterator[Finding]:
    parts = _REFERENCE.fullmatch(image.text() or "")
    if parts is None or not _allowed(parts["repository"]):
        yield image.finding("comes from a repository that nobody allowed")


def _allowed(repository: str) -> bool:
    return any(
        repository.startswith(allowed) if allowed.endswith("/") else repository == allowed for allowed in REPOSITORIES
    )


TAG: Final = Rule(
    id="image-tag",
    title="Every image is named by a tag other than latest",
    severity="medium",
    check=per(_images, _tag),
    frameworks=(
        "C-0075",
        "CKV_K8S_14",
        "KSV-0013",
        "kube-linter/latest-tag",
        "Polaris/tagNotSpecified",
        "Kyverno/disallow-latest-tag",
    ),
    why="Of an image without a version nobody can say what runs, what was reviewed, or what to go back to.",
    mend="Write repository:tag@sha256:… with the version as tag.",
)

DIGEST: Final = Rule(
    id="image-digest",
    title="Every image is pinned by its digest, outside development",
    severity="high",
    check=per(_released_images, _digest),
    frameworks=("CIS-5.5.1", "C-0306", "CKV_K8S_43", "Kyverno/require-image-checksum"),
    why="A tag can be moved: what was reviewed and what runs would be two things, and a roll-back could not go back.",
    mend="Write repository:tag@sha256:…; the registry shows the digest, as does `docker buildx imagetools inspect`.",
)

REGISTRY: Final = Rule(
    id="image-registry",
    title="Every image comes from a repository on the list, outside development",
    severity="high",
    check=per(_released_images, _registry),
    frameworks=(
        "CIS-5.5.1",
        "NSA",
        "C-0001",
        "C-0078",
        "KSV-0034",
        "KSV-0125",
        "Kyverno/restrict-image-registries",
        "Gatekeeper/allowedrepos",
    ),
    why="Whoever can publish under a name that looks right, or on a public registry, would run in production.",
    mend="Take the image from a repository that policies/pack/rules/images.py lists, or have one reviewed and added.",
)

RULES: Final = (TAG, DIGEST, REGISTRY)
