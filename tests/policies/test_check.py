"""The whole pack without an engine: over stacks, manifests and standard input, for people and for machines."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import jsonschema
import pytest
import yaml

from tests.policies.judging import ROOT, container, pod_spec

GOOD = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "greeting", "namespace": "stratmaster-blue"},
    "data": {"greeting": "hello"},
}
BAD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "it", "namespace": "stratmaster-blue"},
    "spec": pod_spec(hostPID=True, containers=[container()]),
}


def check(*arguments: str, stdin: bytes = b"", project: Path = ROOT) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "policies.check", *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, check=False, cwd=project, env={**os.environ})


def refused(done: subprocess.CompletedProcess[bytes]) -> str:
    """What a check that could not judge says: two lines, and no pass."""
    assert done.returncode == 2
    assert done.stdout == b""
    lines = done.stderr.decode().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("error: ")
    return lines[0].removeprefix("error: ")


def test_a_good_manifest_passes_with_exit_code_zero(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(GOOD))
    done = check(str(tmp_path))
    assert (done.returncode, done.stdout.decode()) == (0, f"{tmp_path}: 1 resources, passes\n")


def test_a_violation_is_shown_with_its_file_line_and_fix_and_exit_code_one(tmp_path: Path) -> None:
    file = tmp_path / "all.yaml"
    file.write_text(yaml.safe_dump_all([GOOD, BAD]))
    done = check(str(file))
    line = file.read_text().splitlines().index("  hostPID: true") + 1
    assert done.returncode == 1
    first, second, third = done.stdout.decode().splitlines()[:3]
    assert first == (
        f"{file}:{line}: violation (critical) pod-no-host-namespaces: "
        "No pod shares its node's network, processes or memory segments"
    )
    assert second.startswith(f"  {file}#2: spec.hostPID ")
    assert third == "  Leave out hostNetwork, hostPID and hostIPC."


def test_a_reader_who_has_seen_enough_ends_no_check_with_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "all.yaml").write_text(yaml.safe_dump_all([BAD] * 200))
    command = [sys.executable, "-m", "policies.check", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 1


def test_standard_input_is_judged_like_a_file() -> None:
    assert check("-", stdin=yaml.safe_dump(GOOD).encode()).returncode == 0
    assert check("-", stdin=yaml.safe_dump(BAD).encode()).returncode == 1


def test_every_stack_is_judged_by_default_and_passes() -> None:
    done = check()
    lines = done.stdout.decode().splitlines()
    assert done.returncode == 0, lines
    assert {line.split(":")[0] for line in lines} == {"blue", "dev", "green", "production", "traffic"}
    assert all(line.endswith("passes") for line in lines)


def test_one_stack_can_be_judged_alone() -> None:
    done = check("--stack", "traffic")
    assert done.returncode == 0
    assert done.stdout.decode().startswith("traffic: ")


def test_a_stack_that_is_not_there_is_refused_by_name() -> None:
    done = check("--stack", "purple")
    assert done.returncode == 2
    assert "purple" in done.stderr.decode()
    assert "Traceback" not in done.stderr.decode()


def test_sarif_is_valid_and_points_at_the_line(tmp_path: Path) -> None:
    file, out = tmp_path / "bad.yaml", tmp_path / "out.sarif"
    file.write_text(yaml.safe_dump(BAD))
    assert check(str(file), "--sarif", str(out)).returncode == 1
    (run,) = json.loads(out.read_text())["runs"]
    (result,) = [each for each in run["results"] if each["ruleId"] == "pod-no-host-namespaces"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == str(file)
    assert file.read_text().splitlines()[place["region"]["startLine"] - 1] == "  hostPID: true"
    assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == "pod-no-host-namespaces"
    assert result["level"] == "error"
    jsonschema.validate(json.loads(out.read_text()), _SARIF)


def test_junit_has_a_case_a_rule_and_fails_the_broken_one(tmp_path: Path) -> None:
    file, out = tmp_path / "bad.yaml", tmp_path / "out.xml"
    file.write_text(yaml.safe_dump(BAD))
    check(str(file), "--junit", str(out))
    (suite,) = ET.fromstring(out.read_bytes())  # noqa: S314 written by ourselves
    failed = [case.get("name") for case in suite if case.find("failure") is not None]
    assert "pod-no-host-namespaces" in failed
    assert suite.get("failures") == str(len(failed))
    assert int(suite.get("tests") or 0) == len(suite) > 50


def test_json_on_standard_output_is_the_same_as_sarif(tmp_path: Path) -> None:
    file, out = tmp_path / "bad.yaml", tmp_path / "out.sarif"
    file.write_text(yaml.safe_dump(BAD))
    done = check(str(file), "--json", "--sarif", str(out))
    assert json.loads(done.stdout) == json.loads(out.read_text())


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"a: [", "line 2: did not find expected node content"),
        (b"kind: Pod\napiVersion: v1\nkind: Secret\n", "line 3: the key kind stands there twice"),
        (b"\xff\xfe", "line 1: it isn't UTF-8"),
        (b"- 1\n", "document 1: it is no object"),
        (b"a: 1\n", "document 1: it has no apiVersion and kind"),
        (b"kind: Pod\napiVersion: 1\n", "it has no apiVersion and kind"),
        (b"a: !!python/object:os.system {}\n", "could not determine a constructor"),
        (b"", "there are no manifests"),
        # With names of their own: a test's name is handed to every process that it starts.
        pytest.param(b'{"a":' * 200 + b"1" + b"}" * 200, "nested more than 100 levels deep", id="deep"),
        pytest.param(b"a: [" + b"1," * 200_000 + b"1]", "it has more than 200,000 values", id="enormous"),
    ],
)
def test_what_is_no_manifest_is_refused_with_its_place_and_never_passes(content: bytes, said: str) -> None:
    assert said in refused(check("-", stdin=content))


def test_an_alias_that_stands_for_a_million_values_is_refused() -> None:
    levels = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    levels += [f"{chr(98 + n)}: &{chr(98 + n)} [{', '.join([f'*{chr(97 + n)}'] * 10)}]" for n in range(9)]
    assert "it has more than 200,000 values" in refused(check("-", stdin="\n".join(levels).encode()))


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    assert "can't be read" in refused(check(str(tmp_path / "nowhere.yaml")))


def test_a_report_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(yaml.safe_dump(GOOD))
    done = check(str(tmp_path), "--sarif", str(tmp_path / "no" / "where.sarif"))
    assert "can't be written" in refused(done)


def test_many_files_are_judged_as_each_of_them_alone(tmp_path: Path) -> None:
    both = yaml.safe_dump(GOOD), yaml.safe_dump(BAD)
    for number in range(400):  # enough for processes of their own, and for parts that more than one of them takes
        (tmp_path / f"{number:03}.yaml").write_text(both[number % 2])
    shown = check(str(tmp_path)).stdout.decode()
    alone = check(str(tmp_path / "001.yaml")).stdout.decode().splitlines()[:-1]
    expected = [line.replace("001.yaml", f"{n:03}.yaml") for n in range(1, 400, 2) for line in alone]
    assert [line for line in shown.splitlines() if ": " in line][-1].startswith(f"{tmp_path}: 400 resources, ")
    assert shown.splitlines()[:-1] == expected


def test_of_many_files_the_first_that_is_no_manifest_is_named(tmp_path: Path) -> None:
    for number in range(400):
        (tmp_path / f"{number:03}.yaml").write_text("a: [" if number in {90, 120, 399} else yaml.safe_dump(GOOD))
    assert refused(check(str(tmp_path))).startswith(f"{tmp_path / '090.yaml'} is no manifest: ")


_TEXT = {"type": "object", "required": ["text"]}
_SARIF = {
    # The parts of SARIF 2.1.0 that GitHub's code scanning demands.
    "required": ["$schema", "version", "runs"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "items": {
                "required": ["tool", "results"],
                "properties": {
                    "tool": {
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "items": {
                                            "required": ["id", "shortDescription", "fullDescription", "help"],
                                            "properties": {"shortDescription": _TEXT, "help": _TEXT},
                                        }
                                    }
                                },
                            }
                        }
                    },
                    "results": {
                        "items": {
                            "required": ["ruleId", "message", "locations", "partialFingerprints"],
                            "properties": {"message": _TEXT, "locations": {"minItems": 1}},
                        }
                    },
                },
            }
        },
    },
}
