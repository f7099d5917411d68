"""The pack as a process of its own, as the CLI runs it."""

from __future__ import annotations

import ast
import shutil
from pathlib import Path

from policies.pack.catalogue import RULES, STACK_RULES
from rehearsal.engine.analyzers import AnalyzedResource, Analyzers
from tests.policies.judging import PACK, container, pod_spec, resource


def test_each_rule_has_a_name_of_its_own() -> None:
    names = [rule.id for rule in (*RULES, *STACK_RULES)]
    assert len(set(names)) == len(names)


def test_a_violation_says_what_holds_where_it_does_not_and_how_to_mend_it() -> None:
    spec = pod_spec(containers=[container(image="nginx")])
    pod = resource("kubernetes:core/v1:Pod", inputs={"kind": "Pod", "metadata": {"namespace": "x"}, "spec": spec})
    with Analyzers.start([PACK], project="stratmaster", stack="blue", dry_run=True, config={}) as analyzers:
        violations = analyzers.analyze(AnalyzedResource(resource=pod))
    found = {item.policy: item for item in violations}
    assert {"image-tag", "provider-pinned-cluster"} <= found.keys()
    for rule in RULES:
        if rule.id in found:
            title, _, mend = found[rule.id].message.splitlines()
            assert (title, mend, found[rule.id].severity) == (rule.title, rule.mend, rule.severity)


def test_the_main_file_only_starts_the_pack() -> None:
    """PolicyPack's constructor never returns: whatever stood behind it would never run."""
    docstring, imported, start = ast.parse((PACK / "__main__.py").read_text()).body
    assert isinstance(docstring, ast.Expr)
    assert isinstance(imported, ast.ImportFrom)
    assert isinstance(start, ast.Expr)
    assert isinstance(start.value, ast.Call)


def test_the_pack_runs_from_a_folder_of_any_name(tmp_path: Path) -> None:
    elsewhere = tmp_path / "a published-pack"
    shutil.copytree(PACK, elsewhere, ignore=shutil.ignore_patterns("__pycache__"))
    config_map = resource("kubernetes:core/v1:ConfigMap", inputs={"metadata": {"namespace": "x"}})
    with Analyzers.start([elsewhere], project="p", stack="s", dry_run=True, config={}) as analyzers:
        violations = analyzers.analyze(AnalyzedResource(resource=config_map))
    assert "provider-pinned-cluster" in {item.policy for item in violations}
