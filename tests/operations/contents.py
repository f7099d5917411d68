"""A database with everything in it that a dump can stumble over."""

from __future__ import annotations

import random
from typing import Final

ODD: Final = (
    'CREATE SCHEMA "Ödd ""näme"" \\ %s"',
    'CREATE TABLE "Ödd ""näme"" \\ %s"."ta\'ble; --" ("cölumn ""x""" text, "select" int)',
    """INSERT INTO "Ödd ""näme"" \\ %s"."ta'ble; --" VALUES
       (E'tab\\t newline\\n return\\r backslash \\\\ \\\\.', 1), ('\\N', 2),
       (NULL, 3), ('', 4), ('\\.', 5)""",
    'CREATE SEQUENCE "Ödd ""näme"" \\ %s"."séq" START 7 INCREMENT -3 MINVALUE -1000 MAXVALUE 1000',
    'SELECT nextval(\'"Ödd ""näme"" \\ %s"."séq"\')',
)
VALUES: Final = (
    "CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'happy')",
    "CREATE DOMAIN percent AS numeric CHECK (VALUE BETWEEN 0 AND 100)",
    "CREATE TYPE pair AS (a int, b text)",
    """CREATE TABLE kinds (id int PRIMARY KEY, f8 float8, f4 float4, n numeric, t timestamptz, d date, i interval,
       raw bytea, m mood, p percent, c pair, js json, jb jsonb, arr text[], net inet, u uuid, r int4range,
       b bit varying,
       doubled int GENERATED ALWAYS AS (id * 2) STORED, counted bigint GENERATED ALWAYS AS IDENTITY)""",
    """INSERT INTO kinds (id, f8, f4, n, t, d, i, raw, m, p, c, js, jb, arr, net, u, r, b) VALUES
       (1, 'NaN', 'Infinity', 'NaN', 'infinity', '-infinity', '1 year -2 days 03:04:05.678', '\\x00ff0a5c', 'it''s ok',
        12.5, '(1,"a,""b")', '{"a" : 1}', '{"a": "\\u00e9"}', '{a,NULL,"b,c","\\\\"}', '10.0.0.1/24',
        '00000000-0000-0000-0000-000000000001', '[1,5)', B'1011'),
       (2, '-Infinity', 1e-37, 1e100, '2024-03-10 02:30:00 America/New_York', '0044-03-15 BC', '-1 mon', '', 'sad', 0,
        NULL, NULL, NULL, '{}', NULL, NULL, 'empty', B'')""",
    "INSERT INTO kinds (id, f8, t) VALUES (3, 0.1::float8 + 0.2, '1900-01-01 00:00:00.000001+05:53:28')",
    "SET timezone = 'Asia/Kathmandu'",
)
STRUCTURE: Final = (
    "CREATE TABLE empty_one (id int)",
    "CREATE TABLE no_columns ()",
    "INSERT INTO no_columns DEFAULT VALUES",
    "CREATE TABLE dropped (a int, b int, c int)",
    "ALTER TABLE dropped DROP COLUMN b",
    "INSERT INTO dropped VALUES (1, 3)",
    "CREATE UNLOGGED TABLE unlogged_one AS SELECT 1 AS a",
    "CREATE TABLE events (at date NOT NULL, what text) PARTITION BY RANGE (at)",
    "CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
    "CREATE TABLE events_rest PARTITION OF events DEFAULT",
    "INSERT INTO events VALUES ('2024-12-20', 'a'), ('2030-01-01', 'b')",
    "CREATE TABLE parent (id int)",
    "CREATE TABLE child (extra text) INHERITS (parent)",
    "INSERT INTO parent VALUES (1)",
    "INSERT INTO child VALUES (2, 'x')",
    "CREATE TABLE a (id int PRIMARY KEY, b_id int)",
    "CREATE TABLE b (id int PRIMARY KEY, a_id int REFERENCES a DEFERRABLE)",
    "INSERT INTO a VALUES (1, 1)",
    "INSERT INTO b VALUES (1, 1)",
    "ALTER TABLE a ADD FOREIGN KEY (b_id) REFERENCES b",
    "CREATE VIEW both_ids AS SELECT a.id FROM a JOIN b ON a.id = b.id",
    "CREATE MATERIALIZED VIEW counted_kinds AS SELECT count(*) FROM a",
    "CREATE FUNCTION loud() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no'; END $$",
    "CREATE TRIGGER refuses BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION loud()",
    "ALTER TABLE b ENABLE ROW LEVEL SECURITY",
    "CREATE POLICY nobody ON b USING (false)",
    "COMMENT ON TABLE a IS 'it''s a comment'",
    "CREATE EXTENSION vector",
    "CREATE TABLE embeddings (id int, e vector(3))",
    "INSERT INTO embeddings VALUES (1, '[1,2.5,-3]')",
    "SELECT lo_from_bytea(70001, decode(repeat('00ff', 800000), 'hex'))",
    "SELECT lo_from_bytea(70002, '')",
    "SELECT lo_from_bytea(4000000001, 'high')",
    "GRANT SELECT ON LARGE OBJECT 4000000001 TO PUBLIC",
    "COMMENT ON LARGE OBJECT 70001 IS 'large'",
)


def fuzz(seed: int, rows: int = 200) -> str:
    """An INSERT of text that has every character but NUL, in random order and length."""
    chosen = random.Random(seed)  # noqa: S311 - the same every time is the point
    texts = [
        "".join(chr(_character(chosen)) for _ in range(chosen.randrange(0, 60))).replace("'", "''") for _ in range(rows)
    ]
    return "INSERT INTO fuzzed (said) VALUES " + ", ".join(f"('{text}')" for text in texts)  # noqa: S608 - our own


def _character(chosen: random.Random) -> int:
    while True:
        code = chosen.choice([chosen.randrange(1, 128), chosen.randrange(1, 0x3000), chosen.randrange(1, 0x110000)])
        if not 0xD800 <= code <= 0xDFFF:
            return code


def schemas(count: int) -> list[str]:
    """Many schemas, a table with a row in each."""
    return [f"CREATE SCHEMA s{number}; CREATE TABLE s{number}.t AS SELECT {number} AS id" for number in range(count)]
