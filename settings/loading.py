"""Reads a stack's settings, once, and tells everything that is wrong with them at once."""

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, Final, TypeAlias

import pulumi
import pulumi.runtime
from pydantic import ValidationError, create_model

from settings import checks
from settings.explaining import explain
from settings.foundation import FoundationSettings
from settings.problems import Problem, SettingsError, nearest, refuse
from settings.slot import SlotSettings
from settings.traffic import TrafficSettings
from settings.values import Model

Settings: TypeAlias = FoundationSettings | SlotSettings | TrafficSettings

NAMESPACE: Final = "stratmaster"
ROLES: Final[Mapping[str, type[Settings]]] = {
    "foundation": FoundationSettings,
    "slot": SlotSettings,
    "traffic": TrafficSettings,
}


def load() -> Settings:
    """The settings of the running stack.

    Raises:
        SettingsError: with every mistake in the stack's config; a RunError, so Pulumi shows it without a traceback.
    """
    config = pulumi.Config(NAMESPACE)
    keys = {_alias(model, field) for model in ROLES.values() for field in model.model_fields}
    known = {f"{NAMESPACE}:{key}": value for key in keys if (value := config.get(key)) is not None}
    # Only the environment tells which keys are set that we don't know; Config alone answers for the others.
    everything = {**pulumi.runtime.get_config_env(), **known}
    marked = {key for key in everything if pulumi.runtime.is_config_secret(key)}
    return parse(everything, marked | set(pulumi.runtime.get_config_secret_keys_env()), pulumi.get_stack())


def parse(config: Mapping[str, str], secret_keys: AbstractSet[str], stack: str) -> Settings:
    """Settings from config as the CLI hands it over.

    Args:
        config: full key (`stratmaster:weights`) -> text; objects as JSON.
        secret_keys: the full keys whose values are secret and may not be shown in an error.
        stack: the stack's name.

    Raises:
        SettingsError: with every mistake found.
    """
    ours, found = _own(config)
    role = ours.get("role")
    model = ROLES.get(role) if role is not None else None
    if model is None:
        raise SettingsError([*found, _wrong_role(role)])
    values, given = _defaults(model), set[str]()
    for key, text in sorted(ours.items()):
        field = next((field for field in model.model_fields if _alias(model, field) == key), None)
        if field is None:
            found.append(_unknown(model, key))
            continue
        given.add(field)
        values.pop(field, None)
        try:
            values[field] = _value(model, field, text)
        except ValidationError as error:
            shown = field != "secret_values" and f"{NAMESPACE}:{key}" not in secret_keys
            found.extend(explain(error, model, field, shown=shown))
    found.extend(_missing(model, given))
    found.extend(_open_secret_values(given, secret_keys))
    found.extend(checks.problems(model.__name__.removesuffix("Settings").lower(), stack, values, given))
    refuse(found)
    return model.model_construct(_fields_set=given, **values)


def _own(config: Mapping[str, str]) -> tuple[dict[str, str], list[Problem]]:
    """Our own config without its prefix, and a problem for every other namespace but Pulumi's own.

    Settings for a default provider (`kubernetes:context`, `aws:region`) are refused rather than passed over: every
    provider here is explicit, so they would change nothing, and who sets one believes that it does.
    """
    ours: dict[str, str] = {}
    found: list[Problem] = []
    for full, text in config.items():
        namespace, _, key = full.partition(":")
        if namespace == NAMESPACE:
            ours[key] = text
        elif namespace != "pulumi":
            found.append(
                Problem(
                    what=f"{full} is set, but nothing here reads it: providers are explicit.",
                    mend="Remove it. The cluster is chosen by stratmaster:cluster.context.",
                )
            )
    return ours, found


def _wrong_role(role: str | None) -> Problem:
    what = "stratmaster:role is missing." if role is None else "stratmaster:role is none of the roles a stack can have."
    return Problem(what=what, mend=nearest(role or "", list(ROLES)))


def _alias(model: type[Settings], field: str) -> str:
    return model.model_fields[field].alias or field


def _defaults(model: type[Settings]) -> dict[str, Any]:
    return {
        name: info.get_default(call_default_factory=True, validated_data={})
        for name, info in model.model_fields.items()
        if not info.is_required()
    }


def _value(model: type[Settings], field: str, text: str) -> object:
    """One setting from its text; what looks like JSON is JSON, as the CLI hands objects and lists over."""
    info = model.model_fields[field]
    alone: dict[str, Any] = {field: (info.annotation, info)}
    single = create_model("Setting", __base__=Model, **alone)
    written = text if text[:1] in {"{", "["} else json.dumps(text)
    return getattr(single.model_validate_json(f"{{{json.dumps(_alias(model, field))}: {written}}}"), field)


def _unknown(model: type[Settings], key: str) -> Problem:
    keys = [_alias(model, field) for field in model.model_fields]
    role = model.__name__.removesuffix("Settings").lower()
    return Problem(what=f"stratmaster:{key} is not a setting of a {role} stack.", mend=nearest(key, keys))


def _missing(model: type[Settings], given: set[str]) -> Iterator[Problem]:
    for field, info in model.model_fields.items():
        if info.is_required() and field not in given:
            yield Problem(
                what=f"stratmaster:{_alias(model, field)} is missing.",
                mend=f"What belongs there: {info.description}.",
            )


def _open_secret_values(given: set[str], secret_keys: AbstractSet[str]) -> Iterator[Problem]:
    if "secret_values" in given and f"{NAMESPACE}:secretValues" not in secret_keys:
        yield Problem(
            what="stratmaster:secretValues stands in the stack file for everybody to read.",
            mend="Set each value again with `pulumi config set --secret --path`, and take the old ones for known.",
        )
