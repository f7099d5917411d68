"""Every mistake in a stack file is refused by its key's full name, and says how to mend it."""

from collections.abc import Mapping

import pulumi
import pytest

from settings import SettingsError, parse
from settings.data import Cache
from settings.foundation import FoundationSettings
from tests.settings.stack_files import DEV, DIGEST, FOUNDATION, MCP, SLOT, TRAFFIC, config, read, refusal

PLACES = ((FOUNDATION, "production"), (SLOT, "blue"), (DEV, "dev"), (TRAFFIC, "traffic"))


@pytest.mark.parametrize(("base", "stack"), PLACES, ids=["foundation", "slot", "dev", "traffic"])
def test_the_settings_that_others_are_broken_from_are_accepted(base: Mapping[str, object], stack: str) -> None:
    assert read(base, stack).environment == base["environment"]


def only(problems: list[tuple[str, str]]) -> tuple[str, str]:
    assert len(problems) == 1, problems
    return problems[0]


def test_an_unknown_key_is_refused_with_the_nearest_valid_one() -> None:
    what, mend = only(refusal(SLOT, "blue", databasePoolsize="6"))
    assert what == "stratmaster:databasePoolsize is not a setting of a slot stack."
    assert mend == "Did you mean databasePoolSize?"


def test_an_unknown_key_inside_an_object_is_refused_with_the_nearest_valid_one() -> None:
    what, mend = only(refusal(SLOT, "blue", image={"tag": "v1", "digets": DIGEST, "digest": DIGEST}))
    assert what == "stratmaster:image.digets is not a setting."
    assert mend == "Did you mean digest?"


def test_an_unknown_key_like_no_other_is_refused_with_all_valid_ones() -> None:
    _, mend = only(refusal(FOUNDATION, "production", zzz="1"))
    assert "secretValues" in mend
    assert "access" in mend


def test_an_unknown_slot_is_refused() -> None:
    what, mend = only(refusal(TRAFFIC, "traffic", weights={"blue": 100, "gren": 0}))
    assert what == "stratmaster:weights.gren is not a setting."
    assert mend == "Did you mean green?"


def test_a_key_of_another_role_is_refused() -> None:
    what, _ = only(refusal(TRAFFIC, "traffic", replicas={"min": 3, "max": 10}))
    assert what == "stratmaster:replicas is not a setting of a traffic stack."


@pytest.mark.parametrize("key", ["kubernetes:context", "aws:region", "stratmater:weights"])
def test_config_that_nothing_reads_is_refused(key: str) -> None:
    with pytest.raises(SettingsError, match=f"^{key} is set, but nothing here reads it"):
        parse({**config(TRAFFIC), key: "x"}, frozenset(), "traffic")


def test_pulumis_own_config_is_left_alone() -> None:
    assert parse({**config(TRAFFIC), "pulumi:tags": "{}"}, frozenset(), "traffic")


def test_a_missing_role_is_refused() -> None:
    what, mend = only(refusal(TRAFFIC, "traffic", role=None))
    assert what == "stratmaster:role is missing."
    assert mend == "Valid here: foundation, slot, traffic."


def test_a_misspelt_role_is_refused_with_the_nearest_one() -> None:
    assert only(refusal(TRAFFIC, "traffic", role="trafic"))[1] == "Did you mean traffic?"


def test_a_missing_setting_is_refused() -> None:
    assert only(refusal(TRAFFIC, "traffic", weights=None))[0] == "stratmaster:weights is missing."


@pytest.mark.parametrize(
    ("base", "stack", "key", "value", "said"),
    [
        (TRAFFIC, "traffic", "weights", "blue", "stratmaster:weights is blue, not a mapping."),
        (TRAFFIC, "traffic", "weights", "{blue: 100}", "stratmaster:weights is not valid JSON."),
        (TRAFFIC, "traffic", "weights", {"blue": "all"}, "stratmaster:weights.blue is all, not a whole number."),
        (TRAFFIC, "traffic", "weights", {"blue": True}, "stratmaster:weights.blue is true, not a whole number."),
        (TRAFFIC, "traffic", "weights", {"blue": 99.5}, "stratmaster:weights.blue is 99.5, not a whole number."),
        (TRAFFIC, "traffic", "weights", {"blue": 101}, "stratmaster:weights.blue is 101, which isn't allowed."),
        (TRAFFIC, "traffic", "maintenance", "yes", "stratmaster:maintenance is yes, not true or false."),
        (TRAFFIC, "traffic", "maintenance", "1", "stratmaster:maintenance is 1, not true or false."),
        (TRAFFIC, "traffic", "host", "", "stratmaster:host is empty, which isn't allowed."),
        (
            TRAFFIC,
            "traffic",
            "host",
            "*.stratmaster.com",
            "stratmaster:host is *.stratmaster.com, which isn't allowed.",
        ),
        (TRAFFIC, "traffic", "entry", "gatway", "stratmaster:entry is gatway, none of its choices."),
        (SLOT, "blue", "databasePoolSize", "six", "stratmaster:databasePoolSize is six, not a whole number."),
        (SLOT, "blue", "timeoutSeconds", "5", "stratmaster:timeoutSeconds is 5, which isn't allowed."),
        (SLOT, "blue", "replicas", {"min": 5, "max": 2}, "stratmaster:replicas: min 5 is above max 2."),
        (SLOT, "blue", "image", {"tag": "", "digest": DIGEST}, "stratmaster:image.tag is empty, which isn't allowed."),
        (SLOT, "blue", "image", {"digest": DIGEST}, "stratmaster:image.tag is missing."),
    ],
)
def test_a_wrong_value_is_refused_by_name(
    base: Mapping[str, object], stack: str, key: str, value: object, said: str
) -> None:
    what, mend = only(refusal(base, stack, {key: value}))
    assert what == said
    assert mend


@pytest.mark.parametrize(
    ("base", "stack", "key", "value", "bound"),
    [
        (SLOT, "blue", "timeoutSeconds", "5", ", at least 30."),
        (SLOT, "blue", "timeoutSeconds", "5000", ", at most 3600."),
        (
            FOUNDATION,
            "production",
            "monitoring",
            {"objectives": {"availabilityPercent": 100}},
            "per cent of the time that the API answers, below 100.",
        ),
    ],
)
def test_a_number_that_is_too_small_or_too_large_is_refused_with_its_bound(
    base: Mapping[str, object], stack: str, key: str, value: object, bound: str
) -> None:
    assert only(refusal(base, stack, {key: value}))[1].endswith(bound)


SIZES = {"cpu": "2", "memory": "4Gi", "ephemeralStorage": "1Gi"}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"memory": "512m"}, "stratmaster:resources.requests.memory is 512m, which isn't allowed."),
        ({"cpu": "2Gi"}, "stratmaster:resources.requests.cpu is 2Gi, which isn't allowed."),
        ({"cpu": "2001m"}, "stratmaster:resources: requests.cpu 2001m is above limits.cpu 2."),
        ({"memory": "4.5Gi"}, "stratmaster:resources: requests.memory 4.5Gi is above limits.memory 4Gi."),
        (
            {"ephemeralStorage": "2G"},
            "stratmaster:resources: requests.ephemeralStorage 2G is above limits.ephemeralStorage 1Gi.",
        ),
    ],
)
def test_a_size_that_the_api_server_would_refuse_in_the_middle_of_a_release_is_refused_before(
    wrong: Mapping[str, str], said: str
) -> None:
    assert only(refusal(SLOT, "blue", resources={"requests": {**SIZES, **wrong}, "limits": SIZES}))[0] == said


def test_a_size_may_be_written_in_another_unit_than_its_limit() -> None:
    assert read(SLOT, "blue", resources={"requests": {**SIZES, "cpu": "2000m", "memory": "4096Mi"}, "limits": SIZES})


@pytest.mark.parametrize("repository", ["ghcr.io/stratmaster/api:v1", "ghcr.io/StratMaster/api", "https://ghcr.io/api"])
def test_a_repository_that_the_chart_would_refuse_is_refused_by_its_setting(repository: str) -> None:
    what, _ = only(refusal(SLOT, "blue", image={"repository": repository, "tag": "v1", "digest": DIGEST}))
    assert what == f"stratmaster:image.repository is {repository}, which isn't allowed."


def test_a_private_key_in_place_of_a_public_one_is_refused_and_not_repeated() -> None:
    key = "AGE-SECRET-KEY-1" + "Q" * 58
    operations = {"tag": "v1", "digest": DIGEST}
    what, mend = only(refusal(FOUNDATION, "production", operations=operations, backups={"configRecipients": [key]}))
    assert what.startswith("stratmaster:backups.configRecipients.0: is a private key")
    assert "QQQ" not in what + mend


def test_a_version_that_yaml_took_for_a_number_is_refused_since_it_lost_a_digit() -> None:
    what, _ = only(refusal(SLOT, "blue", image={"tag": 1.10, "digest": DIGEST}))
    assert what == "stratmaster:image.tag is 1.1, not text (quote it if YAML takes it for a number)."


def test_a_weight_total_other_than_100_is_refused() -> None:
    what, _ = only(refusal(TRAFFIC, "traffic", weights={"blue": 60, "green": 30}))
    assert what == "stratmaster:weights total 90, not 100 (blue: 60, green: 30)."


def test_shared_weights_are_refused_in_ingress_mode() -> None:
    what, _ = only(refusal(TRAFFIC, "traffic", entry="ingress", weights={"blue": 60, "green": 40}))
    assert (
        what
        == "stratmaster:weights share the users (blue: 60, green: 40), but stratmaster:entry ingress has one backend."
    )


@pytest.mark.parametrize("weights", [{"blue": 100, "green": 0}, {"green": 100}])
def test_all_users_on_one_slot_are_accepted_in_ingress_mode(weights: object) -> None:
    assert read(TRAFFIC, "traffic", entry="ingress", weights=weights)


@pytest.mark.parametrize(("base", "stack"), [(SLOT, "blue"), (DEV, "dev")])
def test_the_tag_latest_is_refused_everywhere(base: Mapping[str, object], stack: str) -> None:
    what, _ = only(refusal(base, stack, image={"tag": "latest", "digest": DIGEST}))
    assert what.startswith("stratmaster:image.tag is latest")


def test_a_missing_digest_is_refused_outside_development() -> None:
    assert only(refusal(SLOT, "blue", image={"tag": "v1"}))[0].startswith("stratmaster:image.digest is missing")


def test_a_missing_digest_of_an_mcp_service_is_refused_by_its_name_outside_development() -> None:
    what, _ = only(refusal(SLOT, "blue", mcp={**MCP, "router": {"tag": "v1"}}))
    assert what.startswith("stratmaster:mcp.router.digest is missing")


def test_connections_above_the_limit_are_refused_with_the_largest_pool_that_fits() -> None:
    what, mend = only(refusal(SLOT, "blue", databasePoolSize="7"))
    assert what == (
        "stratmaster:databasePoolSize 7 can open 182 connections (2 slots x 13 pods x 7), above 160, "
        "80 % of stratmaster:database.maxConnections 200."
    )
    assert mend.startswith("Set stratmaster:databasePoolSize to 6 or less")


def test_the_designs_numbers_fit_the_connections() -> None:
    assert read(SLOT, "blue", databasePoolSize="6", replicas={"min": 3, "max": 10})


def test_a_pool_too_large_at_any_size_is_not_told_to_be_zero() -> None:
    _, mend = only(refusal(SLOT, "blue", replicas={"min": 3, "max": 100}, databasePoolSize="1"))
    assert mend.startswith("Lower stratmaster:replicas.max")


@pytest.mark.parametrize("key", ["bodySizeMegabytes", "requestsPerMinute"])
def test_a_limit_that_the_gateway_api_has_not_is_refused_in_gateway_mode_and_taken_in_ingress_mode(key: str) -> None:
    what, _ = only(refusal(TRAFFIC, "traffic", limits={key: 5}))
    assert what.startswith(f"stratmaster:limits.{key} is set, but with stratmaster:entry gateway nothing reads it")
    assert read(TRAFFIC, "traffic", entry="ingress", limits={key: 5})


def test_plain_secrets_are_refused_outside_development() -> None:
    what, _ = only(refusal(SLOT, "blue", secrets={"backend": "plain"}))
    assert what == "stratmaster:secrets.backend is plain, which only development may use."


def test_production_without_an_identity_provider_is_refused() -> None:
    assert only(refusal(SLOT, "blue", endpoints=None))[0].startswith("stratmaster:endpoints.oidc is missing")


@pytest.mark.parametrize("stack", ["purple", "dev", "production"])
def test_a_slot_in_production_has_a_slots_name(stack: str) -> None:
    assert only(refusal(SLOT, stack))[0].startswith(f"Stack {stack} has stratmaster:role slot")


@pytest.mark.parametrize("stack", ["blue", "production", "Dev", "a_b"])
def test_a_development_slot_takes_no_name_that_is_productions_or_no_namespace(stack: str) -> None:
    assert only(refusal(DEV, stack))[0].startswith(f"Stack {stack} can't be a development slot")


def test_secret_values_in_clear_text_are_refused_without_being_shown() -> None:
    what, mend = only(refusal(DEV, "dev", secretValues={"external-api-keys": {"openai-api-key": "canary-value"}}))
    assert what == "stratmaster:secretValues stands in the stack file for everybody to read."
    assert "canary" not in what + mend


def test_a_secret_value_of_the_wrong_type_is_never_shown() -> None:
    secret = frozenset({"stratmaster:secretValues"})
    problems = refusal(DEV, "dev", secret=secret, secretValues={"external-api-keys": {"openai-api-key": 4711}})
    assert only(problems)[0].startswith(
        "stratmaster:secretValues.external-api-keys.openai-api-key is a secret value, not"
    )


def test_any_setting_that_was_set_as_a_secret_is_never_shown() -> None:
    secret = frozenset({"stratmaster:host"})
    what, mend = only(refusal(TRAFFIC, "traffic", secret=secret, host="canary value"))
    assert "canary" not in what + mend


def test_secret_values_that_the_sealed_backend_would_ignore_are_refused() -> None:
    secret = frozenset({"stratmaster:secretValues"})
    problems = refusal(DEV, "dev", secret=secret, secrets={"backend": "sealed"}, secretValues={"a": {"b": "c"}})
    assert only(problems)[0].startswith("stratmaster:secretValues is set, but")


def test_all_mistakes_are_told_at_once() -> None:
    problems = refusal(
        TRAFFIC, "traffic", environment="prod", weights={"blue": 60}, entry="gatway", maintenance="perhaps", wieght="1"
    )
    told = " ".join(what for what, _ in problems)
    for key in ("environment", "weights total 60", "entry", "maintenance", "wieght"):
        assert f"stratmaster:{key}" in told
    assert len(problems) == 5


def test_a_refusal_is_shown_by_pulumi_without_a_traceback_and_as_two_lines() -> None:
    with pytest.raises(pulumi.RunError) as raised:
        read(TRAFFIC, "traffic", host="")
    assert len(str(raised.value).splitlines()) == 2


def test_a_rotation_that_nothing_would_act_on_is_refused() -> None:
    what, _ = only(refusal(SLOT, "blue", secrets={"backend": "sealed", "rotation": "2"}))
    assert what.startswith("stratmaster:secrets.rotation is set")


@pytest.mark.parametrize("role", ["operators", "readers", "ci"])
@pytest.mark.parametrize("group", ["system:masters", "system:authenticated", "system:serviceaccounts:default"])
def test_kubernetes_own_groups_are_given_no_role(role: str, group: str) -> None:
    what, _ = only(refusal(SLOT, "blue", access={role: [group]}))
    assert what == f"stratmaster:access.{role} has {group}, a group of Kubernetes' own."


def test_pipelines_share_no_group_with_people() -> None:
    what, _ = only(refusal(SLOT, "blue", access={"readers": ["team"], "ci": ["team"]}))
    assert what == "stratmaster:access.ci has team, which is a group of operators or readers too."


@pytest.mark.parametrize("memory", ["0", "0Gi", "0.0Mi", "00"])
def test_an_amount_of_nothing_is_refused(memory: str) -> None:
    what, _ = only(refusal(FOUNDATION, "production", cache={"memory": memory}))
    assert what == f"stratmaster:cache.memory is {memory}, which isn't allowed."


@pytest.mark.parametrize("memory", ["0.5Gi", "10Gi", "2000", "1.05Gi", "100Mi"])
def test_an_amount_of_something_is_accepted(memory: str) -> None:
    found = read(FOUNDATION, "production", cache={"memory": memory})
    assert isinstance(found, FoundationSettings)
    assert found.cache == Cache(memory=memory)
