"""What a user meets at the gateway, besides a slot."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.traffic.client import Answer
    from tests.traffic.live_site import Site

SECURITY_HEADERS = {
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
OK, MOVED, NOT_FOUND, BROKEN, UNAVAILABLE = 200, 301, 404, 500, 503


def _headers(answer: Answer) -> dict[str, str]:
    return {name: answer.headers.get(name, "") for name in SECURITY_HEADERS}


def _slot(answer: Answer) -> str:
    return json.loads(answer.body)["namespace"]


def test_http_is_sent_to_https(site: Site) -> None:
    [answer] = site.ask("/experts/health?full=1", scheme="http")
    assert answer.status == MOVED
    assert answer.headers["location"] == "https://api.stratmaster.com/experts/health?full=1"


def test_https_reaches_the_live_slot_and_no_other(site: Site) -> None:
    answers = site.ask(*["/healthz"] * 30)
    assert {answer.status for answer in answers} == {OK}
    assert {_slot(answer) for answer in answers} == {"stratmaster-blue"}
    pods = {json.loads(answer.body)["pod"] for answer in answers}
    assert len(pods) > 1, "every request went to the same pod"


def test_every_answer_carries_the_security_headers_once(site: Site) -> None:
    for answer in site.ask("/", "/debug/config"):
        assert _headers(answer) == SECURITY_HEADERS


@pytest.mark.parametrize(
    "path", ["/debug", "/debug/", "/debug/config/app/main", "/x/../debug/config", "//debug/config", "/%64ebug/config"]
)
def test_debug_never_reaches_a_slot(site: Site, path: str) -> None:
    [answer] = site.ask(path)
    assert answer.status == NOT_FOUND, answer.body
    assert "namespace" not in answer.body


def test_a_path_that_only_begins_like_debug_reaches_the_slot(site: Site) -> None:
    [answer] = site.ask("/debugger")
    assert answer.status == OK
    assert _slot(answer) == "stratmaster-blue"


def test_maintenance_answers_503_with_retry_after_until_it_is_over(site: Site) -> None:
    site.must_up("traffic", "-c", "maintenance=true")
    try:
        site.eventually(lambda: site.ask("/")[0].status == UNAVAILABLE, "users get the maintenance page")
        page, debug = site.ask("/research/plan", "/debug")
    finally:
        site.must_up("traffic", "-c", "maintenance=false")
    assert page.status == UNAVAILABLE
    assert int(page.headers["retry-after"]) > 0
    assert page.headers["server"] in ("envoy", "nginx")
    assert "maintenance" in page.body
    assert _headers(page) == SECURITY_HEADERS
    assert debug.status == NOT_FOUND
    site.eventually(lambda: site.ask("/")[0].status == OK, "users get the API again")


def test_a_slot_that_takes_back_its_word_is_not_routed_to(site: Site) -> None:
    grants = ("referencegrants.gateway.networking.k8s.io", "--namespace=stratmaster-blue")
    manifest = site.kubectl("get", *grants, "--output=json")
    kept = [{**grant, "metadata": _own(grant["metadata"])} for grant in json.loads(manifest)["items"]]
    assert kept, "the slot has no ReferenceGrant"
    # Changed, not deleted: that the cluster refuses while users are on the slot (components/live_guard.py).
    elsewhere = [{"op": "replace", "path": "/spec/from/0/namespace", "value": "somewhere-else"}]
    site.kubectl("patch", *grants, "stratmaster-api", "--type=json", f"--patch={json.dumps(elsewhere)}")
    try:
        site.eventually(lambda: site.ask("/")[0].status == BROKEN, "blue is no longer routed to")
    finally:
        site.kubectl("apply", "--filename=-", stdin=json.dumps({"apiVersion": "v1", "kind": "List", "items": kept}))
    site.eventually(lambda: site.ask("/")[0].status == OK, "blue is routed to again")


def _own(metadata: dict[str, object]) -> dict[str, object]:
    """Metadata without what the API server adds."""
    return {name: metadata[name] for name in ("name", "namespace", "labels", "annotations") if name in metadata}
