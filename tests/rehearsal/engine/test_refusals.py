"""What the engine can't carry out it refuses, by name, before anything is written."""

from __future__ import annotations

import pytest

from tests.rehearsal.rig import Rig

OPTIONS = {
    "import_=f'{NS}/a'": "import",
    "replace_on_changes=['data']": "replace_on_changes",
    "deleted_with=cluster": "DeletedWith",
    "replace_with=[cluster]": "ReplaceWith",
    "transforms=[lambda args: None]": "transforms",
    "hooks=pulumi.ResourceHookBinding(before_create=[pulumi.ResourceHook('h', lambda args: None)])": "hook",
    "hide_diffs=['data']": "hide_diffs",
    "plugin_download_url='https://x'": "plugin_download_url",
}


@pytest.mark.parametrize("option", OPTIONS)
def test_an_option_is_refused_by_its_name(rig: Rig, option: str) -> None:
    text = rig.refused(f'config_map("first")\nconfig_map("a", {option})')
    assert OPTIONS[option] in text
    assert "the embedded engine does not carry out" in text
    assert "--engine pulumi" in text
    assert "Traceback" not in text
    assert rig.names("ConfigMap") == set()
    assert not rig.state.exists(), "the preview refuses already"


RESOURCES = {
    'k8s.core.v1.Pod("p", metadata=meta("p"), spec={"containers": [{"name": "a", "image": "b"}]}, opts=on())': "Pod",
    'k8s.apps.v1.DaemonSet("p", metadata=meta("p"), spec={"selector": {}, "template": pods()}, opts=on())': "DaemonSet",
    'k8s.core.v1.ConfigMapPatch("p", metadata=meta("p"), data={}, opts=on())': "ConfigMapPatch",
    'k8s.yaml.v2.ConfigGroup("p", yaml="")': "ConfigGroup",
    'k8s.helm.v4.Chart("p", chart="./chart")': "Chart",
    'pulumi.CustomResource("aws:s3/bucket:Bucket", "p", {})': "aws:s3/bucket:Bucket (aws provider): it names no region",
    'pulumi.CustomResource("gcp:storage/bucket:Bucket", "p", {})': "package gcp",
    'k8s.Provider("p", kubeconfig="{}")': "kubeconfig",
    'k8s.Provider("p", namespace="x")': "namespace",
    'k8s.Provider("p", render_yaml_to_directory="x")': "renderYamlToDirectory",
    'pulumi.runtime.invoke("kubernetes:index:x", {})': "function kubernetes:index:x",
    "pulumi.runtime.register_stack_transform(lambda args: None)": "transform",
    'config_map("p", {"x": pulumi.FileAsset("x")})': "asset",
    'Release("p", chart="./chart", namespace=NS, repository_opts={"repo": "https://x"}, opts=on())': "repositoryOpts",
    'Release("p", chart="./nowhere", namespace=NS, opts=on())': "./nowhere",
}


@pytest.mark.parametrize("resource", RESOURCES)
def test_a_resource_or_argument_is_refused_by_its_name(rig: Rig, resource: str) -> None:
    text = rig.refused(f'config_map("first")\n{resource}')
    assert RESOURCES[resource] in text
    assert "Traceback" not in text
    assert rig.names("ConfigMap") == set()


def test_a_name_given_twice_is_refused(rig: Rig) -> None:
    text = rig.refused('config_map("a")\nconfig_map("a", metadata={"name": "b"})')
    assert "Duplicate resource URN" in text
    assert "::a" in text
    assert rig.names("ConfigMap") == set()


def test_what_is_ignored_has_to_be_a_path(rig: Rig) -> None:
    rig.brought_up('config_map("a")')
    assert "is not a property path" in rig.refused('config_map("a", ignore_changes=["data[x"])')
