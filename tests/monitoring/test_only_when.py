"""What isn't the alert's business wakes nobody: other people's servers, a restart, a night, announced maintenance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from components.monitoring.burn_rates import BURN_RATES
from components.monitoring.rules import MAINTENANCE_LABEL
from tests.monitoring import emitted
from tests.monitoring.rehearsal import Rehearsal, firing, served

if TYPE_CHECKING:
    from pathlib import Path

THEIRS = 'namespace="argocd",instance="theirs:9121"'
NGINX = 'ingress="stratmaster-ingress",namespace="stratmaster-production"'
BURNS = [f"{objective}{rate.name}" for objective in ("ApiErrors", "ApiAvailability") for rate in BURN_RATES]


def _one(selector: str, values: str) -> dict[str, str]:
    return {"series": selector, "values": values}


def _never(minute: int, alert: str) -> dict[str, Any]:
    expr = f'count(count_over_time(ALERTS{{alertname="{alert}",alertstate="firing"}}[{minute}m]))'
    return {"eval_time": f"{minute}m", "expr": expr, "exp_samples": []}


def test_somebody_elses_server_that_is_down_is_theirs_and_one_that_is_up_is_no_sign_of_ours(
    promtool: Path, tmp_path: Path
) -> None:
    series = [_one(f"{name}{{{THEIRS}}}", "0x30") for name in ("pg_up", "redis_up")]
    alerts = ["PostgresDown", "RedisDown", "PostgresUnwatched", "RedisUnwatched"]
    tests = [firing(30, alert, int("Unwatched" in alert)) for alert in alerts]
    Rehearsal(alerts=alerts, series=series).run(promtool, tmp_path, tests)


def test_an_autoscaler_that_was_given_no_room_is_not_told_of(promtool: Path, tmp_path: Path) -> None:
    labels = '{namespace="stratmaster-blue",horizontalpodautoscaler="stratmaster-api"}'
    names = ("status_current_replicas", "spec_max_replicas", "spec_min_replicas")
    series = [_one(f"kube_horizontalpodautoscaler_{name}{labels}", "3x60") for name in names]
    tests = [_never(60, "AutoscalerAtMaximum")]
    Rehearsal(alerts=["AutoscalerAtMaximum"], series=series).run(promtool, tmp_path, tests)


def test_a_cache_that_is_full_and_finds_what_is_asked_for_is_as_it_should_be(promtool: Path, tmp_path: Path) -> None:
    cache = '{namespace="stratmaster-production",instance="redis:9121"}'
    series = [
        _one(f"redis_memory_used_bytes{cache}", "1000x120"),
        _one(f"redis_memory_max_bytes{cache}", "1000x120"),
        _one(f"redis_evicted_keys_total{cache}", "0+10x120"),
        _one(f"redis_keyspace_hits_total{cache}", "0+500x120"),
    ]
    Rehearsal(alerts=["RedisMemoryHigh"], series=series).run(promtool, tmp_path, [_never(120, "RedisMemoryHigh")])


def test_a_gateway_that_starts_anew_and_a_night_without_users_wake_nobody(promtool: Path, tmp_path: Path) -> None:
    """Two errors in a thousand; the counters begin at 0 again after two hours; then four hours of nothing at all."""
    ok = "0+998x120 0+998x120 119760x240 119760+998x60"
    failed = "0+2x120 0+2x120 240x240 240+2x60"
    alerts = [*BURNS, "HighErrorRate", "ApiErrorsSliAbsent"]
    series = [*served(ok, failed), _one('probe_success{job="stratmaster-public"}', "1x540")]
    tests = [_never(540, alert) for alert in alerts]
    Rehearsal(alerts=alerts, series=series).run(promtool, tmp_path, tests)


@pytest.mark.parametrize(("service", "pages"), [("stratmaster-maintenance", 0), ("stratmaster-blue", 1)])
def test_at_an_ingress_an_hour_of_503_is_no_error_if_it_is_the_maintenance_pages(
    service: str, pages: int, promtool: Path, tmp_path: Path
) -> None:
    before, hour, after = 6 * 60, 60, 6 * 60
    requests = "nginx_ingress_controller_requests"
    ok = f'{requests}{{{NGINX},service="stratmaster-blue",status="200"}}'
    failed = f'{requests}{{{NGINX},service="{service}",status="503"}}'
    series = [
        _one(ok, f"0+600x{before} {600 * before}x{hour} {600 * before}+600x{after}"),
        _one(failed, f"0x{before} 0+600x{hour} {600 * hour}x{after}"),
    ]
    alerts = [*(f"ApiErrors{rate.name}" for rate in BURN_RATES), "HighErrorRate"]
    tests: list[dict[str, Any]] = [_never(before + hour + after, alert) for alert in alerts]
    for each in tests:
        each["exp_samples"] = [{"labels": "{}", "value": 1}] if pages else []
    groups = emitted.alerts_where(requests="ingress")
    Rehearsal(alerts=alerts, series=series, groups=groups).run(promtool, tmp_path, tests)


@pytest.mark.parametrize("alert", ["ApiErrorsSliAbsent", "ApiLatencyP95SliAbsent", "ApiLatencyP99SliAbsent"])
def test_that_nothing_counts_requests_is_muted_in_maintenance_when_no_route_leads_to_a_slot(alert: str) -> None:
    assert emitted.alerts()[alert]["labels"][MAINTENANCE_LABEL] == "true"
    assert MAINTENANCE_LABEL not in emitted.alerts()["ApiAvailabilitySliAbsent"]["labels"]


def test_two_who_count_the_same_pods_are_no_reason_for_a_rule_to_fail(promtool: Path, tmp_path: Path) -> None:
    slot = 'namespace="stratmaster-blue"'
    series = [_one('stratmaster:slot_weight:percent{slot="blue"}', "100x30")]
    for instance in ("a", "b"):
        labels = f'{slot},instance="{instance}"'
        name = f'kube_horizontalpodautoscaler_spec_min_replicas{{{labels},horizontalpodautoscaler="stratmaster-api"}}'
        ready = f'kube_deployment_status_replicas_available{{{labels},deployment="stratmaster-api"}}'
        series += [_one(name, "3x30"), _one(ready, "1x30")]
    tests = [firing(30, "LiveSlotUnhealthy", 1)]
    Rehearsal(alerts=["LiveSlotUnhealthy"], series=series).run(promtool, tmp_path, tests)
