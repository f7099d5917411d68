"""What the guide wants watched and no code measures yet (facts.md 2.3): rules that are off until their metric exists.

An alert on a series that nobody exports never fires and looks like health. Each is switched on by its name in
`stratmaster:monitoring.businessMetrics`, once the application exports the metric that stands here.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from components.monitoring.rules import Alert, Group
from settings.monitoring import BusinessMetric

METRICS: Final[Mapping[BusinessMetric, str]] = {
    "sessions": "stratmaster_active_sessions",
    "workflows": "stratmaster_workflows_total",
    "inference": "stratmaster_inference_seconds",
    "approvals": "stratmaster_approval_seconds",
    "compliance": "stratmaster_constitutional_checks_total",
    "satisfaction": "stratmaster_satisfaction_score",
}
"""What the application is asked to export, by the switch's name. Counters carry `outcome`, times are histograms."""


def _share(metric: str, outcome: str, window: str) -> str:
    total = f"sum(rate({metric}[{window}]))"
    return f'(sum(rate({metric}{{outcome="{outcome}"}}[{window}])) or 0 * {total}) / ({total} > 0)'


def _quantile(metric: str, quantile: float, window: str) -> str:
    return f"histogram_quantile({quantile}, sum by (le) (rate({metric}_bucket[{window}])))"


def _table() -> dict[BusinessMetric, Alert]:
    # Thresholds: the repository's own business alerts (facts.md 4.5); for sessions, half of what was usual a week ago.
    sessions = METRICS["sessions"]
    return {
        "sessions": Alert(
            name="SessionsDropped",
            expr=f"sum({sessions}) < 0.5 * sum(avg_over_time({sessions}[1h] offset 1w))",
            wait="30m",
            summary="Far fewer people are signed in than a week ago",
            description="{{ $value | humanize }} sessions are active, less than half of those at this time a week ago.",
        ),
        "workflows": Alert(
            name="WorkflowsFailing",
            expr=f"{_share(METRICS['workflows'], 'completed', '15m')} < 0.7",
            wait="15m",
            summary="Workflows don't complete",
            description=(
                "{{ $value | humanizePercentage }} of the workflows completed in 15 minutes; 70 % is the threshold."
            ),
        ),
        "inference": Alert(
            name="InferenceSlow",
            expr=f"{_quantile(METRICS['inference'], 0.95, '10m')} > 10",
            wait="10m",
            summary="Models answer slowly",
            description=(
                "95 % of the model calls took up to {{ $value | humanizeDuration }}; 10 s, what the API "
                "waits, is the threshold."
            ),
        ),
        "approvals": Alert(
            name="ApprovalsSlow",
            expr=f"{_quantile(METRICS['approvals'], 0.95, '1h')} > 3600",
            wait="30m",
            summary="Approvals take long",
            description="95 % of the approvals took up to {{ $value | humanizeDuration }}; an hour is the threshold.",
        ),
        "compliance": Alert(
            name="ComplianceLow",
            expr=f"{_share(METRICS['compliance'], 'compliant', '15m')} < 0.95",
            wait="5m",
            summary="Too many answers break the constitution",
            description="{{ $value | humanizePercentage }} of the checked answers comply; 95 % is the threshold.",
        ),
        "satisfaction": Alert(
            name="SatisfactionLow",
            expr=f"avg({METRICS['satisfaction']}) < 3.5",
            wait="1h",
            summary="Users are not content",
            description="Users give {{ $value | humanize }} of 5 on average; 3.5 is the threshold.",
        ),
    }


def group(existing: Sequence[BusinessMetric]) -> Group:
    """The rules whose metric exists; empty if none does."""
    return Group(
        name="stratmaster-business",
        dashboard="business",
        rules=[alert for name, alert in _table().items() if name in existing],
    )


def off(existing: Sequence[BusinessMetric]) -> dict[str, str]:
    """Alert -> the metric that it waits for, of the rules that are off."""
    return {alert.name: METRICS[name] for name, alert in _table().items() if name not in existing}
