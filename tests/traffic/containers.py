"""What a node would run, for the pods that users can reach: `python -m tests.traffic.containers SCRATCH`.

KWOK's pods have addresses and conditions but no processes. This runs one at each address: for the API a server
that tells who it is, for the maintenance page nginx with the pod's own ConfigMap. It listens as soon as the pod has an
address, before it is ready, so that a request to a pod that isn't ready is seen as such. A pod that is deleted goes on
serving through its preStop pause, as its container would; after that it finishes what it is at and is gone.
"""

from __future__ import annotations

import asyncio
import json
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from tests.traffic import page
from tests.traffic.api import Api

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
WATCH = ("get", "pods", "--all-namespaces", "--watch", "--output-watch-events", "--output=json")
API, PAGE = "api", "page"
# An object of etcd's takes 1.5 MB at most.
LONGEST_LINE = 4_000_000


@dataclass(kw_only=True)
class Pod:
    """What a pod's object says about the process to run."""

    key: str
    namespace: str
    name: str
    container: str
    address: str
    ready: bool
    pause_seconds: float
    config: str


@dataclass
class Node:
    """Every process, by its pod's address.

    Args:
        kubectl: the binary.
        scratch: where nginx keeps its files.
    """

    kubectl: str
    scratch: Path
    running: dict[str, tuple[str, Api | page.Page]] = field(default_factory=dict[str, "tuple[str, Api | page.Page]"])

    async def follow(self) -> None:
        """Do what the pods' events say, for as long as there are any."""
        async for event in self._events():
            pod = read(cast("dict[str, Json]", event["object"]))
            if pod is None:
                continue
            if event["type"] == "DELETED":
                asyncio.get_running_loop().create_task(self._end(pod))
            else:
                await self._serve(pod)

    async def _events(self) -> AsyncIterator[dict[str, Json]]:
        """What kubectl tells of the pods, one event a line."""
        pipe = asyncio.subprocess.PIPE
        watch = await asyncio.create_subprocess_exec(self.kubectl, *WATCH, stdout=pipe, limit=LONGEST_LINE)
        assert watch.stdout is not None
        async for line in watch.stdout:
            yield cast("dict[str, Json]", json.loads(line))
        raise SystemExit("kubectl's watch of the pods ended")

    async def _serve(self, pod: Pod) -> None:
        key, process = self.running.get(pod.address, ("", None))
        if key == pod.key and process is not None:
            process.ready = pod.ready
            return
        # KWOK gives a freed address to the next pod; the last one's process gives way to it.
        if process is not None:
            await process.stop()
        made = Api(pod.address, pod.namespace, pod.name) if pod.container == API else await self._page(pod)
        made.ready = pod.ready
        self.running[pod.address] = pod.key, made
        await made.start()

    async def _page(self, pod: Pod) -> page.Page:
        command = ("get", "configmap", pod.config, f"--namespace={pod.namespace}", "--output=json")
        read_config = await asyncio.create_subprocess_exec(self.kubectl, *command, stdout=asyncio.subprocess.PIPE)
        output, _ = await read_config.communicate()
        files = cast("dict[str, dict[str, str]]", json.loads(output))["data"]
        return page.Page(pod.address, files, self.scratch / pod.name)

    async def _end(self, pod: Pod) -> None:
        await asyncio.sleep(pod.pause_seconds)
        key, process = self.running.get(pod.address, ("", None))
        if key == pod.key and process is not None:
            del self.running[pod.address]
            await process.stop()


def read(manifest: dict[str, Json]) -> Pod | None:
    """The pod, if users can reach it and it has an address."""
    metadata, spec = _mapping(manifest["metadata"]), _mapping(manifest["spec"])
    status = _mapping(manifest.get("status"))
    container = _mapping(cast("list[Json]", spec["containers"])[0])
    address = status.get("podIP")
    if container["name"] not in (API, PAGE) or not address:
        return None
    conditions = [_mapping(each) for each in cast("list[Json]", status.get("conditions") or [])]
    configs = (_mapping(_mapping(each).get("configMap")) for each in cast("list[Json]", spec.get("volumes") or []))
    return Pod(
        key=str(metadata["uid"]),
        namespace=str(metadata["namespace"]),
        name=str(metadata["name"]),
        container=str(container["name"]),
        address=str(address),
        ready=any(each["type"] == "Ready" and each["status"] == "True" for each in conditions),
        pause_seconds=_pause(container),
        config=next((str(each["name"]) for each in configs if each), ""),
    )


def _pause(container: dict[str, Json]) -> float:
    """Seconds that the container's preStop hook sleeps, as the chart has it: `exec: [/bin/sleep, "15"]`."""
    hook = _mapping(_mapping(container.get("lifecycle")).get("preStop"))
    command = cast("list[str]", _mapping(hook.get("exec")).get("command") or [])
    return float(command[1]) if command and Path(command[0]).name == "sleep" else 0.0


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


async def main() -> None:
    """Run until standard input ends."""
    follow = asyncio.create_task(Node(sys.argv[1], Path(sys.argv[2])).follow())
    end = asyncio.create_task(asyncio.to_thread(sys.stdin.read))
    done, _ = await asyncio.wait((follow, end), return_when=asyncio.FIRST_COMPLETED)
    for task in done:
        task.result()


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        asyncio.run(main())
