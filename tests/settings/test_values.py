"""What the CLI makes of values is taken, and nothing is lost on the way: input spaces are searched, not sampled."""

import json

from hypothesis import given
from hypothesis import strategies as st

from settings import Problem, SettingsError, SlotSettings, TrafficSettings
from settings.checks import pods_at_most
from settings.common import Replicas
from tests.settings.stack_files import DEV, SLOT, TRAFFIC, read, refusal

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.integers(min_value=-50, max_value=150), st.integers(min_value=-50, max_value=150))
def test_weights_are_accepted_exactly_if_both_are_percentages_and_total_100(blue: int, green: int) -> None:
    valid = 0 <= blue <= 100 and 0 <= green <= 100 and blue + green == 100
    try:
        settings = read(TRAFFIC, "traffic", weights={"blue": blue, "green": green})
    except SettingsError:
        assert not valid
    else:
        assert valid
        assert isinstance(settings, TrafficSettings)
        assert settings.weights.by_slot() == {"blue": blue, "green": green}


@given(st.integers(min_value=0, max_value=100))
def test_numbers_are_the_same_as_text_and_as_numbers(blue: int) -> None:
    as_numbers = read(TRAFFIC, "traffic", weights={"blue": blue, "green": 100 - blue})
    as_text = read(TRAFFIC, "traffic", weights={"blue": str(blue), "green": str(100 - blue)})
    assert as_numbers == as_text


@given(st.integers(1, 40), st.integers(1, 40), st.integers(1, 2000))
def test_connections_are_accepted_exactly_within_the_designs_formula(maximum: int, pool: int, connections: int) -> None:
    pods = maximum + (maximum + 3) // 4
    changes = {
        "replicas": {"min": 1, "max": maximum},
        "databasePoolSize": str(pool),
        "database": {"maxConnections": connections},
    }
    try:
        read(SLOT, "blue", **changes)
    except SettingsError:
        assert 2 * pods * pool > 0.8 * connections
    else:
        assert 2 * pods * pool <= 0.8 * connections


def test_the_surge_is_rounded_up() -> None:
    assert pods_at_most(Replicas(min=3, max=10)) == 13


@given(st.sampled_from(sorted({*SlotSettings.model_fields} - {"role"})), ANYTHING)
def test_no_value_of_any_setting_ends_in_anything_but_settings_or_a_refusal_by_name(field: str, value: object) -> None:
    key = SlotSettings.model_fields[field].alias or field
    problems: tuple[Problem, ...] | None = None
    try:
        read(DEV, "dev", **{key: value if value is not None else "null"})
    except SettingsError as error:
        problems = error.problems
    assert problems is None or any(f"stratmaster:{key}" in problem.what and problem.mend for problem in problems)


@given(st.text())
def test_no_text_as_a_whole_object_ends_in_a_traceback(text: str) -> None:
    what, mend = refusal(TRAFFIC, "traffic", weights=text)[0]
    assert what.startswith("stratmaster:weights")
    assert mend


@given(st.dictionaries(st.text(), st.text(min_size=8), min_size=1))
def test_no_secret_value_is_ever_repeated(values: dict[str, str]) -> None:
    canary = "canary-7c1f"
    hidden = {"external-api-keys": {key: [f"{canary}{value}"] for key, value in values.items()}}
    problems = refusal(DEV, "dev", secret=frozenset({"stratmaster:secretValues"}), secretValues=hidden)
    assert canary not in json.dumps(problems)
