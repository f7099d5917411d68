"""What the application is asked to export."""

from tests.monitoring.cases.case import Case
from tests.monitoring.timeline import counter, gauge

CASES = (
    Case(
        alert="SessionsDropped",
        series=(gauge("stratmaster_active_sessions", 100, 40),),
        says="40 sessions are active",
        warm_up=10_090,
        step=10,
    ),
    Case(
        alert="WorkflowsFailing",
        lag=4,
        recovery=9,
        series=(
            counter('stratmaster_workflows_total{outcome="completed"}', 10, 1),
            counter('stratmaster_workflows_total{outcome="failed"}', 0, 9),
        ),
        says="of the workflows completed in 15 minutes",
    ),
    Case(
        alert="InferenceSlow",
        recovery=8,
        series=(
            counter('stratmaster_inference_seconds_bucket{le="1"}', 10, 0),
            counter('stratmaster_inference_seconds_bucket{le="30"}', 10, 10),
            counter('stratmaster_inference_seconds_bucket{le="+Inf"}', 10, 10),
        ),
        says="95 % of the model calls took up to",
    ),
    Case(
        alert="ApprovalsSlow",
        recovery=55,
        series=(
            counter('stratmaster_approval_seconds_bucket{le="600"}', 10, 0),
            counter('stratmaster_approval_seconds_bucket{le="36000"}', 10, 10),
            counter('stratmaster_approval_seconds_bucket{le="+Inf"}', 10, 10),
        ),
        says="an hour is the threshold",
    ),
    Case(
        alert="ComplianceLow",
        recovery=13,
        series=(
            counter('stratmaster_constitutional_checks_total{outcome="compliant"}', 10, 0),
            counter('stratmaster_constitutional_checks_total{outcome="violated"}', 0, 10),
        ),
        says="of the checked answers comply; 95 %",
    ),
    Case(alert="SatisfactionLow", series=(gauge("stratmaster_satisfaction_score", 4.5, 3),), says="Users give 3 of 5"),
)
