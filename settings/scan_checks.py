"""Rules between the settings of the scans and others."""

from collections.abc import Iterator, Mapping

from settings.network import NetworkSettings
from settings.problems import Problem
from settings.scans import Scans


def problems(values: Mapping[str, object]) -> Iterator[Problem]:
    """All broken rules of one stack.

    Args:
        values: field -> value, of the fields that are valid by themselves.
    """
    if not isinstance(values.get("scans"), Scans):
        return
    if values.get("operations") is None:
        yield Problem(
            what="stratmaster:scans is set, but stratmaster:operations, the image that records their results, is not.",
            mend="Set stratmaster:operations to {tag: ..., digest: ...}, or remove stratmaster:scans.",
        )
    network = values.get("network")
    if not isinstance(network, NetworkSettings):
        return
    for key, place, example in (
        ("registries", network.registries, "{cidrs: [10.30.0.0/24]}, a mirror's addresses at best"),
        ("apiServer", network.api_server, "{cidrs: [10.0.0.1/32], port: 6443}"),
    ):
        if place is None:
            yield Problem(
                what=f"stratmaster:scans is set, but not stratmaster:network.{key}: no policy lets the scan there.",
                mend=f"Set it, for example to {example}, or remove stratmaster:scans.",
            )
