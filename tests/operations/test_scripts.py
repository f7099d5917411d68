"""The guide's own forms of a backup: a compressed script, and a schema that is the same from day to day."""

from __future__ import annotations

import gzip
import json
import re
import subprocess

from operations.manifest import parse
from tests.operations.running import Command
from tests.operations.servers import PostgreSQL


def test_the_guides_way_to_restore_reads_the_guides_form(command: Command, database: PostgreSQL) -> None:
    database.sql("CREATE TABLE t (id int PRIMARY KEY, said text)", "INSERT INTO t VALUES (1, 'a'), (2, NULL)")
    before = database.dump()
    assert command("backup", "--plain").code == 0
    keys = command.bucket.keys()
    (key,) = [key for key in keys if key.endswith(".sql.gz")]
    assert re.search(r"/stratmaster-full-\d{8}\.sql\.gz$", key)
    script = gzip.decompress(command.bucket.store.get(key))
    database.sql("DROP DATABASE stratmaster", "CREATE DATABASE stratmaster", database="postgres")
    subprocess.run(
        [str(database.binaries / "psql"), "-q", "-d", database.url()], input=script, check=True, capture_output=True
    )
    assert database.dump() == before


def test_the_schema_is_the_same_from_day_to_day(command: Command, database: PostgreSQL) -> None:
    database.sql("CREATE TABLE t (id int PRIMARY KEY)")
    assert command("backup", "--schema-only").code == 0
    database.sql("INSERT INTO t VALUES (1)")
    assert command("backup", "--schema-only").code == 0
    store = command.bucket.store
    keys = command.bucket.keys()
    texts = {store.get(key) for key in keys if re.search(r"/schema-\d{8}\.sql$", key)}
    assert len(command.bucket.manifests()) == 2
    assert len(texts) == 1
    assert b"CREATE TABLE" in texts.pop()


def test_the_list_is_of_full_backups_and_for_machines_too(command: Command, database: PostgreSQL) -> None:
    database.sql("CREATE TABLE t (id int)")
    assert command("backup", "--schema-only").code == 0
    assert command("backup").code == 0
    listed = json.loads(command("list", "--json").output)
    (manifest,) = [
        one for key in command.bucket.manifests() if (one := parse(key, command.bucket.store.get(key))).kind == "full"
    ]
    assert [one["id"] for one in listed] == [manifest.id]
    assert manifest.id in command("list").output


def test_a_kms_key_goes_with_every_object(command: Command, database: PostgreSQL) -> None:
    database.sql("CREATE TABLE t AS SELECT generate_series(1, 10) AS n")
    told = Command(server=database, bucket=command.bucket, variables={"BACKUP_KMS_KEY": "alias/backups"})
    assert told("backup").code == 0
    keys = command.bucket.keys()
    for key in keys:
        head = command.bucket.client.head_object(Bucket=command.bucket.name, Key=key)
        assert head.get("ServerSideEncryption") == "aws:kms", key
        assert str(head.get("SSEKMSKeyId")).endswith("alias/backups")
