from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from textwrap import dedent

import pytest

from rehearsal.engine.analyzers import AnalyzedResource, Analyzers
from rehearsal.engine.resource import Resource, Timeouts
from rehearsal.engine.wire import UNKNOWN, Properties, Secret
from rehearsal.errors import RehearsalError

FIRST = "urn:pulumi:blue::stratmaster::x:y:Z::first"
URN = "urn:pulumi:blue::stratmaster::kubernetes:core/v1:ConfigMap::it"
SETTINGS = "description: a test's\nversion: 7.8.9\nruntime: python\n"
HEAD = """
import json, os
from pulumi_policy import *

def resource_policy(validate, level=EnforcementLevel.MANDATORY, **more):
    return ResourceValidationPolicy("it", "What holds", validate=validate, enforcement_level=level, **more)

def stack_policy(validate, level=EnforcementLevel.MANDATORY):
    return StackValidationPolicy("all-of-it", "What holds for all", validate=validate, enforcement_level=level)
"""

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(main: str) -> Path:
        (tmp_path / "PulumiPolicy.yaml").write_text(SETTINGS)
        (tmp_path / "__main__.py").write_text(HEAD + dedent(main))
        return tmp_path

    return write


def _start(*packs: Path, dry_run: bool = True, say: Callable[[str], None] = lambda _: None) -> Analyzers:
    config = {"stratmaster:role": "slot", "stratmaster:password": "hunter2"}
    return Analyzers.start(packs, project="stratmaster", stack="blue", dry_run=dry_run, config=config, say=say)


def _resource(**inputs: object) -> AnalyzedResource:
    properties: Properties = dict(inputs)  # pyright: ignore[reportAssignmentType] each test gives property values
    return AnalyzedResource(
        resource=Resource(urn=URN, type="kubernetes:core/v1:ConfigMap", custom=True, inputs=properties)
    )


def _packs_running(folder: Path) -> list[str]:
    listing = subprocess.run(["ps", "-A", "-ww", "-o", "args"], capture_output=True, text=True, check=True).stdout
    return [line for line in listing.splitlines() if line.endswith(str(folder)) and "pulumi.policy" in line]


def test_a_pack_has_the_environment_and_the_folder_that_the_cli_gives_it(write: Write) -> None:
    pack = write("""
        names = [name for name in os.environ if name.startswith("PULUMI_")]
        seen = json.dumps({**{name: os.environ[name] for name in names}, "cwd": os.getcwd()})
        PolicyPack("test", policies=[resource_policy(lambda args, report: report(seen, None))])
    """)
    with _start(pack) as analyzers:
        [violation] = analyzers.analyze(_resource())
    for expected in (
        '"PULUMI_PROJECT": "stratmaster"',
        '"PULUMI_STACK": "blue"',
        '"PULUMI_ORGANIZATION": "organization"',
        '"PULUMI_DRY_RUN": "true"',
        r"\"stratmaster:role\": \"slot\"",
        f'"cwd": "{pack.resolve()}"',
    ):
        assert expected in violation.message


def test_a_rule_knows_an_update_from_a_preview(write: Write) -> None:
    pack = write("""
        import pulumi
        report_it = lambda args, report: report(str(pulumi.runtime.is_dry_run()), None)
        PolicyPack("test", policies=[resource_policy(report_it)])
    """)
    for dry_run in (True, False):
        with _start(pack, dry_run=dry_run) as analyzers:
            assert analyzers.analyze(_resource())[0].message == f"What holds\n{dry_run}"


def test_a_violation_says_pack_policy_level_and_severity(write: Write) -> None:
    pack = write("""
        no = lambda args, report: report("no", None)
        PolicyPack("test", policies=[
            resource_policy(no, severity=Severity.HIGH),
            ResourceValidationPolicy("advice", "Better so", validate=no),
            ResourceValidationPolicy("off", "Never asked", validate=no, enforcement_level=EnforcementLevel.DISABLED),
        ])
    """)
    with _start(pack) as analyzers:
        blocking, advice = analyzers.analyze(_resource())
    assert (blocking.pack, blocking.version, blocking.policy, blocking.urn) == ("test", "7.8.9", "it", URN)
    assert (blocking.message, blocking.description, blocking.severity) == ("What holds\nno", "What holds", "high")
    assert blocking.mandatory
    assert (advice.policy, advice.severity, advice.mandatory) == ("advice", "", False)


def test_a_pack_sees_inputs_options_and_provider_as_the_engine_sends_them(write: Write) -> None:
    pack = write("""
        def validate(args, report):
            options, provider = args.opts, args.provider
            report(json.dumps([
                args.name, args.resource_type, sorted(args.props), repr(args.props["number"]), args.props["secret"],
                options.protect, list(options.ignore_changes), options.delete_before_replace, list(options.aliases),
                options.custom_timeouts.create_seconds, list(options.additional_secret_outputs), options.parent,
                provider.name, provider.resource_type, dict(provider.props),
            ]), None)
        PolicyPack("test", policies=[resource_policy(validate)])
    """)
    resource = Resource(
        urn=URN,
        type="kubernetes:core/v1:ConfigMap",
        custom=True,
        inputs={"number": 3, "secret": Secret("hunter2"), "__internal": "x"},
        parent="urn:parent",
        protect=True,
        timeouts=Timeouts(create=300),
        additional_secret_outputs=("data",),
    )
    provider_urn = "urn:pulumi:blue::stratmaster::pulumi:providers:kubernetes::cluster"
    provider = Resource(
        urn=provider_urn, type="pulumi:providers:kubernetes", custom=True, inputs={"context": "c", "__internal": "x"}
    )
    shown = AnalyzedResource(
        resource=resource,
        provider=provider,
        ignore_changes=("data",),
        delete_before_replace=False,
        aliases=("urn:old",),
    )
    with _start(pack) as analyzers:
        [violation] = analyzers.analyze(shown)
    assert violation.message == (
        'What holds\n["it", "kubernetes:core/v1:ConfigMap", ["number", "secret"], "3.0", "[secret]", true, ["data"], '
        'false, ["urn:old"], 300.0, ["data"], "urn:parent", "cluster", "pulumi:providers:kubernetes", {"context": "c"}]'
    )


def test_reading_an_unknown_gives_up_the_rule_and_leaves_advice_as_the_sdk_does(write: Write) -> None:
    pack = write("""
        PolicyPack("test", policies=[resource_policy(lambda args, report: report(args.props["value"], None))])
    """)
    with _start(pack) as analyzers:
        [violation] = analyzers.analyze(_resource(value=UNKNOWN))
    assert not violation.mandatory
    assert "can't be known during preview" in violation.message


def test_stack_policies_see_outputs_and_the_joins_and_blame_the_stack_for_what_names_no_resource(write: Write) -> None:
    pack = write("""
        def validate(args, report):
            first, second = args.resources
            assert second.parent is first and second.dependencies == [first]
            assert second.property_dependencies["data"] == [first]
            report(second.props["made"], second.urn)
            report("nowhere", "urn:pulumi:blue::stratmaster::x:y:Z::gone")
        PolicyPack("test", policies=[stack_policy(validate)])
    """)
    first = AnalyzedResource(resource=Resource(urn=FIRST, type="x:y:Z", custom=True))
    resource = Resource(
        urn=URN,
        type="x:y:Z",
        custom=True,
        outputs={"made": "output"},
        parent=FIRST,
        dependencies=(FIRST,),
        property_dependencies={"data": (FIRST,), "none": ()},
    )
    with _start(pack) as analyzers:
        assert analyzers.analyze(_resource()) == []
        named, unnamed = analyzers.analyze_stack([first, AnalyzedResource(resource=resource)])
    assert (named.urn, named.message) == (URN, "What holds for all\noutput")
    assert unnamed.urn == "urn:pulumi:blue::stratmaster::pulumi:pulumi:Stack::stratmaster-blue"


def test_a_remediation_changes_the_inputs_and_keeps_secrets_and_unknowns(write: Write) -> None:
    pack = write("""
        def remediate(args):
            args.props["kept"] = True
            return args.props
        policy = ResourceValidationPolicy(
            "it", "What holds", remediate=remediate, enforcement_level=EnforcementLevel.REMEDIATE
        )
        PolicyPack("test", policies=[policy])
    """)
    with _start(pack) as analyzers:
        remediated = analyzers.remediate(_resource(secret=Secret("hunter2"), unknown=UNKNOWN, __internal=1))
    assert remediated.advice == ()
    assert remediated.resource.resource.inputs == {
        "secret": Secret("hunter2"),
        "unknown": UNKNOWN,
        "__internal": 1,
        "kept": True,
    }


def test_a_pack_that_remediates_nothing_leaves_the_resource_as_it_is(write: Write) -> None:
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: None)])')
    resource = _resource(a=1)
    with _start(pack) as analyzers:
        assert analyzers.remediate(resource).resource is resource


def test_what_a_remediation_leaves_standing_blocks(write: Write) -> None:
    pack = write("""
        no = lambda args, report: report("still", None)
        PolicyPack("test", policies=[resource_policy(no, EnforcementLevel.REMEDIATE, remediate=lambda args: None)])
    """)
    with _start(pack) as analyzers:
        assert [item.mandatory for item in analyzers.analyze(_resource())] == [True]


def test_the_packs_own_configuration_and_its_defaults_reach_the_policy(write: Write) -> None:
    pack = write("""
        def validate(args, report):
            report(json.dumps(args.get_config(), sort_keys=True), None)
        schema = PolicyConfigSchema({"limit": {"type": "number", "default": 3}, "name": {"type": "string"}}, ["name"])
        policy = resource_policy(validate, EnforcementLevel.DISABLED, config_schema=schema)
        config = {"it": {"name": "x", "enforcementLevel": "mandatory"}, "all": EnforcementLevel.ADVISORY}
        config["it"]["enforcementLevel"] = EnforcementLevel.MANDATORY
        PolicyPack("test", policies=[policy], initial_config=config)
    """)
    with _start(pack) as analyzers:
        [violation] = analyzers.analyze(_resource())
    assert violation.message == 'What holds\n{"limit": 3.0, "name": "x"}'
    assert violation.mandatory


def test_a_policy_that_lacks_a_setting_it_needs_is_refused(write: Write) -> None:
    pack = write("""
        schema = PolicyConfigSchema({"name": {"type": "string"}}, ["name"])
        PolicyPack("test", policies=[resource_policy(lambda args, report: None, config_schema=schema)])
    """)
    with _start(pack) as analyzers, pytest.raises(RehearsalError, match="needs the setting name"):
        analyzers.ready()


def test_a_rule_that_raises_stops_the_run_whatever_its_level_and_its_secrets_stay_secret(write: Write) -> None:
    pack = write("""
        def validate(args, report):
            raise ValueError("very\\nbad " + args.props["password"])
        PolicyPack("test", policies=[resource_policy(validate, EnforcementLevel.ADVISORY)])
    """)
    with _start(pack) as analyzers, pytest.raises(RehearsalError) as failure:
        analyzers.analyze(_resource(password=Secret("hunter2")))
    assert str(failure.value).count("\n") == 1
    assert f"broke off while judging {URN}" in failure.value.what
    assert "very bad [secret]" in failure.value.what
    assert "hunter2" not in str(failure.value)


def test_a_pack_that_dies_while_it_is_asked_stops_the_run(write: Write) -> None:
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: os._exit(3))])')
    with _start(pack) as analyzers, pytest.raises(RehearsalError, match="its process ended"):
        analyzers.analyze(_resource())


@pytest.mark.parametrize(
    ("main", "problem"),
    [
        ("raise RuntimeError('broken')", "it ended before it served.*RuntimeError: broken"),
        ("import a_module_that_nobody_has", "it ended before it served.*a_module_that_nobody_has"),
        ("print('nonsense')\nPolicyPack('test', policies=[])", "something else than its port"),
        ("def (", "SyntaxError"),
        ("pass", "it ended before it served"),
    ],
)
def test_a_pack_that_does_not_start_is_an_error_of_two_lines(write: Write, main: str, problem: str) -> None:
    pack = write(main)
    with _start(pack) as analyzers, pytest.raises(RehearsalError, match=problem) as failure:
        analyzers.ready()
    assert str(failure.value).count("\n") == 1
    assert "Traceback" not in str(failure.value)
    assert _packs_running(pack) == []


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ("runtime: [", "is no YAML"),
        ("", "needs `runtime: python`"),
        ("- python", "needs `runtime: python`"),
        ("runtime: {options: {}}", "needs `runtime: python`"),
        ("runtime: {name: python, options: [a]}", "needs `runtime: python`"),
        ("runtime: {name: python, options: {virtualenv: 3}}", "virtualenv is no path"),
        ("runtime: nodejs", "runs Python packs only"),
    ],
)
def test_a_malformed_policy_file_is_refused_before_anything_starts(tmp_path: Path, settings: str, problem: str) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_text(settings)
    with pytest.raises(RehearsalError, match=problem) as failure:
        _start(tmp_path)
    assert str(failure.value).count("\n") == 1


def test_a_folder_without_a_pack_is_refused_and_no_other_pack_is_left_running(write: Write, tmp_path: Path) -> None:
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: None)])')
    with pytest.raises(RehearsalError, match="there is no policy pack in"):
        _start(pack, tmp_path / "missing")
    assert _packs_running(pack) == []


def test_a_policy_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(RehearsalError, match="is no YAML"):
        _start(tmp_path)


def test_what_a_pack_logs_reaches_the_caller(write: Write) -> None:
    pack = write("""
        import pulumi
        pulumi.log.warn("mind this")
        PolicyPack("test", policies=[resource_policy(lambda args, report: print("judged"))])
    """)
    lines: list[str] = []
    with _start(pack, say=lines.append) as analyzers:
        analyzers.analyze(_resource())
    assert "judged" in lines
    assert any("mind this" in line for line in lines)


def test_every_process_is_gone_after_the_run_even_when_it_fails(write: Write) -> None:
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: None)])')

    def fail() -> None:
        with _start(pack) as analyzers:
            analyzers.ready()
            assert _packs_running(pack) != []
            raise KeyError("something else")

    with pytest.raises(KeyError):
        fail()
    assert _packs_running(pack) == []


def test_a_pack_that_ignores_the_request_to_end_is_killed(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rehearsal.engine.analyzer_process._STOP_SECONDS", 0.5)
    pack = write("""
        import signal
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        PolicyPack("test", policies=[resource_policy(lambda args, report: None)])
    """)
    with _start(pack) as analyzers:
        analyzers.ready()
    assert _packs_running(pack) == []


@pytest.fixture
def owner(write: Write) -> Iterator[tuple[Path, subprocess.Popen[str]]]:
    """A process of its own that holds a pack."""
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: None)])')
    script = f"""
import time
from pathlib import Path
from rehearsal.engine.analyzers import Analyzers
analyzers = Analyzers.start([Path({str(pack)!r})], project="p", stack="s", dry_run=True, config={{}})
analyzers.ready()
print("ready", flush=True)
time.sleep(600)
"""
    root = Path(__file__).parents[3]
    process = subprocess.Popen([sys.executable, "-c", script], cwd=root, stdout=subprocess.PIPE, text=True)
    yield pack, process
    process.kill()
    process.communicate()


def test_an_engine_killed_outright_leaves_no_pack_behind(owner: tuple[Path, subprocess.Popen[str]]) -> None:
    pack, process = owner
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    assert _packs_running(pack) != []
    os.kill(process.pid, signal.SIGKILL)
    deadline = time.monotonic() + 10
    while _packs_running(pack) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _packs_running(pack) == []


def test_a_pack_runs_in_the_virtual_environment_that_it_names_if_there_is_one(write: Write) -> None:
    pack = write("""
        say = lambda args, report: report(os.environ.get("OWN_PYTHON", "the engine's"), None)
        PolicyPack("test", policies=[resource_policy(say)])
    """)
    (pack / "PulumiPolicy.yaml").write_text("runtime: {name: python, options: {virtualenv: own/venv}}")
    with _start(pack) as analyzers:
        assert analyzers.analyze(_resource())[0].message.endswith("the engine's")
    python = pack / "own" / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nOWN_PYTHON=own exec {sys.executable} "$@"\n')
    python.chmod(0o755)
    with _start(pack) as analyzers:
        assert analyzers.analyze(_resource())[0].message.endswith("own")


def test_no_pack_costs_nothing_and_finds_nothing() -> None:
    with _start() as analyzers:
        assert analyzers.analyze(_resource()) == []
        assert analyzers.analyze_stack([_resource()]) == []
