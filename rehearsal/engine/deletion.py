"""Deleting what a program has dropped, or all of a stack: what depends on something goes before it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue

from rehearsal.engine.deployment import Deployment
from rehearsal.engine.events import Step
from rehearsal.engine.providers.base import Provider, ProviderError
from rehearsal.engine.resource import Resource
from rehearsal.errors import RehearsalError

WORKERS = 32


@dataclass(frozen=True, kw_only=True)
class Deleter:
    """Deletes resources of one deployment.

    Args:
        deployment: whose state they stand in.
        provider: what carries out a resource of the state.
    """

    deployment: Deployment
    provider: Callable[[Resource], Provider]

    def delete(self, resources: Iterable[Resource]) -> None:
        """Delete `resources`, or in a preview say what would go; nothing at all if one of them is protected."""
        doomed = list(resources)
        protected = [each for each in doomed if each.protect and not each.delete]
        for each in protected:
            self.deployment.fail(
                f"{each.name} can't be deleted because it is protected\n"
                "Set its protect to false and update first, if it really has to go.",
                urn=each.urn,
            )
        if protected:
            return
        if self.deployment.preview:
            for each in reversed(doomed):
                self._note(each)
            return
        self._in_order(doomed)

    def _in_order(self, doomed: list[Resource]) -> None:
        """Each as soon as nothing needs it any more; after a failure nothing new is started."""
        # The old half of a replacement shares its URN with the new one: nobody needs the old one any more.
        live = {each.urn: each for each in doomed if not each.delete}
        needed = Counter(urn for each in doomed for urn in each.needs())
        free = [each for each in doomed if each.delete or not needed[each.urn]]
        running: dict[Future[bool], Resource] = {}
        finished: SimpleQueue[Future[bool]] = SimpleQueue()
        with ThreadPoolExecutor(WORKERS) as pool:
            while True:
                for each in [] if self.deployment.result.failed else free:
                    future = pool.submit(self._delete, each)
                    running[future] = each
                    future.add_done_callback(finished.put)
                if not running:
                    return
                future = finished.get()
                gone = running.pop(future)
                needs = gone.needs() if future.result() else set[str]()
                needed.subtract(needs)
                free = [live[urn] for urn in needs & live.keys() if not needed[urn]]

    def _note(self, resource: Resource) -> Step:
        step = Step(op="discard" if resource.external else "delete", urn=resource.urn, parent=resource.parent)
        self.deployment.start(step)
        if self.deployment.preview:
            self.deployment.finish(step)
        return step

    def _delete(self, resource: Resource) -> bool:
        step = self._note(resource)
        try:
            if resource.custom and not resource.external and not resource.retain_on_delete:
                self.deployment.state.begin("deleting", resource)
                target = self.deployment.target(step, resource.type, resource.inputs, resource.timeouts.delete)
                self.provider(resource).delete(resource, target)
        except (ProviderError, RehearsalError) as error:
            self.deployment.state.record(resource)
            self.deployment.finish(step, str(error))
            return False
        self.deployment.state.forget(resource)
        self.deployment.finish(step)
        return True
