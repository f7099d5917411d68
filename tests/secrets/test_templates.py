"""What the operator puts together in the cluster is what the program puts together itself, whatever is in it."""

from __future__ import annotations

import json
import string
import subprocess
from pathlib import Path
from random import Random
from typing import Final

import pytest

from components.secret_catalogue import CATALOGUE
from components.secret_sources import Derived
from tests.go_program import GoProgram

DERIVED: Final = {
    (spec.name, key): source for spec in CATALOGUE for key, source in spec.keys.items() if isinstance(source, Derived)
}
HOSTILE: Final = (
    *(
        "p@ss/word:with?every#mark%of[a]url",
        "a b+c%20d",
        "{{ .Values }}",
        "$HOME`id`",
        '"quoted"\\back',
        "ünïcødé 鍵",
        "",
    ),
    string.printable,
)
ROUNDS: Final = 100


@pytest.fixture(scope="module")
def engine() -> Path:
    """The operator's template engine; seconds to build, once."""
    program = GoProgram(name="templates", folder=Path(__file__).with_name("tools"), package=".")
    return program.provide(print) / "templates"


def values() -> list[str]:
    """Texts that break a URL, and others at random from a fixed seed."""
    dice = Random(20261123)  # noqa: S311 - no secret, but the same in every run
    letters = [chr(code) for code in (*range(32, 0x250), 0x1F511, 0x5BC6)]
    return [*HOSTILE, *("".join(dice.choices(letters, k=dice.randint(1, 40))) for _ in range(ROUNDS))]


def test_every_derived_value_is_the_same_from_the_operator_and_from_the_program(engine: Path) -> None:
    cases = [
        (
            source,
            {key: value if key in {*source.login, source.database} else f"{key}.example.com" for key in _keys(source)},
        )
        for source in DERIVED.values()
        for value in values()
    ]
    tasks = [{"template": source.template(), "data": data} for source, data in cases]
    done = subprocess.run([engine], input="\n".join(map(json.dumps, tasks)), capture_output=True, text=True, check=True)
    made = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(DERIVED) >= 4
    assert len(cases) > 400
    assert made == [source.build(data) for source, data in cases]


def _keys(source: Derived) -> set[str]:
    return {source.host, source.port, *source.login, source.database} - {""}
