from __future__ import annotations

import pytest

from rehearsal.engine.analyzers import AnalyzedResource
from rehearsal.engine.resource import Resource, Timeouts
from rehearsal.engine.wire import UNKNOWN, Secret
from rehearsal.errors import RehearsalError
from tests.rehearsal.engine.packs import URN, Write, analyzed, start

FIRST = "urn:pulumi:blue::stratmaster::x:y:Z::first"


def test_a_pack_has_the_environment_and_the_folder_that_the_cli_gives_it(write: Write) -> None:
    pack = write("""
        names = [name for name in os.environ if name.startswith("PULUMI_")]
        seen = json.dumps({**{name: os.environ[name] for name in names}, "cwd": os.getcwd()})
        PolicyPack("test", policies=[resource_policy(lambda args, report: report(seen, None))])
    """)
    with start(pack) as analyzers:
        [violation] = analyzers.analyze(analyzed())
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
        with start(pack, dry_run=dry_run) as analyzers:
            assert analyzers.analyze(analyzed())[0].message == f"What holds\n{dry_run}"


def test_a_violation_says_pack_policy_level_and_severity(write: Write) -> None:
    pack = write("""
        no = lambda args, report: report("no", None)
        PolicyPack("test", policies=[
            resource_policy(no, severity=Severity.HIGH),
            ResourceValidationPolicy("advice", "Better so", validate=no),
            ResourceValidationPolicy("off", "Never asked", validate=no, enforcement_level=EnforcementLevel.DISABLED),
        ])
    """)
    with start(pack) as analyzers:
        blocking, advice = analyzers.analyze(analyzed())
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
    with start(pack) as analyzers:
        [violation] = analyzers.analyze(shown)
    assert violation.message == (
        'What holds\n["it", "kubernetes:core/v1:ConfigMap", ["number", "secret"], "3.0", "[secret]", true, ["data"], '
        'false, ["urn:old"], 300.0, ["data"], "urn:parent", "cluster", "pulumi:providers:kubernetes", {"context": "c"}]'
    )


def test_reading_an_unknown_gives_up_the_rule_and_leaves_advice_as_the_sdk_does(write: Write) -> None:
    pack = write("""
        PolicyPack("test", policies=[resource_policy(lambda args, report: report(args.props["value"], None))])
    """)
    with start(pack) as analyzers:
        [violation] = analyzers.analyze(analyzed(value=UNKNOWN))
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
    with start(pack) as analyzers:
        assert analyzers.analyze(analyzed()) == []
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
    with start(pack) as analyzers:
        remediated = analyzers.remediate(analyzed(secret=Secret("hunter2"), unknown=UNKNOWN, __internal=1))
    assert remediated.advice == ()
    assert remediated.resource.resource.inputs == {
        "secret": Secret("hunter2"),
        "unknown": UNKNOWN,
        "__internal": 1,
        "kept": True,
    }


def test_a_pack_that_remediates_nothing_leaves_the_resource_as_it_is(write: Write) -> None:
    pack = write('PolicyPack("test", policies=[resource_policy(lambda args, report: None)])')
    resource = analyzed(a=1)
    with start(pack) as analyzers:
        assert analyzers.remediate(resource).resource is resource


def test_what_a_remediation_leaves_standing_blocks(write: Write) -> None:
    pack = write("""
        no = lambda args, report: report("still", None)
        PolicyPack("test", policies=[resource_policy(no, EnforcementLevel.REMEDIATE, remediate=lambda args: None)])
    """)
    with start(pack) as analyzers:
        assert [item.mandatory for item in analyzers.analyze(analyzed())] == [True]


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
    with start(pack) as analyzers:
        [violation] = analyzers.analyze(analyzed())
    assert violation.message == 'What holds\n{"limit": 3.0, "name": "x"}'
    assert violation.mandatory


def test_a_policy_that_lacks_a_setting_it_needs_is_refused(write: Write) -> None:
    pack = write("""
        schema = PolicyConfigSchema({"name": {"type": "string"}}, ["name"])
        PolicyPack("test", policies=[resource_policy(lambda args, report: None, config_schema=schema)])
    """)
    with start(pack) as analyzers, pytest.raises(RehearsalError, match="needs the setting name"):
        analyzers.ready()


def test_a_rule_that_raises_stops_the_run_whatever_its_level_and_its_secrets_stay_secret(write: Write) -> None:
    pack = write("""
        def validate(args, report):
            raise ValueError("very\\nbad " + args.props["password"])
        PolicyPack("test", policies=[resource_policy(validate, EnforcementLevel.ADVISORY)])
    """)
    with start(pack) as analyzers, pytest.raises(RehearsalError) as failure:
        analyzers.analyze(analyzed(password=Secret("hunter2")))
    assert str(failure.value).count("\n") == 1
    assert f"broke off while judging {URN}" in failure.value.what
    assert "very bad [secret]" in failure.value.what
    assert "hunter2" not in str(failure.value)
