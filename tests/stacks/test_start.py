"""What a program's start costs, which every preview and update of every stack pays."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.stacks.recorded import ROOT


@pytest.mark.parametrize("stack", ["foundation", "slot", "traffic"])
def test_no_stack_imports_the_other_ones_or_what_only_some_foundations_need(stack: str) -> None:
    others = {"foundation", "slot", "traffic"} - {stack}
    unwanted = {"pulumi_aws", "stacks.aws", *(f"stacks.{other}" for other in others)}
    code = f"import sys, stacks.{stack}; print(*sorted({unwanted!r} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == []
