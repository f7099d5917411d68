"""Where alerts go: one AlertmanagerConfig from the contacts in the settings."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes.apiextensions import CustomResource

from components import conventions
from components.monitoring.alerts.watching import WATCHDOG
from components.monitoring.rules import MAINTENANCE_LABEL, Owner
from settings.monitoring import Contacts, SecretKeyRef

NAME: Final = "stratmaster"
ON_CALL: Final = "on-call"
NOBODY: Final = "nobody"
WATCHDOG_RECEIVER: Final = "watchdog"
OWNERS: Final[tuple[Owner, ...]] = ("platform", "database", "security")

_TITLE: Final = "{{ .CommonLabels.severity | toUpper }} {{ .CommonAnnotations.summary }}"
_TEXT: Final = (
    "{{ range .Alerts }}*{{ .Labels.alertname }}* {{ .Annotations.description }}\n"
    "<{{ .Annotations.runbook_url }}|what to do> <{{ .Annotations.dashboard_url }}|where to look>\n{{ end }}"
)


@dataclass(frozen=True, kw_only=True)
class AlertRoutingArgs:
    """Who is told.

    Attributes:
        namespace: the foundation's; alerts carry it in `namespace`.
        contacts: addresses, channel, references to credentials.
        slack_webhook: the Secret and key of the channel's webhook.
        pager_duty: the Secret and key of PagerDuty's routing key; None where pages are mail.
        runs_after: what has to be there first: the operator refuses a config whose Secrets are missing.
    """

    namespace: pulumi.Input[str]
    contacts: Contacts
    slack_webhook: SecretKeyRef
    pager_duty: SecretKeyRef | None
    runs_after: tuple[pulumi.Resource, ...] = ()


class AlertRouting(pulumi.ComponentResource):
    """Pages wake the on-call engineer and tell the team; tickets go to the team and the channel; the rest to nobody.

    What belongs together comes as one message. A page silences the tickets of its own objective or place, the wider
    objective its neighbours, and the maintenance page what it brings about. Credentials stand in Secrets, and only
    their names here.

    Guards against an alert that reaches nobody, and against a hundred that say the same.
    """

    def __init__(self, name: str, args: AlertRoutingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:monitoring:AlertRouting", name, None, opts)
        CustomResource(
            "alert-routing",
            api_version="monitoring.coreos.com/v1alpha1",
            kind="AlertmanagerConfig",
            metadata={"name": NAME, "namespace": args.namespace, "labels": conventions.labels("monitoring")},
            spec={
                "route": _route(),
                "inhibitRules": _inhibitions(),
                "receivers": [
                    {"name": NOBODY},
                    {"name": WATCHDOG_RECEIVER},
                    _on_call(args),
                    *(_team(owner, args) for owner in OWNERS),
                ],
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.runs_after)),
        )
        self.register_outputs({})


def _matcher(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value, "matchType": "="}


def _route() -> dict[str, object]:
    teams = [{"receiver": owner, "matchers": [_matcher("owner", owner)]} for owner in OWNERS]
    return {
        # What carries no owner is nobody's by mistake, so it is everybody's first helper's.
        "receiver": ON_CALL,
        "groupBy": ["alertname", "objective", "slot", "workload_namespace"],
        "groupWait": "30s",
        "groupInterval": "5m",
        "repeatInterval": "12h",
        "routes": [
            {"receiver": WATCHDOG_RECEIVER, "repeatInterval": "5m", "matchers": [_matcher("alertname", WATCHDOG)]},
            {"receiver": NOBODY, "matchers": [_matcher("severity", "info")]},
            {
                "receiver": ON_CALL,
                "matchers": [_matcher("severity", "page")],
                "groupWait": "10s",
                "repeatInterval": "1h",
                "continue": True,
            },
            *teams,
        ],
    }


def _inhibitions() -> list[dict[str, object]]:
    page, ticket = [_matcher("severity", "page")], [_matcher("severity", "ticket")]
    return [
        {"sourceMatch": [*page, _present("objective")], "targetMatch": ticket, "equal": ["objective"]},
        # The same requests burn the narrower budget too.
        {
            "sourceMatch": [*page, _matcher("objective", "unavailability")],
            "targetMatch": [_matcher("objective", "errors")],
        },
        {
            "sourceMatch": [*page, _present("workload_namespace")],
            "targetMatch": ticket,
            "equal": ["workload_namespace"],
        },
        {"sourceMatch": [*page, _present("instance")], "targetMatch": ticket, "equal": ["instance", "owner"]},
        {
            "sourceMatch": [_matcher("alertname", "MaintenanceOn")],
            "targetMatch": [_matcher(MAINTENANCE_LABEL, "true")],
        },
    ]


def _present(label: str) -> dict[str, str]:
    return {"name": label, "value": ".+", "matchType": "=~"}


def _selector(reference: SecretKeyRef) -> dict[str, object]:
    return {"name": reference.name, "key": reference.key}


def _mail(to: str, contacts: Contacts) -> dict[str, object]:
    return {
        "to": to,
        "from": contacts.mail.sender,
        "smarthost": contacts.mail.smarthost,
        "requireTLS": True,
        "sendResolved": True,
        "headers": [{"key": "Subject", "value": _TITLE}],
    }


def _slack(args: AlertRoutingArgs) -> dict[str, object]:
    return {
        "apiURL": _selector(args.slack_webhook),
        "channel": args.contacts.slack_channel,
        "title": _TITLE,
        "text": _TEXT,
        "sendResolved": True,
    }


def _team(owner: Owner, args: AlertRoutingArgs) -> Mapping[str, object]:
    address = {
        "platform": args.contacts.platform,
        "database": args.contacts.database,
        "security": args.contacts.security,
    }[owner]
    return {"name": owner, "emailConfigs": [_mail(address, args.contacts)], "slackConfigs": [_slack(args)]}


def _on_call(args: AlertRoutingArgs) -> Mapping[str, object]:
    """PagerDuty where it is configured; without it, mail to the platform team that names the number to call."""
    contacts = args.contacts
    if args.pager_duty is None:
        call = f"{_TITLE} (on call: {contacts.on_call})"
        mail = {**_mail(contacts.platform, contacts), "headers": [{"key": "Subject", "value": call}]}
        return {"name": ON_CALL, "emailConfigs": [mail]}
    pager = {
        "routingKey": _selector(args.pager_duty),
        "severity": "critical",
        "description": _TITLE,
        "details": [{"key": "call", "value": contacts.on_call}],
        "client": "StratMaster",
        "sendResolved": True,
    }
    return {"name": ON_CALL, "pagerdutyConfigs": [pager]}
