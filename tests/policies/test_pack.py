from __future__ import annotations

import ast
import shutil
from pathlib import Path

from policies.rules.catalogue import RULES
from rehearsal.engine.analyzers import AnalyzedResource, Analyzers
from tests.policies.judging import PACK, Judge, container, pod_spec, resource


def test_each_rule_has_a_name_of_its_own_and_blocks() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES) == 3
    assert {rule.enforcement for rule in RULES} == {"mandatory"}


def test_a_violation_says_what_holds_where_it_does_not_and_how_to_mend_it(production: Judge) -> None:
    spec = pod_spec(containers=[container(image="nginx", securityContext={"privileged": True})])
    violations = production.violations("kubernetes:core/v1:Pod", {"kind": "Pod", "spec": spec}, None)
    assert {item.policy for item in violations} == {rule.id for rule in RULES}
    for rule in RULES:
        found = next(item for item in violations if item.policy == rule.id)
        title, _, mend = found.message.splitlines()
        assert (title, mend, found.severity) == (rule.title, rule.mend, rule.severity)


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
    with Analyzers.start([elsewhere], project="p", stack="s", dry_run=True, config={}) as analyzers:
        assert len(analyzers.analyze(AnalyzedResource(resource=resource("kubernetes:core/v1:ConfigMap")))) == 1
