"""The quota's arithmetic."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.quota import Size, Workload, in_bytes, millicores, quota

API = Workload(
    replicas=10,
    requests=Size(cpu="2", memory="4Gi", ephemeral_storage="1Gi"),
    limits=Size(cpu="4", memory="8Gi", ephemeral_storage="2Gi"),
    slow_to_stop=True,
)
MCP = Workload(
    replicas=6,
    requests=Size(cpu="1", memory="2Gi", ephemeral_storage="512Mi"),
    limits=Size(cpu="2", memory="4Gi", ephemeral_storage="1Gi"),
)
JOB = Workload(
    replicas=1,
    requests=Size(cpu="250m", memory="256Mi", ephemeral_storage="1Gi"),
    limits=Size(cpu="500m", memory="512Mi", ephemeral_storage="1Gi"),
    surge_percent=0,
)


def test_a_production_slot_is_computed_by_hand() -> None:
    # API 10 + 3 + 10 = 23 pods, five MCP services of 6 + 2 + 2 = 10, one Job: 74.
    assert quota((API, *(MCP,) * 5, JOB)) == {
        "pods": "74",
        "requests.cpu": "96250m",  # 23 x 2 + 50 x 1 + 0.25
        "requests.memory": f"{23 * 4096 + 50 * 2048 + 256}Mi",
        "requests.ephemeral-storage": "49Gi",  # 23 + 25 + 1
        "limits.cpu": "192500m",
        "limits.memory": f"{23 * 8192 + 50 * 4096 + 512}Mi",
        "limits.ephemeral-storage": "97Gi",
        "services.loadbalancers": "0",
        "services.nodeports": "0",
    }


def test_a_higher_maximum_of_the_autoscaler_raises_the_quota() -> None:
    larger = Workload(replicas=11, requests=API.requests, limits=API.limits, slow_to_stop=True)
    assert int(quota((larger,))["pods"]) > int(quota((API,))["pods"])


@given(replicas=st.integers(1, 100), percent=st.integers(0, 100), slow=st.booleans())
def test_there_is_always_room_for_the_maximum_and_its_surge(replicas: int, percent: int, slow: bool) -> None:  # noqa: FBT001 - hypothesis gives it
    workload = Workload(
        replicas=replicas, requests=API.requests, limits=API.limits, surge_percent=percent, slow_to_stop=slow
    )
    at_the_peak = replicas + -(-replicas * percent // 100)
    hard = quota((workload,))
    assert int(hard["pods"]) >= at_the_peak
    assert millicores(hard["requests.cpu"]) >= at_the_peak * 2000
    assert in_bytes(hard["limits.memory"]) >= at_the_peak * 8 * 2**30


def test_pods_that_take_minutes_to_stop_may_all_be_there_beside_the_new_ones() -> None:
    quick = Workload(replicas=10, requests=API.requests, limits=API.limits)
    assert (quick.pods, API.pods) == (16, 23)


@pytest.mark.parametrize(
    ("written", "cores"), [("2", 2000), ("500m", 500), ("0.5", 500), ("1.5", 1500), ("0.0001", 1), ("1k", 1_000_000)]
)
def test_cpu_is_read_as_kubernetes_reads_it(written: str, cores: int) -> None:
    assert millicores(written) == cores


@pytest.mark.parametrize(
    ("written", "amount"),
    [("1Ki", 1024), ("1k", 1000), ("1.5Gi", 3 * 2**29), ("4096", 4096), ("1G", 10**9), ("2Ti", 2**41)],
)
def test_memory_is_read_as_kubernetes_reads_it(written: str, amount: int) -> None:
    assert in_bytes(written) == amount


@given(st.integers(0, 2**50))
def test_an_amount_of_memory_survives_being_written(amount: int) -> None:
    size = Size(cpu="1", memory=str(amount), ephemeral_storage="1")
    workload = Workload(replicas=1, requests=size, limits=size, surge_percent=0)
    assert in_bytes(quota((workload,))["requests.memory"]) == amount


@pytest.mark.parametrize("written", ["", "two", "-1", "1 Gi", "1KB", "1e3"])
def test_what_is_no_quantity_is_refused_by_name(written: str) -> None:
    with pytest.raises(ValueError, match=r"is not a quantity"):
        millicores(written)


def test_a_thousandth_of_a_byte_is_refused() -> None:
    with pytest.raises(ValueError, match=r"'512m'.*write bytes as"):
        in_bytes("512m")
