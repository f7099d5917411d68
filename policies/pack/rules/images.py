"""Which images may run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from ..model.pods import Container, containers
from ..model.record import Rule, per
from ..model.values import Finding

_NAME: Final = r"[a-z0-9]+(?:[._-]+[a-z0-9]+)*"
# A registry's host, with its port, may hold upper case; the repository's path may not.
_REFERENCE: Final = re.compile(
    rf"(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?{_NAME}(?:/{_NAME})*"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?"
    r"(?:@(?P<digest>sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}))?"
)


def _pinned(container: Container) -> Iterator[Finding]:
    image = container.child("image")
    reference = image.text()
    if reference is None:
        if not container.pod.partial:
            yield image.finding("is missing")
        return
    # The reference itself isn't quoted: it may be a secret.
    parts = _REFERENCE.fullmatch(reference)
    if parts is None:
        yield image.finding("is no image reference (repository:tag@digest)")
        return
    if parts["tag"] is None:
        yield image.finding("has no tag")
    elif parts["tag"] == "latest":
        yield image.finding("has the tag latest")
    if parts["digest"] is None and not container.pod.object.resource.context.development:
        yield image.finding("has no digest, which every environment but development needs")


PINNED_IMAGES: Final = Rule(
    id="image-pinned",
    title="Every image is named by a tag other than latest and, outside development, by digest",
    severity="high",
    frameworks=("C-0075", "C-0306", "CKV_K8S_14", "CKV_K8S_43", "KSV-0013"),
    why="A tag can be moved: what was reviewed and what runs would be two things, and a roll-back could not go back.",
    mend="Write repository:tag@sha256:…; the registry shows the digest, as does `docker buildx imagetools inspect`.",
    check=per(containers, _pinned),
)

RULES: Final = (PINNED_IMAGES,)
