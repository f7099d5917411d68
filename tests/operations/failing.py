"""What tests of failures share."""

from __future__ import annotations

import re

from operations.manifest import Manifest, parse
from tests.operations.bucket import Bucket
from tests.operations.running import Ended

ROWS = "INSERT INTO t (said) SELECT md5(n::text) || repeat('x', n % 50) FROM generate_series(1, 200000) n"


def refused(ended: Ended, *said: str) -> None:
    """It failed as it should: code 1, two lines, no traceback."""
    assert ended.code == 1, ended.output + ended.error
    assert re.fullmatch(r"(warning: [^\n]*\n)*error: [^\n]+\n  [^\n]+\n", ended.error), ended.error
    for words in said:
        assert words in ended.error


def published(bucket: Bucket) -> list[Manifest]:
    return [parse(key, bucket.store.get(key)) for key in bucket.manifests()]


def first_table(bucket: Bucket) -> str:
    there = bucket.keys()
    return next(key for key in there if key.endswith("/tables/00001.copy.zst"))
