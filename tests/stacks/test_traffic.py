"""Who goes where: routes and the guide's Ingress."""

from typing import Any, cast

import pytest

from rehearsal.engine.record import Recording
from tests.stacks.recorded import run


def spec(recording: Recording, kind: str, name: str) -> Any:  # noqa: ANN401 - an object's spec, as YAML
    assert recording.error is None, recording.error
    (found,) = [each for each in recording.of_kind(kind) if each.name == name]
    return cast("Any", found.inputs["spec"])


def backends(recording: Recording) -> list[tuple[str, str, int]]:
    blocked, app = spec(recording, "HTTPRoute", "app")["rules"]
    assert blocked["matches"] == [{"path": {"type": "PathPrefix", "value": "/debug"}}]
    assert [each["name"] for each in blocked["backendRefs"]] == ["stratmaster-maintenance"]
    return [(each.get("namespace", ""), each["name"], each["weight"]) for each in app["backendRefs"]]


def test_a_slot_of_weight_0_is_not_named() -> None:
    assert backends(run("traffic")) == [("stratmaster-blue", "stratmaster-api", 100)]
    assert backends(run("traffic", weights={"blue": 0, "green": 100})) == [
        ("stratmaster-green", "stratmaster-api", 100)
    ]


def test_users_are_shared_by_weight() -> None:
    shared = backends(run("traffic", weights={"blue": 90, "green": 10}))
    assert [(namespace, weight) for namespace, _, weight in shared] == [
        ("stratmaster-blue", 90),
        ("stratmaster-green", 10),
    ]


def test_in_maintenance_everybody_goes_to_the_page_and_no_slot_is_named() -> None:
    assert backends(run("traffic", maintenance="true")) == [("", "stratmaster-maintenance", 1)]


def test_a_cut_over_changes_the_app_route_swaps_the_standby_one_tells_alerts_and_touches_nothing_else() -> None:
    before, after = (
        {each.name: each.inputs for each in run("traffic", weights=weights).resources if not each.external}
        for weights in ({"blue": 100}, {"green": 100})
    )
    assert before.keys() - after.keys() == {"standby-blue"}
    assert after.keys() - before.keys() == {"standby-green"}
    assert {name for name in before.keys() & after.keys() if before[name] != after[name]} == {
        "app",
        "live-guard-live",
        "live-rules",
    }


def test_a_slot_is_known_to_the_gateway_before_the_app_route_names_it() -> None:
    resources = {each.name: each for each in run("traffic", weights={"green": 100}).resources if not each.external}
    assert resources["standby-green"].urn in resources["app"].dependencies


def test_http_is_redirected_to_https_and_https_alone_carries_the_app() -> None:
    recording = run("traffic")
    redirect, app = (spec(recording, "HTTPRoute", name) for name in ("redirect", "app"))
    assert [each["sectionName"] for each in redirect["parentRefs"]] == ["http"]
    assert [each["sectionName"] for each in app["parentRefs"]] == ["https"]
    (rule,) = redirect["rules"]
    assert rule["filters"] == [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]
    assert "backendRefs" not in rule


def test_every_answer_carries_the_three_security_headers_and_may_take_ten_minutes() -> None:
    blocked, app = spec(run("traffic"), "HTTPRoute", "app")["rules"]
    for rule in (blocked, app):
        names = [header["name"] for header in rule["filters"][0]["responseHeaderModifier"]["set"]]
        assert names == ["Strict-Transport-Security", "X-Content-Type-Options", "X-Frame-Options"]
    assert app["timeouts"] == {"request": "600s"}


def test_the_gateway_takes_routes_of_its_own_namespace_only_and_one_host() -> None:
    for listener in spec(run("traffic"), "Gateway", "gateway")["listeners"]:
        assert listener["hostname"] == "api.stratmaster.com"
        assert listener["allowedRoutes"]["namespaces"] == {"from": "Same"}


@pytest.mark.parametrize(
    ("changes", "service"),
    [
        ({"weights": {"blue": 100, "green": 0}}, "stratmaster-blue"),
        ({"weights": {"blue": 0, "green": 100}}, "stratmaster-green"),
        ({"maintenance": "true"}, "stratmaster-maintenance"),
    ],
)
def test_the_guides_ingress_names_one_service(changes: dict[str, object], service: str) -> None:
    recording = run("traffic", entry="ingress", changes=changes)
    debug, app = spec(recording, "Ingress", "ingress")["rules"][0]["http"]["paths"]
    assert (app["path"], app["pathType"]) == ("/", "Prefix")
    assert app["backend"]["service"] == {"name": service, "port": {"number": 80}}
    assert debug["path"] == "/debug"
    assert debug["backend"]["service"]["name"] == "stratmaster-maintenance"


def test_the_guides_ingress_reaches_the_slots_through_services_of_their_names() -> None:
    recording = run("traffic", entry="ingress")
    for slot in ("blue", "green"):
        service = spec(recording, "Service", f"{slot}-service")
        assert service["externalName"] == f"stratmaster-api.stratmaster-{slot}.svc.cluster.local"
        assert service["ports"][0]["port"] == 80
    assert not recording.of_kind("Gateway")
    assert not recording.of_kind("HTTPRoute")


def test_the_guides_ingress_has_the_facts_limits_and_no_snippet() -> None:
    recording = run("traffic", entry="ingress", ingress={"responseHeaders": True})
    (ingress,) = recording.of_kind("Ingress")
    annotations = cast("Any", ingress.inputs["metadata"])["annotations"]
    assert {name.partition("/")[2]: value for name, value in annotations.items()} == {
        "force-ssl-redirect": "true",
        "proxy-body-size": "16m",
        "proxy-read-timeout": "600",
        "limit-rpm": "100",
        "custom-headers": "stratmaster-production/stratmaster-response-headers",
    }


def test_what_is_live_is_exported_for_the_slots_to_see() -> None:
    outputs = run("traffic", weights={"blue": 90, "green": 10}).outputs
    assert outputs == {"host": "api.stratmaster.com", "weights": {"blue": 90, "green": 10}, "maintenance": False}
