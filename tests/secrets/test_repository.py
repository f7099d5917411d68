"""No credential is in any tracked file, as detect-secrets sees it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Final, cast

import pytest
from detect_secrets.core.scan import scan_file
from detect_secrets.settings import transient_settings

from tests.stacks.recorded import ROOT

BASELINE: Final = ROOT / ".secrets.baseline"
MEND: Final = (
    "Take it for known and revoke it, or, if it is none, end its line with `pragma: allowlist secret`\n"
    "(or review it into the baseline: detect-secrets scan --baseline .secrets.baseline, then audit)."
)
_WORKERS: Final = 2
INVENTED: Final = frozenset({"Secret Keyword", "Basic Auth Credentials"})
"""What tests are full of: passwords by their name alone. One that is real is found in them by its form or entropy."""
PLANTED: Final = {
    "AWS Access Key": "aws = 'AKIA" + "Z7VRSQ5TJN2XMLPH'",
    "GitHub Token": "token = 'ghp_" + "wWPw5k4aXcaT4fNP0UcnZwJUVFk6LO0pINUx'",
    "Private Key": "-----BEGIN RSA " + "PRIVATE KEY-----",
    "Basic Auth Credentials": "postgresql://stratmaster:" + "k3Jx9-vQ@db.internal/stratmaster",
    "Slack Token": "xoxb-" + "34532454-e039d02840a0b9379c",
    "Secret Keyword": "password = 'correct-" + "horse-battery'",
    "Base64 High Entropy String": "value: 'c3VwZXIgbG9uZyBzdHJpbmcgc2hvdWxkIGNhdXNl" + "IGVub3VnaCBlbnRyb3B5'",
}


def _settings() -> dict[str, object]:
    document = json.loads(BASELINE.read_text())
    return {"plugins_used": document["plugins_used"], "filters_used": document["filters_used"]}


def _found(files: Sequence[str]) -> list[tuple[str, str, str, int]]:
    """What is found in files: file, hash, kind, line."""
    with transient_settings(_settings()):
        return [
            (found.filename, found.secret_hash, found.type, found.line_number)
            for file in files
            for found in scan_file(file)
            if not (file.startswith("tests/") and found.type in INVENTED)
        ]


def _tracked() -> list[str]:
    """All text files that Git tracks, but what is sealed: tests/components/test_sealed_file.py looks at those."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [
        name
        for name in listed.stdout.split("\0")
        if name and not name.endswith((".sealed.yaml", "go.sum", BASELINE.name))
    ]


def _reviewed() -> set[tuple[str, str]]:
    results = cast("dict[str, list[dict[str, object]]]", json.loads(BASELINE.read_text())["results"])
    return {(file, str(each["hashed_secret"])) for file, found in results.items() for each in found}


@pytest.fixture(scope="module")
def repository() -> Iterator[list[tuple[str, str, str, int]]]:
    files = _tracked()
    assert len(files) > 500
    with pytest.MonkeyPatch.context() as patch, ProcessPoolExecutor(_WORKERS, get_context("spawn")) as pool:
        patch.chdir(ROOT)
        parts = pool.map(_found, [files[start::_WORKERS] for start in range(_WORKERS)])
        yield [found for part in parts for found in part]


def test_nothing_tracked_looks_like_a_credential(repository: list[tuple[str, str, str, int]]) -> None:
    fresh = [each for each in repository if (each[0], each[1]) not in _reviewed()]
    told = "\n".join(f"{file}:{line}: {kind}" for file, _, kind, line in sorted(fresh))
    assert not fresh, f"{told}\n{MEND}"


def test_the_baseline_holds_nothing_that_is_gone_and_all_of_it_is_reviewed(
    repository: list[tuple[str, str, str, int]],
) -> None:
    assert _reviewed() == {(file, digest) for file, digest, *_ in repository} & _reviewed()
    results = cast("dict[str, list[dict[str, object]]]", json.loads(BASELINE.read_text())["results"])
    assert all(each["is_secret"] is False for found in results.values() for each in found)
    assert sum(map(len, results.values())) < 100


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_credential_is_found(kind: str, tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text(PLANTED[kind] + "\n")
    assert kind in {found for _, _, found, _ in _found([str(planted)])}
