"""A bucket with no backup, a fresh one, an old one, one of another database; and a bucket that doesn't answer."""

from __future__ import annotations

from tests.operations.healthcheck.conftest import Ask
from tests.operations.healthcheck.sites import changed, liar
from tests.operations.running import Command
from tests.operations.servers import free_port


def test_a_bucket_without_a_backup_is_unhealthy(ask: Ask, command: Command) -> None:
    told = ask("--component", "backups", **command.environment())
    assert told.code == 1
    assert "there is no backup of stratmaster" in told.what


def test_a_bucket_that_is_gone_or_says_nothing_is_unhealthy_in_time(ask: Ask, command: Command) -> None:
    with liar(b"") as silent:
        for port in (free_port(), silent):
            there = {**command.environment(), "AWS_ENDPOINT_URL_S3": f"http://127.0.0.1:{port}"}
            assert ask("--component", "backups", **there).code == 1


def test_the_newest_backup_has_to_be_of_the_last_day_and_proven_and_whole(ask: Ask, command: Command) -> None:
    assert command("backup").code == 0
    bucket, name = command.bucket.client, command.bucket.name
    (manifest,) = (key for key in sorted(command.bucket.keys()) if "/manifests/" in key)
    written = bucket.get_object(Bucket=name, Key=manifest)["Body"].read()

    def judged(body: bytes) -> tuple[str, str]:
        bucket.put_object(Bucket=name, Key=manifest, Body=body)
        told = ask("--component", "backups", **command.environment())
        return told.verdict, told.what

    assert judged(written)[0] == "healthy"
    assert judged(changed(written, hours=25))[0] == "healthy"
    assert judged(changed(written, tested=None))[0] == "degraded"
    for lie, said in (
        (changed(written, hours=27), "27 hours old"),
        (changed(written, hours=-3), "hours from now"),
        (b"{}", "is no manifest"),
    ):
        verdict, what = judged(lie)
        assert verdict == "unhealthy"
        assert said in what
    part = next(key for key in sorted(command.bucket.keys()) if "/data/" in key)
    bucket.delete_object(Bucket=name, Key=part)
    verdict, what = judged(written)
    assert verdict == "unhealthy"
    assert part in what
