"""What the workflows may not do, whoever edits them next."""

from __future__ import annotations

import functools
import re
import subprocess
from pathlib import Path
from typing import Final, cast

import pytest

from tests.workflows.workflow import FOLDER, Job, jobs, workflows

ROOT: Final = Path(__file__).parents[2]
OURS: Final = "head.repo.full_name == github.repository"
WRITES: Final = {
    "id-token": {"preview-cluster", "preview", "production", "blue", "green", "traffic", "up", "check"},
    "security-events": {"annotate"},
    "pull-requests": {"comment"},
    "issues": {"tell"},
}
"""The only jobs that may write, and what. (`id-token: write` lets a job ask for credentials.)"""

every_job: Final = pytest.mark.parametrize("job", [pytest.param(each, id=str(each)) for each in jobs()])


def test_nothing_runs_a_forks_code_with_the_repositorys_rights() -> None:
    for workflow in workflows().values():
        assert not workflow.triggers & {"pull_request_target", "workflow_run", "issue_comment"}, workflow.file


@every_job
def test_every_action_is_pinned_by_its_whole_hash_and_says_its_version(job: Job) -> None:
    text = (FOLDER / job.file).read_text()
    for used in job.uses:
        if not used.startswith("./.github/workflows/"):
            assert re.fullmatch(r"[\w.-]+(/[\w.-]+)+@[0-9a-f]{40}", used), used
            assert re.search(rf"{re.escape(used)} # v\d+\.\d+\.\d+\n", text), used


def test_an_action_has_one_hash_everywhere() -> None:
    pins = {used.partition("@")[0]: set[str]() for job in jobs() for used in job.uses}
    for job in jobs():
        for used in job.uses:
            pins[used.partition("@")[0]].add(used)
    assert all(len(each) == 1 for each in pins.values()), pins


def test_no_workflow_has_permissions_of_its_own() -> None:
    for workflow in workflows().values():
        assert workflow.body["permissions"] == {}, workflow.file


@every_job
def test_every_job_names_its_permissions_and_writes_only_what_it_is_for(job: Job) -> None:
    assert job.permissions is not None
    assert job.permissions.get("contents") == "read"
    for scope, access in job.permissions.items():
        if access != "read":
            assert access == "write"
            assert job.name in WRITES.get(scope, set()), f"{job} may write {scope}"


@every_job
def test_every_script_is_one_make_target(job: Job) -> None:
    targets = _targets()
    for script in job.runs:
        words = script.split()
        assert words[0] == "make", script
        assert words[1] in targets, script
        assert all(re.fullmatch(r"[A-Z]+=[\w./-]+", word) for word in words[2:]), script


@functools.cache
def _targets() -> frozenset[str]:
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return frozenset(line.split()[1] for line in listed.splitlines())


def test_the_page_about_this_names_targets_and_workflows_that_exist() -> None:
    page = (ROOT / "docs" / "pull-requests.md").read_text()
    named = set(re.findall(r"`make ([\w-]+)", page))
    assert named <= _targets()
    assert {script.split()[1] for job in jobs() for script in job.runs} - named == {"setup"}
    assert set(re.findall(r"`([\w-]+)\.yml`", page)) == set(workflows())


@every_job
def test_nothing_from_outside_reaches_a_shell(job: Job) -> None:
    for script in job.runs:
        assert "${{" not in script, script


@every_job
def test_no_job_is_given_a_secret(job: Job) -> None:
    assert "secrets" not in str(job.body), job


@every_job
def test_every_job_ends_by_itself(job: Job) -> None:
    assert "uses" in job.body or cast("int", job.body["timeout-minutes"]) <= 90


@every_job
def test_a_checkout_leaves_no_token_behind(job: Job) -> None:
    for step in job.steps:
        if str(step.get("uses", "")).startswith("actions/checkout@"):
            assert cast("dict[str, object]", step["with"])["persist-credentials"] is False


def test_a_job_that_runs_for_forks_can_ask_for_no_credentials() -> None:
    own = {name: job for name, job in workflows()["pull-request"].jobs.items() if OURS in job.condition}
    assert set(own) == {"preview-cluster", "comment"}
    for name, job in workflows()["pull-request"].jobs.items():
        if name not in own:
            assert job.permissions is not None
            assert "id-token" not in job.permissions, name
            assert not any("credentials" in used for used in job.uses), name


def test_what_runs_a_branchs_code_holds_no_token_that_writes() -> None:
    """Who may write to GitHub runs no package's code; who comments runs main's own, not the branch's."""
    pulls = workflows()["pull-request"].jobs
    assert pulls["annotate"].runs == []
    assert pulls["comment"].runs == ["make post-comment COMMENT=results/comment.md"]
    [checkout] = [step for step in pulls["comment"].steps if str(step.get("uses", "")).startswith("actions/checkout@")]
    assert cast("dict[str, str]", checkout["with"])["ref"] == "${{ github.event.pull_request.base.sha }}"
    assert "setup" not in _prerequisites("post-comment")
    assert "setup" not in _prerequisites("drift-issue")


def _prerequisites(target: str) -> list[str]:
    rules = "\n".join((ROOT / name).read_text() for name in ("Makefile", "pipeline.mk"))
    [rule] = re.findall(rf"^{target}:(.*)$", rules, re.MULTILINE)
    return rule.partition("##")[0].split()


def test_the_two_previews_never_both_run_and_never_neither() -> None:
    pulls = workflows()["pull-request"].jobs
    cluster = [part.strip() for part in pulls["preview-cluster"].condition.split("&&")]
    embedded = [part.strip() for part in pulls["preview-embedded"].condition.split("||")]
    opposite = {"!=": "==", "==": "!="}
    assert embedded == [re.sub("[!=]=", lambda found: opposite[found[0]], part) for part in cluster]


def test_an_older_run_of_a_pull_request_is_cancelled_and_a_deployment_never() -> None:
    found = {name: cast("dict[str, object]", each.body.get("concurrency") or {}) for name, each in workflows().items()}
    assert found["pull-request"]["cancel-in-progress"] is True
    assert "pull_request.number" in str(found["pull-request"]["group"])
    assert found["deploy"] == {"group": "deploy", "cancel-in-progress": False}


def test_stacks_are_deployed_in_order_each_in_its_environment() -> None:
    deploy = workflows()["deploy"].jobs
    assert {name: job.needs for name, job in deploy.items()} == {
        "test": set(),
        "preview": set(),
        "production": {"test", "preview"},
        "blue": {"production"},
        "green": {"production"},
        "traffic": {"blue", "green"},
    }
    for stack in ("production", "blue", "green", "traffic"):
        assert deploy[stack].body["with"] == {"stack": stack}
    [up] = workflows()["deploy-stack"].jobs.values()
    assert up.body["environment"] == "${{ inputs.stack }}"
    assert up.runs[-1] == "make deploy"


def test_drift_is_looked_for_in_every_stack_whatever_the_others_say() -> None:
    check = workflows()["drift"].jobs["check"]
    strategy = cast("dict[str, object]", check.body["strategy"])
    assert strategy == {"fail-fast": False, "matrix": {"stack": ["production", "blue", "green", "traffic"]}}
    assert check.runs[-1] == "make drift"
    assert workflows()["drift"].triggers == {"schedule", "workflow_dispatch"}


def test_the_cli_is_of_the_version_that_the_program_is_written_for() -> None:
    wanted = re.findall(r"^pulumi==(.*)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    for job in jobs():
        for step in job.steps:
            if str(step.get("uses", "")).startswith("pulumi/actions@"):
                assert [cast("dict[str, str]", step["with"])["pulumi-version"]] == wanted, job
