"""What a credential written out looks like: by the name of its key, or by the value's own shape.

Names err on the side of a finding, references and names of things on the side of none: a rule that cries at
`PASSWORD_FILE=/run/secrets/password` is switched off within a week.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_ALWAYS: Final = frozenset(
    {"password", "passwd", "passphrase", "pwd", "apikey", "accesskey", "secretkey", "credential"}
)
"""A key that ends in one of these holds a credential."""
_PAIRS: Final = frozenset(
    {
        ("api", "key"),
        ("access", "key"),
        ("secret", "key"),
        ("private", "key"),
        ("encryption", "key"),
        ("signing", "key"),
        ("master", "key"),
        ("account", "key"),
        ("auth", "key"),
        ("license", "key"),
        ("client", "credentials"),
        ("connection", "string"),
    }
)
"""A key that ends in one of these pairs of words does too."""
_UNLESS_BEFORE: Final = {
    "secret": frozenset({"pull", "existing", "tls", "image", "certificate", "cert", "registry", "ca"}),
    "token": frozenset({"max", "min", "per", "automount", "account", "next", "page"}),
}
"""Words that end such a key unless the word before makes it the name or the number of something."""
_ENDS: Final = frozenset({*_UNLESS_BEFORE, *_ALWAYS, *(last for _, last in _PAIRS)})
"""What such a key has in it, in small letters."""

_REFERENCE: Final = re.compile(
    r"\s*|\$[({].*[)}]|\{\{.*\}\}|<[^>]*>"  # nothing, another variable, a template, a gap to be filled in
    r"|(?i:true|false|yes|no|on|off|null|none|nil|required|optional)"
    r"|(?:file:/{0,2})?\.{0,2}(?:/[\w.@-]+)+/?"  # a path
    r"|(?:vault|op|awssm|secretref|ref\+\w+)://?\S+|arn:aws[\w-]*:(?:secretsmanager|ssm):\S+"
    r"|%\(?\w+\)?s?",
    re.DOTALL,
)
_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?[a-z]{0,3}")

_SHAPES: Final = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----"
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{36}|\bgithub_pat_[A-Za-z0-9_]{40}|\bglpat-[A-Za-z0-9_-]{20}"
    r"|\bsk-(?:proj-|ant-|lf-|or-)?[A-Za-z0-9_-]*[A-Za-z0-9]{20}|\b[sr]k_live_[A-Za-z0-9]{20}"
    r"|\bxox[abeoprs]-[A-Za-z0-9-]{10}|\bhooks\.slack\.com/services/T\w+/B\w+/\w{16}"
    r"|\bAIza[A-Za-z0-9_-]{35}|\bhf_[A-Za-z0-9]{30}|\bnpm_[A-Za-z0-9]{36}|\bpypi-AgE[A-Za-z0-9_-]{40}"
    r"|\bSG\.[A-Za-z0-9_-]{20}\.[A-Za-z0-9_-]{30}|\bdckr_pat_[A-Za-z0-9_-]{20}|\bpul-[0-9a-f]{40}\b|\bhvs\.[\w-]{24}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10}"
    r"|\b[a-z][a-z0-9+.-]*://[^\s:/@${}()<>\[\]'\"]*:(?![${(<*x\[])[^\s:/@'\"]+@[A-Za-z0-9\[]"
    r"|(?i:\bauthorization[\"']?\s*[:=]\s*[\"']?(?:bearer|basic)\s+[A-Za-z0-9+/._~-]{8})"
)
_TRACES: Final = re.compile(
    r"PRIVATE KEY|A[KS]IA|AIza|J(?<=eyJ)|_(?:pat_|live_|(?<=gh[pousr]_)|(?<=hf_)|(?<=npm_))"
    r"|-(?:(?<=sk-)[\w-]{20}|(?<=pul-)[0-9a-f]{40}|(?<=glpat-)|(?<=pypi-)|(?<=xox[abeoprs]-))"
    r"|\.(?:com(?<=slack\.com)|(?<=SG\.)|(?<=hvs\.))|://[^\s:/@${}()<>\[\]'\"]*:[^\s:/@'\"]+@"
)
"""Each shape has one of these, but that of a header; most values have none, and need no look at the shapes.

Twenty times as fast as the shapes, since each begins with a letter that is known and rare, and looks back from there:
it is asked of every text there is.
"""
_ASSIGNMENT: Final = re.compile(r"^[\s>-]*(?:export\s+)?[\"']?([A-Za-z_][\w.-]{2,60})[\"']?\s*[:=]\s*(.+?)[\s,;]*$")
_FLAG: Final = re.compile(r"--?([A-Za-z][\w.-]*)(?:=(.*))?", re.DOTALL)

BY_NAME: Final = "holds a credential by its name, written out"
BY_SHAPE: Final = "holds what looks like a credential, written out"


@lru_cache(maxsize=4096)  # the same few keys come up in every object
def names_a_credential(key: str) -> bool:
    """Whether a key's last words say that its value is a credential (`DB_PASSWORD`, `clientSecret`, `api-key`)."""
    words = [word.lower() for word in _WORD.findall(key)]
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _UNLESS_BEFORE:
        return before not in _UNLESS_BEFORE[last]
    return last in _ALWAYS or (before, last) in _PAIRS


def written_out(key: str, value: str) -> bool:
    """Whether a key's value is a credential itself: no reference, no path, no switch, and no number of tokens."""
    if not names_a_credential(key) or _REFERENCE.fullmatch(value.strip().strip("\"'")):
        return False
    return not (key.lower().endswith("token") and _NUMBER.fullmatch(value.strip()))


def looks_like_one(value: str) -> bool:
    """Whether a value holds something of a well-known shape: a private key, a token, a URL with a password."""
    return may_look_like_one(value) and _SHAPES.search(value) is not None


def may_look_like_one(text: str) -> bool:
    """Whether any part of a text has a trace of such a shape; where none has, `looks_like_one` says no to all parts."""
    return _TRACES.search(text) is not None or "authorization" in text.lower()


def problems(key: str, value: str) -> Iterator[str]:
    """What is wrong with a value under a key, as the end of a sentence; nothing where it holds no credential."""
    if written_out(key, value):
        yield BY_NAME
    elif looks_like_one(value):
        yield BY_SHAPE
    elif any(written_out(name, text) for name, text in _assigned(value)):
        yield "assigns a credential, written out"


def in_arguments(arguments: list[str]) -> Iterator[tuple[int, str]]:
    """The arguments of a command that hold a credential, by position, with what is wrong."""
    for index, argument in enumerate(arguments):
        flag = _FLAG.fullmatch(argument)
        name, value = (flag[1], flag[2]) if flag else ("", None)
        if not flag and index and (before := _FLAG.fullmatch(arguments[index - 1])) and before[2] is None:
            name, value = before[1], argument
        if value is not None and written_out(name, value):
            yield index, "gives a credential, written out"
        else:
            yield from ((index, problem) for problem in problems("", argument))


def _named(text: str) -> bool:
    """Whether a text in small letters may have a name that `names_a_credential` knows."""
    return any(word in text for word in _ENDS)


def _assigned(text: str) -> Iterator[tuple[str, str]]:
    """The `name=value` and `name: value` lines of a text."""
    if ("=" not in text and ":" not in text) or not _named(text.lower()):
        return
    for line in text.splitlines():
        if match := _ASSIGNMENT.match(line):
            yield match[1], match[2]
