"""Secrets that don't arrive."""

from components.monitoring.alerts.places import IN_OURS, WHERE
from components.monitoring.rules import Alert, Group, placed


def group() -> Group:
    """A pod that starts without its secret doesn't start, and one that runs keeps the old one: both are found late."""
    return Group(
        name="stratmaster-secrets",
        owner="security",
        dashboard="infrastructure",
        rules=(
            Alert(
                name="SealedSecretCannotBeOpened",
                # -1 is false, 0 unknown, 1 true.
                expr=placed(f'sealed_secrets_controller_condition_info{{{IN_OURS},condition="Synced"}} < 0'),
                wait="5m",
                summary="A sealed secret can't be opened",
                description=(
                    f"SealedSecret {{{{ $labels.name }}}} in {WHERE} was sealed for another key, name or namespace."
                ),
            ),
            Alert(
                name="UnsealErrors",
                expr=placed(
                    f"sum by (namespace, reason) "
                    f"(increase(sealed_secrets_controller_unseal_errors_total{{{IN_OURS}}}[15m])) > 0"
                ),
                wait="1m",
                summary="The sealed-secrets controller fails",
                description=(
                    f"{{{{ $value | humanize }}}} attempts to open a sealed secret of {WHERE} failed in 15 "
                    f"minutes: {{{{ $labels.reason }}}}."
                ),
            ),
            Alert(
                name="ExternalSecretNotSynced",
                expr=placed(f'externalsecret_status_condition{{{IN_OURS},condition="Ready",status="False"}} == 1'),
                wait="15m",
                summary="An external secret is not brought over",
                description=(
                    f"ExternalSecret {{{{ $labels.name }}}} in {WHERE} has failed for 15 minutes: its Secret "
                    "is missing or old."
                ),
            ),
        ),
    )
