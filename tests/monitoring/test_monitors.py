"""A PodMonitor finds the pods it is for: rendered from the controllers' own charts, with the program's values."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, cast

import pytest
import yaml

from components.controllers.catalogue import CATALOGUE
from components.monitoring.job_metrics import NAMES
from tests.controllers.charts import CHARTS
from tests.controllers.test_installed import releases
from tests.monitoring import emitted


def test_of_the_table_of_runs_everything_is_kept_that_rules_read() -> None:
    (spec,) = (
        each["spec"]
        for each in emitted.objects("production", "PodMonitor")
        if each["metadata"]["name"].endswith("jobs")
    )
    ((rule,),) = (each["metricRelabelings"] for each in spec["podMetricsEndpoints"])
    kept = re.compile(rule["regex"])
    assert [name for name in sorted(NAMES) if not kept.fullmatch(name)] == []
    assert not kept.fullmatch("pg_up")


SCRAPED: Final = ("cert-manager", "external-secrets", "sealed-secrets")


def _pods(helm: Path, name: str, namespace: str, folder: Path) -> Iterator[Mapping[str, Any]]:
    """The pods of a controller's Deployments."""
    values = folder / "values.yaml"
    values.write_text(yaml.safe_dump(releases()[name].inputs["values"]))
    chart = CHARTS[name].copied(folder)
    command = [helm, "template", name, chart, f"--namespace={namespace}", f"--values={values}"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    for document in cast("Iterator[dict[str, Any] | None]", yaml.safe_load_all(done.stdout)):
        if document and document["kind"] == "Deployment":
            yield document["spec"]["template"]


@pytest.mark.parametrize("name", SCRAPED)
def test_a_controller_is_scraped_where_the_program_installs_it_by_a_port_that_its_chart_names(
    name: str, helm: Path, tmp_path: Path
) -> None:
    monitors = {each["metadata"]["name"]: each["spec"] for each in emitted.objects("production", "PodMonitor")}
    spec = monitors[f"stratmaster-{name}"]
    (controller,) = (each for each in CATALOGUE.values() if each.name == name)
    assert controller.namespace in spec["namespaceSelector"]["matchNames"]
    wanted = spec["selector"]["matchLabels"].items()
    selected = [
        pod for pod in _pods(helm, name, controller.namespace, tmp_path) if wanted <= pod["metadata"]["labels"].items()
    ]
    assert selected
    (endpoint,) = spec["podMetricsEndpoints"]
    assert endpoint["honorLabels"]
    ports = [{port["name"] for each in pod["spec"]["containers"] for port in each.get("ports", [])} for pod in selected]
    assert any(endpoint["port"] in names for names in ports)
