"""Which stages KWOK is given."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from rehearsal.control_plane import simulation
from rehearsal.errors import RehearsalError


def test_what_a_real_controller_does_is_not_simulated(tmp_path: Path) -> None:
    stages = tmp_path / "stages"
    stages.mkdir()
    whole = simulation.write(tmp_path, stages=stages, pod_cidr="10.1.0.0/24", left_out=frozenset())
    assert ("gateway.networking.k8s.io/v1", "Gateway") in simulation.simulated(whole)
    part = simulation.write(tmp_path, stages=stages, pod_cidr="10.1.0.0/24", left_out=frozenset({"gateway-api"}))
    assert part != whole
    assert not whole.exists()
    documents = [each for each in yaml.safe_load_all(part.read_text()) if each]
    assert documents[0]["options"]["cidr"] == "10.1.0.0/24"
    left = simulation.simulated(part)
    assert ("gateway.networking.k8s.io/v1", "Gateway") not in left
    assert ("cert-manager.io/v1", "Certificate") in left


def test_leaving_out_something_that_is_not_simulated_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RehearsalError, match="Nothing called gatway-api"):
        simulation.write(tmp_path, stages=tmp_path, pod_cidr="10.0.0.0/8", left_out=frozenset({"gatway-api"}))
