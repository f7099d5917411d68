"""The kinds of value a setting can have.

Every top-level value reaches the program as text, and the CLI's `--config-path` turns text into whole numbers and
booleans inside objects. So each kind takes what the CLI makes of it and refuses whatever would lose something on the
way: `1.10` read by YAML as the number 1.1 is no version, and `true` is no number.
"""

from collections.abc import Callable
from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from pydantic.alias_generators import to_camel

Environment = Literal["production", "development"]


class Model(BaseModel):
    """A group of settings: camelCase in YAML, unchangeable once read, and unknown keys refused."""

    model_config = ConfigDict(
        alias_generator=to_camel, extra="forbid", frozen=True, strict=True, hide_input_in_errors=True
    )


def _whole(value: object) -> object:
    if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
        return int(value)
    return value


def _flag(value: object) -> object:
    return {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _before(convert: Callable[[object], object]) -> BeforeValidator:
    return BeforeValidator(convert)


Whole = Annotated[int, _before(_whole)]
Flag = Annotated[bool, _before(_flag)]
Text = Annotated[str, _before(_text), Field(min_length=1)]
Name = Annotated[Text, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
Hostname = Annotated[Text, Field(pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)+[a-z]{2,}$", max_length=253)]
_ABOVE_0: Final = r"([0-9]*[1-9][0-9]*(\.[0-9]+)?|0+\.[0-9]*[1-9][0-9]*)"
Cores = Annotated[Text, Field(pattern=f"^{_ABOVE_0}m?$")]
Bytes = Annotated[Text, Field(pattern=f"^{_ABOVE_0}(k|[KMGT]i?)?$")]
"""Without `m`: Kubernetes takes 512m for half a byte, and who writes it means 512Mi."""
Percent = Annotated[Whole, Field(ge=0, le=100)]
Url = Annotated[Text, Field(pattern=r"^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[^\s]*)?$")]
Cidr = Annotated[Text, Field(pattern=r"^[0-9a-fA-F:.]+/[0-9]{1,3}$")]
Repository = Annotated[
    Text, Field(pattern=r"^[a-z0-9.-]+(:[0-9]+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+$")  # the chart's own schema
]
Digest = Annotated[str, Field(pattern=r"^sha256:[0-9a-f]{64}$")]
Tag = Annotated[Text, Field(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$")]
