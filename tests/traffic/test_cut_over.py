"""Cut-overs while users are at it: nobody is lost, and nobody gets to a slot that isn't ready."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.traffic.live_site import Site, Update
    from tests.traffic.load import Request

BLUE, GREEN = "stratmaster-blue", "stratmaster-green"
DEPLOYMENT, LABEL = "deployment/stratmaster-api", "app.kubernetes.io/name=stratmaster-api"
NEVER_READY = "ghcr.io/iamjonobo/stratmaster-api:v1.2.4-never-ready"
REQUESTS = 10_000
BREATH_SECONDS = 2.0


def _lost(requests: Sequence[Request]) -> Counter[str]:
    return Counter(request.failure for request in requests if request.failure)


def _to_unready(requests: Sequence[Request]) -> list[Request]:
    return [request for request in requests if not request.failure and not request.ready]


def _served_by(namespace: str, requests: Sequence[Request]) -> list[Request]:
    return [request for request in requests if request.namespace == namespace]


def _after(update: Update, until: float, requests: Sequence[Request]) -> list[Request]:
    """The requests that began once `up` had said that it is done, and before the next change."""
    return [one for one in requests if update.ended < one.started < until]


def _overlap(update: Update, old: str, new: str, requests: Sequence[Request]) -> float:
    """Seconds in which both slots took requests: from the first that the new one took to the last of the old one."""
    around = [one for one in requests if update.started <= one.started <= update.ended]
    first, last = _served_by(new, around)[0], _served_by(old, around)[-1]
    return last.started - first.started


def test_ten_thousand_requests_outlive_a_cut_over_and_its_roll_back(site: Site, say: Callable[[str], None]) -> None:
    with site.users(least=REQUESTS) as users:
        time.sleep(BREATH_SECONDS)
        there = site.weigh(blue=0, green=100)
        time.sleep(BREATH_SECONDS)
        back = site.weigh(blue=100, green=0)
        time.sleep(BREATH_SECONDS)
    requests = users.requests
    overlaps = _overlap(there, BLUE, GREEN, requests), _overlap(back, GREEN, BLUE, requests)
    kept = sum(request.kept_alive for request in requests)
    slowest = max(request.ended - request.started for request in requests)
    say(
        f"{len(requests)} requests in {requests[-1].ended - requests[0].started:.1f} s, {kept} on kept connections: "
        f"{sum(_lost(requests).values())} lost, {len(_to_unready(requests))} to a pod that wasn't ready; "
        f"both slots took requests for {overlaps[0]:.2f} s and {overlaps[1]:.2f} s; the slowest took {slowest:.2f} s; "
        f"`up traffic` took {there.ended - there.started:.1f} s and {back.ended - back.started:.1f} s"
    )
    assert there.code == 0, there.output
    assert back.code == 0, back.output
    assert len(requests) >= REQUESTS
    assert not _lost(requests)
    assert not _to_unready(requests)
    assert {one.namespace for one in _after(there, back.started, requests)} == {GREEN}
    assert {one.namespace for one in _after(back, requests[-1].ended, requests)} == {BLUE}
    assert 0 < kept < len(requests)


def test_a_request_under_way_is_answered_by_the_slot_that_took_it(site: Site, say: Callable[[str], None]) -> None:
    with site.users(least=8, path="/?seconds=2") as users:
        time.sleep(BREATH_SECONDS)
        there = site.weigh(blue=0, green=100)
        time.sleep(BREATH_SECONDS)
    back = site.weigh(blue=100, green=0)
    requests = users.requests
    assert there.code == back.code == 0, there.output + back.output
    flip = _served_by(GREEN, requests)[0].started
    across = [one for one in requests if one.started < flip < one.ended and not one.failure]
    say(f"{len(across)} requests of 2 s were under way at a cut-over: {sum(_lost(requests).values())} lost")
    assert not _lost(requests)
    assert across
    assert {one.namespace for one in across} == {BLUE}


def test_pods_that_never_get_ready_get_no_user_in_either_slot(site: Site, say: Callable[[str], None]) -> None:
    with site.users(least=1000, rate=200) as users:
        try:
            for namespace in (BLUE, GREEN):
                site.kubectl("set", "image", DEPLOYMENT, f"api={NEVER_READY}", f"--namespace={namespace}")
                site.eventually(
                    lambda one=namespace: _unready(site, one) > 0, f"{namespace} has pods that aren't ready"
                )
            refused = site.weigh(blue=0, green=100)
        finally:
            for namespace in (BLUE, GREEN):
                site.kubectl("rollout", "undo", DEPLOYMENT, f"--namespace={namespace}")
            site.must_up("traffic", "--config-forget")
    requests = users.requests
    say(f"{len(requests)} requests while both slots had pods that weren't ready: {sum(_lost(requests).values())} lost")
    assert refused.code != 0, refused.output
    assert f"Slot green runs {NEVER_READY}" in refused.output
    assert not _lost(requests)
    assert {request.namespace for request in requests} == {BLUE}
    assert not _to_unready(requests)


def _unready(site: Site, namespace: str) -> int:
    """How many of the API's pods have an address, where a process listens, and aren't ready."""
    pods = site.kubectl("get", "pods", f"--namespace={namespace}", f"--selector={LABEL}", "--output=json")
    statuses = [pod["status"] for pod in json.loads(pods)["items"]]
    return sum("podIP" in one and not one["containerStatuses"][0]["ready"] for one in statuses)
