"""Secrets that don't arrive, and keys that could be lost."""

from typing import Final

from components.monitoring.alerts.places import IN_OURS, WHERE
from components.monitoring.rules import Alert, Group, placed

_DAY: Final = 86400
"""Seconds: a working day's time for `runbook sealing-keys backup` after the controller has made a new key."""
_KEY_AGE: Final = 'time() - kube_secret_created{namespace="kube-system",secret=~"sealed-secrets-key.+"}'
_BACKED_UP: Final = (
    'label_replace(kube_configmap_info{namespace="kube-system",configmap=~"backup-of-.+"},'
    ' "secret", "$1", "configmap", "backup-of-(.+)")'
)
"""What the backup leaves for each key (runbook/sealing/keys.py): a ConfigMap's name is all that metrics tell of it."""

_ERRORS: Final = f"sealed_secrets_controller_unseal_errors_total{{{IN_OURS}}}"


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
                # The controller has no series before the first error, and `increase` sees none where one begins.
                expr=placed(
                    f"sum by (namespace, reason) (increase({_ERRORS}[15m])) > 0 or "
                    f"sum by (namespace, reason) ({_ERRORS} unless {_ERRORS} offset 15m) > 0"
                ),
                wait="1m",
                summary="The sealed-secrets controller fails",
                description=(
                    f"{{{{ $value | humanize }}}} attempts to open a sealed secret of {WHERE} failed in 15 "
                    f"minutes: {{{{ $labels.reason }}}}."
                ),
            ),
            Alert(
                name="SealingKeyNotBackedUp",
                expr=f"{_KEY_AGE} > {_DAY} unless on (secret) {_BACKED_UP}",
                wait="15m",
                summary="A sealing key is in no backup",
                description=(
                    "Key {{ $labels.secret }} of the sealed-secrets controller is {{ $value | humanizeDuration }} old "
                    "and was never backed up: with it, all that is sealed for it would be lost."
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
