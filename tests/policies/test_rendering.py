"""Inside a Helm release: its objects are judged like any other, with its own values, as an install and an upgrade."""

from __future__ import annotations

from pathlib import Path

import pytest

from rehearsal.engine.wire import UNKNOWN, Properties, Secret, Value
from tests.policies.judging import Pack, Said, resource

RELEASE = "kubernetes:helm.sh/v3:Release"
CHART = "kubernetes:helm.sh/v4:Chart"
_META = "apiVersion: v2\nname: demo\nversion: 1.0.0\n"
_CONFIG = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: demo}
data: {greeting: "{{ .Values.greeting }}"}
"""
_POD = """\
apiVersion: v1
kind: Pod
metadata: {name: demo}
spec:
  hostPID: %s
  containers: []
"""


@pytest.fixture
def chart(tmp_path: Path) -> Path:
    folder = tmp_path / "demo"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text(_META)
    (folder / "templates" / "config.yaml").write_text(_CONFIG)
    return folder


def said(chart: Path, values: Properties | None = None, type_: str = RELEASE, **more: Value) -> list[Said]:
    inputs: Properties = {"chart": str(chart), "name": "demo", "namespace": "x", "values": values or {}, **more}
    return Pack().resource(resource(type_, inputs=inputs))


def unseen(chart: Path, values: Properties | None = None, type_: str = RELEASE, **more: Value) -> list[str]:
    return [each.sentence for each in said(chart, values, type_, **more) if each.rule == "coverage-readable"]


@pytest.mark.parametrize("type_", [RELEASE, CHART])
def test_what_a_chart_renders_is_judged_and_named_by_release_object_and_field(chart: Path, type_: str) -> None:
    (chart / "templates" / "pod.yaml").write_text(_POD % "{{ .Values.host }}")
    found = [each.sentence for each in said(chart, {"host": True}, type_) if each.rule == "pod-no-host-namespaces"]
    assert len(found) == 1
    assert found[0].startswith("release demo, Pod x/demo: spec.hostPID ")
    assert not [each for each in said(chart, {"host": False}, type_) if each.rule == "pod-no-host-namespaces"]


def test_what_only_an_upgrade_renders_is_judged_too(chart: Path) -> None:
    (chart / "templates" / "pod.yaml").write_text(_POD % "{{ .Release.IsUpgrade }}")
    found = [each.sentence for each in said(chart) if each.rule == "pod-no-host-namespaces"]
    assert len(found) == 1
    assert found[0].startswith("release demo, Pod x/demo, on upgrade: ")


def test_what_only_an_install_renders_is_judged_too(chart: Path) -> None:
    (chart / "templates" / "pod.yaml").write_text(_POD % "{{ .Release.IsInstall }}")
    assert len([each for each in said(chart) if each.rule == "pod-no-host-namespaces"]) == 1


def test_hooks_and_the_items_of_lists_are_judged_too(chart: Path) -> None:
    hook = _POD.replace("{name: demo}", '{name: demo, annotations: {"helm.sh/hook": pre-install}}') % "true"
    (chart / "templates" / "hook.yaml").write_text(hook)
    items = "\n".join(f"    {line}" for line in (_POD % "true").splitlines()).replace("    api", "  - api", 1)
    (chart / "templates" / "list.yaml").write_text(f"apiVersion: v1\nkind: List\nitems:\n{items}\n")
    assert len([each for each in said(chart) if each.rule == "pod-no-host-namespaces"]) == 2


def test_an_unknown_among_the_values_is_refused(chart: Path) -> None:
    (found,) = unseen(chart, {"deep": [{"er": UNKNOWN}]})
    assert found.startswith("values.deep[0].er is unknown until the update")


def test_a_secret_value_reaches_neither_helm_nor_a_message(chart: Path) -> None:
    (chart / "templates" / "fail.yaml").write_text('{{ fail (printf "it is %s" .Values.password) }}')
    (found,) = unseen(chart, {"password": Secret("hunter2-canary")})
    assert "can't be rendered" in found
    assert "canary" not in found
    assert "pulumi-secret-placeholder" in found


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ('{"type": "string", "minLength": 60}', "x" * 60),
        ('{"type": "string", "maxLength": 5}', "abcde"),
        ('{"type": "string", "pattern": "^[A-Z]{4}-[0-9]{3}$"}', "ABCD-123"),
        ('{"enum": ["on", "off"]}', "on"),
        ('{"type": "integer", "minimum": 70000}', 70001),
        ('{"type": "boolean"}', True),
        ('{"$ref": "#/$defs/key"}', "k-1234"),
        ('{"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}}', {"a": "b"}),
        ('{"type": "array", "items": {"type": "number"}}', [1, 2]),
    ],
)
def test_a_placeholder_fits_the_values_schema(chart: Path, schema: str, value: Value) -> None:
    defs = '"$defs": {"key": {"type": "string", "pattern": "^k-[0-9]{4}$"}}'
    (chart / "values.schema.json").write_text(f'{{"properties": {{"own": {schema}}}, {defs}}}')
    assert unseen(chart, {"own": Secret(value)}) == []


def test_values_that_the_chart_refuses_block(chart: Path) -> None:
    (chart / "values.schema.json").write_text('{"additionalProperties": false}')
    (found,) = unseen(chart, {"nosuch": 1})
    assert "nosuch" in found


def test_a_chart_that_is_not_there_or_does_not_render_blocks(chart: Path) -> None:
    assert len(unseen(chart / "nowhere")) == 1
    (chart / "templates" / "config.yaml").write_text("{{ if }}")
    assert len(unseen(chart)) == 1


def test_a_chart_that_renders_what_is_no_yaml_or_no_object_blocks(chart: Path) -> None:
    (chart / "templates" / "config.yaml").write_text("kind: ConfigMap\nmetadata: {name: a}\ndata: {a: 1, a: 2}\n")
    assert len(unseen(chart)) == 1
    (chart / "templates" / "config.yaml").write_text("- one\n")
    assert len(unseen(chart)) >= 1


@pytest.mark.parametrize(
    ("key", "value"),
    [("postrender", "/bin/sed"), ("reuseValues", True), ("valueYamlFiles", [{"path": "values.yaml"}])],
)
def test_what_would_change_the_release_unseen_is_refused(chart: Path, key: str, value: Value) -> None:
    (found,) = unseen(chart, {}, RELEASE, **{key: value})
    assert found.startswith(key)


def test_without_helm_a_release_is_blocked_and_told_how_to_get_it(chart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    (found,) = unseen(chart, {"own": "without helm"})
    assert "needs helm on the PATH" in found
    assert "https://helm.sh/docs/intro/install" in found


def test_a_chart_component_whose_objects_come_one_by_one_is_not_rendered() -> None:
    assert [each for each in Pack().resource(resource(CHART, inputs={})) if each.mandatory] == []
