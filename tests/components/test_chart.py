"""The chart's digest is the same on every machine and changes with every file; values it does not know are refused."""

import shutil
from pathlib import Path

import pulumi
import pytest

from components import chart

CHART = Path(__file__).parents[2] / "helm" / "stratmaster-api"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(CHART, tmp_path / "elsewhere" / "chart"))


def test_a_copy_in_another_folder_has_the_same_digest(copy: Path) -> None:
    assert chart.digest(copy) == chart.digest() == chart.digest(CHART)


def test_an_edited_template_has_another_digest(copy: Path) -> None:
    template = next((copy / "templates").glob("*.yaml"))
    template.write_text(template.read_text() + "\n# edited\n")
    assert chart.digest(copy) != chart.digest()


def test_a_renamed_template_has_another_digest(copy: Path) -> None:
    template = next((copy / "templates").glob("*.yaml"))
    template.rename(template.with_name("renamed.yaml"))
    assert chart.digest(copy) != chart.digest()


@pytest.mark.parametrize("name", [".DS_Store", "values.yaml.swp", "templates/.gitkeep", "values.yaml~", ".git/config"])
def test_what_editors_leave_behind_has_no_part_in_it(copy: Path, name: str) -> None:
    (copy / name).parent.mkdir(exist_ok=True)
    (copy / name).write_text("junk")
    assert chart.digest(copy) == chart.digest()


def test_the_chart_is_named_relative_to_the_project_so_no_checkouts_path_is_in_the_state() -> None:
    assert (CHART.parents[1] / chart.PATH).resolve() == CHART
    assert not Path(chart.PATH).is_absolute()


def test_a_value_the_chart_does_not_know_is_refused_by_name() -> None:
    with pytest.raises(pulumi.RunError, match=r"refuses the release's values at .*replicaz"):
        chart.check({"replicaz": 3})


def test_a_chart_that_is_not_there_is_told_in_two_lines(tmp_path: Path) -> None:
    with pytest.raises(pulumi.RunError, match="can't be read") as refused:
        chart.check({}, tmp_path)
    assert len(str(refused.value).splitlines()) == 2
