"""`helm lint --strict` has nothing to say."""

from __future__ import annotations

import pytest

from tests.helm.rendering import Chart, Json, changed, default_values, production_values


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(default_values(), id="as committed"),
        pytest.param(production_values(), id="production"),
        pytest.param(changed(production_values(), ("shutdown",), to=True), id="shutdown"),
    ],
)
def test_helm_lint_is_clean(chart: Chart, values: dict[str, Json]) -> None:
    done = chart.lint(values)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[WARNING]" not in done.stdout
    assert "[ERROR]" not in done.stdout


def test_helm_lint_finds_a_bad_value(chart: Chart) -> None:
    done = chart.lint(changed(production_values(), ("replicas", "min"), to="three"))
    assert done.returncode != 0
    assert "replicas" in done.stdout + done.stderr
