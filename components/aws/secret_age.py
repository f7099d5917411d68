"""The alert that asks for new secrets."""

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions
from components.monitoring.rules import Addresses, Alert, Group, written
from settings.aws import AwsSecrets, seconds

DAY_SECONDS = 86_400


@dataclass(frozen=True, kw_only=True)
class SecretAgeArgs:
    """Which secrets, and where the alert sends whoever reads it.

    Attributes:
        namespace: where the rule lives.
        settings: the days on which values were made or put.
        addresses: runbooks, dashboards, logs.
    """

    namespace: pulumi.Input[str]
    settings: AwsSecrets
    addresses: Addresses


def made_on(settings: AwsSecrets) -> Mapping[str, str]:
    """What is rotated by itself -> the day on which that was last done."""
    users = settings.database_users
    active = {"the database user in use": getattr(users, users.active)} if users else {}
    return {"what the program generates": settings.rotated_on, **settings.by_hand, **active}


def group(settings: AwsSecrets) -> Group:
    """One series for each; it needs no exporter, so that none can be down."""
    ages = [
        f'label_replace(abs(vector(time() - {seconds(day)})), "secret", "{name}", "", "")'
        for name, day in made_on(settings).items()
    ]
    return Group(
        name="stratmaster-secret-age",
        owner="security",
        dashboard="infrastructure",
        rules=(
            Alert(
                name="SecretTooOld",
                # abs: a day that is far ahead, by a slip, would keep it silent for years.
                expr=f"({' or '.join(ages)}) / {DAY_SECONDS} > {settings.rotate_after_days}",
                wait="1h",
                summary="A secret is due for a new value",
                description=(
                    "{{ $labels.secret }}: made {{ $value | printf `%.0f` }} days ago, and a new value is due after "
                    f"{settings.rotate_after_days}."
                ),
            ),
        ),
    )


class SecretAge(pulumi.ComponentResource):
    """An alert on the days in the settings: they are what makes values anew, so they can't say otherwise.

    Guards against a value that leaked once and is good for ever.
    """

    def __init__(self, name: str, args: SecretAgeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:aws:SecretAge", name, None, opts)
        CustomResource(
            name,
            api_version="monitoring.coreos.com/v1",
            kind="PrometheusRule",
            metadata={
                "name": f"{conventions.PROJECT}-secret-age",
                "namespace": args.namespace,
                "labels": conventions.labels("monitoring"),
            },
            spec={"groups": [written(group(args.settings), args.addresses)]},
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({})
