"""Turns a validation error into words for the person who edits the stack file."""

import types
from collections.abc import Iterator
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from settings.problems import Problem, nearest
from settings.values import Model

_WANTED: Final = {
    "int_type": "a whole number",
    "bool_type": "true or false",
    "string_type": "text (quote it if YAML takes it for a number)",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "dict_type": "a mapping",
    "tuple_type": "a list",
}
_BOUNDS: Final = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_LONGEST_SHOWN: Final = 60


def explain(error: ValidationError, model: type[Model], field: str, *, shown: bool) -> Iterator[Problem]:
    """One problem for each thing wrong with one setting.

    Args:
        error: what pydantic found.
        model: the settings that the field belongs to.
        field: the field's name in Python.
        shown: whether the value may be repeated in the error; False for a secret one.
    """
    found = error.errors(include_url=False)
    for details in found:
        # A list that fails because of one of its entries is told by that entry alone.
        if not any(_inside(other["loc"], details["loc"]) for other in found):
            yield _problem(details, model, field, shown=shown)


def _inside(inner: tuple[int | str, ...], outer: tuple[int | str, ...]) -> bool:
    return len(inner) > len(outer) and inner[: len(outer)] == outer


def _problem(details: ErrorDetails, model: type[Model], field: str, *, shown: bool) -> Problem:
    alias = model.model_fields[field].alias or field
    path = [str(step) for step in details["loc"][1:] if step != "[key]"]
    key = ".".join([f"stratmaster:{alias}", *path])
    kind, hint = details["type"], _hint(model, field, path)
    if kind == "extra_forbidden":
        valid = _keys(_annotation(model, field, path[:-1]))
        return Problem(what=f"{key} is not a setting.", mend=nearest(path[-1], valid))
    if kind == "missing":
        return Problem(what=f"{key} is missing.", mend=f"What belongs there: {hint}.")
    if kind == "literal_error":
        options = [str(option) for option in _options(_annotation(model, field, path))]
        found = str(details["input"])
        return Problem(
            what=f"{key} is {_found(details, shown=shown)}, none of its choices.", mend=nearest(found, options)
        )
    if kind == "json_invalid":
        return Problem(what=f"{key} is not valid JSON.", mend=f"What belongs there: {hint}.")
    if wanted := _WANTED.get(kind):
        return Problem(
            what=f"{key} is {_found(details, shown=shown)}, not {wanted}.", mend=f"What belongs there: {hint}."
        )
    if kind == "value_error":
        return Problem(
            what=f"{key}: {details['msg'].removeprefix('Value error, ')}.", mend=f"What belongs there: {hint}."
        )
    context = details.get("ctx", {})
    bounds = [f", {words} {context[name]}" for name, words in _BOUNDS.items() if name in context]
    return Problem(
        what=f"{key} is {_found(details, shown=shown)}, which isn't allowed.",
        mend=f"What belongs there: {hint}{''.join(bounds)}.",
    )


def _found(details: ErrorDetails, *, shown: bool) -> str:
    value: object = details["input"]
    if not shown:
        return "a secret value"
    if value == "":
        return "empty"
    if isinstance(value, str | int | float):
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}..."
    return "nothing" if value is None else f"a {'mapping' if isinstance(value, dict) else 'list'}"


def _bare(annotation: Any) -> Any:  # noqa: ANN401 - a type, of any kind
    """The one type behind Annotated and `| None`."""
    if hasattr(annotation, "__metadata__"):
        return _bare(get_args(annotation)[0])
    if get_origin(annotation) in {Union, types.UnionType}:
        return _bare(next(option for option in get_args(annotation) if option is not type(None)))
    return annotation


def _keys(annotation: Any) -> list[str]:  # noqa: ANN401 - a type, of any kind
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [info.alias or name for name, info in annotation.model_fields.items()]
    return []


def _options(annotation: Any) -> tuple[object, ...]:  # noqa: ANN401 - a type, of any kind
    return get_args(annotation)


def _annotation(model: type[BaseModel], field: str, path: list[str]) -> Any:  # noqa: ANN401 - a type, of any kind
    annotation = _bare(model.model_fields[field].annotation)
    for step in path:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            info = next((info for name, info in annotation.model_fields.items() if (info.alias or name) == step), None)
            annotation = _bare(info.annotation) if info else None
        else:
            inner = get_args(annotation)
            annotation = _bare(inner[-1] if get_origin(annotation) is dict else inner[0]) if inner else None
    return annotation


def _hint(model: type[BaseModel], field: str, path: list[str]) -> str:
    """The description of the innermost described setting on the way to the value."""
    hint = model.model_fields[field].description or "a value of the right kind"
    annotation = _bare(model.model_fields[field].annotation)
    for step in path:
        if not (isinstance(annotation, type) and issubclass(annotation, BaseModel)):
            break
        info = next((info for name, info in annotation.model_fields.items() if (info.alias or name) == step), None)
        if info is None:
            break
        hint, annotation = info.description or hint, _bare(info.annotation)
    return hint
