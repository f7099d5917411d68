"""What data adds to the stacks passes the policy pack, in every mode, with everything switched on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import pytest

from rehearsal.engine.analyzers import AnalyzedResource, Analyzers
from rehearsal.project import Project
from tests.policies.judging import PACK
from tests.stacks.recorded import PROJECT, ROOT, run
from tests.stacks.test_data import DATA, IMAGE

RECIPIENT: Final = "age1h8cnx7p52jz80m5mzd0cvgrxzmt6038h2tjxx4qzl9j2v9t46v6ss9pmjn"
PLACE: Final = {"bucket": "stratmaster-backups-prod", "kmsKey": "alias/backups", "accountId": "123456789012"}
BACKUPS: Final = {**PLACE, "configRecipients": [RECIPIENT]}
NETWORK: Final = {
    "apiServer": {"cidrs": ["10.96.0.1/32"], "port": 6443},
    "s3": {"cidrs": ["52.216.0.0/15"]},
    "database": {"cidrs": ["10.9.0.0/24"], "port": 5432},
}
FOUNDATION: Final[Mapping[str, object]] = {**DATA, "backups": BACKUPS, "network": NETWORK}
SLOT: Final[Mapping[str, object]] = {"operations": IMAGE, "backups": PLACE, "network": NETWORK}


pytestmark = pytest.mark.usefixtures("helm_on_the_path")


@pytest.mark.parametrize(
    ("stack", "settings"),
    [
        ("production", FOUNDATION),
        ("production", {**FOUNDATION, "database": {"mode": "external", "host": "db.example.com"}}),
        ("production", {**FOUNDATION, "database": {"mode": "cluster", "pooler": {}}}),
        ("production", {**FOUNDATION, "database": {"mode": "cluster", "recovery": {"toTime": "2024-12-20T10:00:00Z"}}}),
        ("blue", SLOT),
        ("green", {**SLOT, "shutdown": "true"}),
    ],
    ids=["a cluster", "a server of one's own", "a cluster with a pooler", "a recovery", "a slot", "an idle slot"],
)
def test_every_rule_is_kept(stack: str, settings: Mapping[str, object]) -> None:
    recording = run(stack, changes=settings)
    assert recording.error is None, recording.error
    config = {
        **Project.find(ROOT).config(stack).values,
        **{f"{PROJECT}:{key}": json.dumps(value) for key, value in settings.items()},
    }
    by_urn = {each.urn: each for each in recording.resources}
    shown = [AnalyzedResource(resource=each, provider=by_urn.get(each.provider_urn)) for each in recording.resources]
    with Analyzers.start([PACK], project=PROJECT, stack=stack, dry_run=True, config=config) as analyzers:
        declared = [each for each in shown if not each.resource.external]
        violations = [violation for each in declared for violation in analyzers.analyze(each)]
        violations += analyzers.analyze_stack(shown)
    assert [f"{each.policy} {each.urn}: {each.message}" for each in violations] == []
    kinds = {str(each.inputs.get("kind")) for each in recording.resources}
    assert ({"CronJob"} if stack == "production" else {"Job", "Role"}) <= kinds
