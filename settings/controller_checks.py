"""Rules between the settings of controllers."""

from collections.abc import Iterator, Mapping

from settings.controllers import Charts, Controllers
from settings.network import NetworkSettings
from settings.problems import Problem


def problems(values: Mapping[str, object]) -> Iterator[Problem]:
    """All broken rules of one stack.

    Args:
        values: field -> value, of the fields that are valid by themselves.
    """
    controllers, network = values.get("controllers"), values.get("network")
    if not isinstance(controllers, Controllers):
        return
    for name in controllers.installed:
        yield from _pinned(name, controllers)
    if controllers.installed and isinstance(network, NetworkSettings) and network.api_server is None:
        yield Problem(
            what="stratmaster:network.apiServer is missing: no controller that is installed could reach the cluster.",
            mend="Set it to {cidrs: [...], port: 443}, the addresses in `kubectl get endpointslices kubernetes`.",
        )
    for name in Charts.model_fields:
        if name in controllers.charts.model_fields_set and name not in controllers.installed:
            key = _alias(name)
            yield Problem(
                what=f"stratmaster:controllers.charts.{key} is set, but {key} is present: nothing here installs it.",
                mend=f"Remove it, or set stratmaster:controllers.{key} to install.",
            )


def _pinned(name: str, controllers: Controllers) -> Iterator[Problem]:
    chart, key = controllers.chart(name), _alias(name)
    if chart.digest is None:
        yield Problem(
            what=f"stratmaster:controllers.{key} is install, but charts.{key}.digest is missing beside it.",
            mend=f"Set it to what `helm pull {chart.repository} --version {chart.version}` prints as Digest.",
        )


def _alias(name: str) -> str:
    return Charts.model_fields[name].alias or name
