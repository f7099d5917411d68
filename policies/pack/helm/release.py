"""A Helm release as a resource: its chart rendered with its own values, its objects judged like any other.

To the engine a release is one opaque resource. What it would put into the cluster is seen only by rendering it, as an
install and as an upgrade, since a chart may do different things in each. What can't be rendered is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ..model.objects import Collector
from ..model.resource import Contents, Resource
from ..model.values import Field, Finding, Opaque, Source, Unreadable, Value
from .placeholders import Placeholders
from .template import Chart, RenderError, render

RELEASE: Final = "kubernetes:helm.sh/v3:Release"
CHARTS: Final = ("kubernetes:helm.sh/v4:Chart", "kubernetes:helm.sh/v3:Chart", "kubernetes:helm.sh/v2:Chart")
RELEASE_TYPES: Final = frozenset({RELEASE, *CHARTS})
_NOT_JUDGED: Final = {
    "postrender": "changes what was judged afterwards",
    "postRenderer": "changes what was judged afterwards",
    "reuseValues": "adds values of the last release, which nobody sees here",
    "valueYamlFiles": "keeps values outside the declaration, where they aren't judged",
}


@dataclass(frozen=True)
class Renderer:
    """Looks into the releases and charts of a project in a folder."""

    project: Path

    def contents(self, resource: Resource) -> Contents:
        """The objects of a release, those of an install first; what keeps them from being seen is `unreadable`."""
        if resource.type in CHARTS and not resource.properties.get("chart"):
            return Contents()  # an SDK's component: its objects are registered, and judged, one by one
        obstacles = tuple(_obstacles(resource))
        if obstacles:
            return Contents(unreadable=obstacles)
        try:
            chart = self._chart(resource)
            install, upgrade = render(chart, self.project)
        except Unreadable as unreadable:
            return Contents(unreadable=(unreadable.finding,))
        except RenderError as error:
            return Contents(unreadable=(resource.root.child("chart").finding(str(error)),))
        new = [each for each in upgrade if each not in install]
        found = [*_labelled(resource, chart, install, ""), *_labelled(resource, chart, new, ", on upgrade")]
        contents = [Collector(resource, chart.namespace).collected(root) for root in found]
        return Contents(
            objects=tuple(each for own in contents for each in own.objects),
            unreadable=tuple(each for own in contents for each in own.unreadable),
        )

    def _chart(self, resource: Resource) -> Chart:
        root = resource.root
        location = root.child("chart").text() or ""
        secrets = {path.removeprefix("values.") for path in resource.secrets if path.startswith("values.")}
        values = resource.properties.get("values") or {}
        if not isinstance(values, dict):
            raise Unreadable(root.child("values").unreadable())
        if "values" in resource.secrets:
            secrets |= set(values)
        return Chart(
            name=root.child("name").text() or resource.name,
            namespace=root.child("namespace").text() or "default",
            chart=location,
            version=root.child("version").text() or "",
            repository=root.at("repositoryOpts", "repo").text() or "",
            values=Placeholders.of_chart(self.project / location).fill(values, frozenset(secrets)),
            skip_crds=root.child("skipCrds").flag() or False,
        )


def _obstacles(resource: Resource) -> Iterator[Finding]:
    for key, why in _NOT_JUDGED.items():
        field = resource.root.child(key)
        if field.value not in (None, False, "", [], {}):
            yield field.finding(why)
    yield from _unknown(resource.root.child("values"))


def _unknown(field: Field) -> Iterator[Finding]:
    if isinstance(field.value, Opaque):
        yield field.unreadable()
    for child in field.children():
        yield from _unknown(child)


def _labelled(resource: Resource, chart: Chart, rendered: Iterable[Value], when: str) -> Iterator[Field]:
    """The rendered documents as fields whose source names the release and the object."""
    for document in rendered:
        root = Field(Source(urn=resource.urn, type=resource.type), "", document)
        kind, metadata = root.child("kind").value, root.child("metadata")
        namespace, name = metadata.child("namespace").value or chart.namespace, metadata.child("name").value
        label = f"release {chart.name}, {kind} {namespace}/{name}{when}"
        yield Field(Source(urn=resource.urn, type=resource.type, object=label), "", document)
