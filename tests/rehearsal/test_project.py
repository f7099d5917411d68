"""Stack files, and what `-c` sets over them."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import cast

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rehearsal.errors import RehearsalError
from rehearsal.project import Project, UnknownStackError

FILE = """\
config:
  rig:role: slot
  rig:weights: {blue: 100, green: 0}
  rig:list: [a, b]
  rig:flag: true
  other:key: value
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "Pulumi.yaml").write_text("name: rig\nruntime: python\n")
    (tmp_path / "Pulumi.blue.yaml").write_text(FILE)
    return Project(folder=tmp_path, name="rig", home=tmp_path / "home")


def _values(project: Project, stack: str = "blue") -> dict[str, str]:
    return dict(project.config(stack).values)


def test_a_program_gets_every_value_as_text(project: Project) -> None:
    values = _values(project)
    assert values["rig:role"] == "slot"
    assert values["rig:flag"] == "true"
    assert json.loads(values["rig:weights"]) == {"blue": 100, "green": 0}
    assert values["other:key"] == "value"


def test_the_home_is_the_environments_or_in_the_project(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REHEARSAL_HOME", raising=False)
    assert Project.find(project.folder).home == project.folder / ".rehearsal"
    monkeypatch.setenv("REHEARSAL_HOME", "/elsewhere")
    assert Project.find(project.folder).home == Path("/elsewhere")


def test_stacks_come_up_by_role_and_down_in_reverse(project: Project) -> None:
    for stack, role in (("traffic", "traffic"), ("alpha", "slot"), ("zeta", "foundation"), ("odd", "nonsense")):
        (project.folder / f"Pulumi.{stack}.yaml").write_text(f"config: {{'rig:role': {role}}}\n")
    dev = "config: {'rig:role': slot, 'rig:environment': development}\n"
    (project.folder / "Pulumi.dev.yaml").write_text(dev)
    assert project.stacks() == ["zeta", "alpha", "blue", "dev", "traffic", "odd"]
    assert project.environment() == ["zeta", "alpha", "blue", "traffic", "odd"]


def test_a_stacks_name_may_have_dots(project: Project) -> None:
    (project.folder / "Pulumi.a.b.yaml").write_text("config: {}\n")
    assert "a.b" in project.stacks()


def test_a_stack_that_is_not_there_is_refused_with_the_nearest_name(project: Project) -> None:
    with pytest.raises(UnknownStackError) as caught:
        project.check("bleu")
    assert 'there is no stack "bleu"' in caught.value.what
    assert caught.value.mend == "Did you mean blue?"
    with pytest.raises(UnknownStackError, match="There are: blue"):
        project.check("zzzz")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("config:\n  a: [1\n  b: 2\n", "Pulumi.blue.yaml, line 3"),
        ("config: {a: 1\n", "Pulumi.blue.yaml, line 2"),
        ("- a\n", "Pulumi.blue.yaml is not a mapping"),
        ("config: [a]\n", "config is not a mapping"),
        ("config: text\n", "config is not a mapping"),
        ("a: \t\x01\n", "Pulumi.blue.yaml"),
    ],
)
def test_a_file_that_is_not_right_is_refused_with_its_line(project: Project, content: str, said: str) -> None:
    project.file("blue").write_text(content)
    with pytest.raises(RehearsalError) as caught:
        project.config("blue")
    assert said in caught.value.what
    assert caught.value.mend


def test_a_file_that_is_not_text_is_refused_in_words(project: Project) -> None:
    project.file("blue").write_bytes(b"config: \xff\xfe\n")
    with pytest.raises(RehearsalError, match=r"Pulumi\.blue\.yaml"):
        project.config("blue")


def test_a_missing_project_says_where_to_run(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="Run this in the project's folder"):
        Project.find(tmp_path)


def test_a_setting_is_kept_and_the_committed_file_never_changes(project: Project) -> None:
    project.keep("blue", ["role=traffic", "other:key=x=y"], paths=False)
    assert _values(project)["rig:role"] == "traffic"
    assert _values(project)["other:key"] == "x=y"
    project.keep("blue", ["flag=false"], paths=False)
    assert _values(project)["rig:role"] == "traffic", "what was set before still is"
    assert project.file("blue").read_text() == FILE
    project.forget("blue")
    assert _values(project)["rig:role"] == "slot"


@pytest.mark.parametrize(
    ("setting", "key", "value"),
    [
        ("weights.blue=0", "rig:weights", {"blue": 0, "green": 0}),
        ("weights.blue=-3", "rig:weights", {"blue": -3, "green": 0}),
        ("weights.blue=007", "rig:weights", {"blue": "007", "green": 0}),
        ("weights.blue=1.5", "rig:weights", {"blue": "1.5", "green": 0}),
        ("weights.blue=²", "rig:weights", {"blue": "²", "green": 0}),
        ("weights.blue=true", "rig:weights", {"blue": True, "green": 0}),
        ("weights.blue=True", "rig:weights", {"blue": "True", "green": 0}),
        ("weights.blue=", "rig:weights", {"blue": "", "green": 0}),
        ('weights["a.b"]=x', "rig:weights", {"blue": 100, "green": 0, "a.b": "x"}),
        ("list[1]=c", "rig:list", ["a", "c"]),
        ("list[2]=c", "rig:list", ["a", "b", "c"]),
        ("rig:weights.green=1", "rig:weights", {"blue": 100, "green": 1}),
        ("new.deep[0].er=x", "rig:new", {"deep": [{"er": "x"}]}),
    ],
)
def test_a_path_sets_one_value_inside_and_gives_it_its_type(
    project: Project, setting: str, key: str, value: object
) -> None:
    project.keep("blue", [setting], paths=True)
    assert json.loads(_values(project)[key]) == value


def test_a_top_level_path_stays_text(project: Project) -> None:
    project.keep("blue", ["flag=1"], paths=True)
    assert _values(project)["rig:flag"] == "1"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("role", "it needs the form key=value"),
        ("=x", "it needs the form key=value"),
        ("role.deep=x", "not a mapping"),
        ("list[5]=x", "there are only 2 items"),
        ("weights[=x", "not a property path"),
        ("rig:=x", "not a property path"),
        (".=x", "not a property path"),
        ("[0]=x", "must begin with a name"),
    ],
)
def test_a_setting_that_can_not_be_made_is_refused_and_not_kept(project: Project, setting: str, said: str) -> None:
    with pytest.raises(RehearsalError) as caught:
        project.keep("blue", [setting], paths=True)
    assert said in caught.value.what
    assert project.kept("blue") == {}


def test_the_copy_for_the_pulumi_cli_has_what_was_set_and_keeps_its_salt(project: Project) -> None:
    project.keep("blue", ["weights.blue=0"], paths=True)
    path = project.write_copy("blue")
    written = yaml.safe_load(path.read_text())
    assert written["config"]["rig:weights"] == {"blue": 0, "green": 0}
    path.write_text(path.read_text() + "encryptionsalt: v1:abc\n")
    assert yaml.safe_load(project.write_copy("blue").read_text())["encryptionsalt"] == "v1:abc"
    assert project.file("blue").read_text() == FILE


NAMES = st.text(string.ascii_letters, min_size=1, max_size=4)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.lists(NAMES, min_size=2, max_size=4), value=st.text(string.printable.strip(), max_size=6))
def test_what_is_set_by_a_path_stands_at_that_path(
    tmp_path_factory: pytest.TempPathFactory, path: list[str], value: str
) -> None:
    folder = tmp_path_factory.mktemp("p")
    (folder / "Pulumi.blue.yaml").write_text("config: {}\n")
    project = Project(folder=folder, name="rig", home=folder / "home")
    project.keep("blue", [f"{'.'.join(path)}={value}"], paths=True)
    found: object = json.loads(_values(project)[f"rig:{path[0]}"])
    for part in path[1:]:
        found = cast("dict[str, object]", found)[part]
    assert str(found).lower() == value.lower()
