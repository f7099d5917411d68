"""Which objects are in a resource: the one place that knows both Kubernetes' own resources and Helm's."""

from __future__ import annotations

from .helm.release import RELEASE_TYPES, Renderer
from .model.objects import own_objects
from .model.resource import Contents, Resource


def look_into(renderer: Renderer, resource: Resource) -> Contents:
    """The objects of a resource, those of a Helm release as an install and an upgrade would make them."""
    if resource.type in RELEASE_TYPES:
        return renderer.contents(resource)
    return own_objects(resource)
