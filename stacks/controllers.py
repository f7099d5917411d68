"""The controllers: those that the foundation installs, and what each stack needs of the others."""

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from components.controllers import needs
from components.controllers.catalogue import CATALOGUE
from components.controllers.installed import InstalledArgs, InstalledController
from components.flow_types import Flow
from components.issuers import Issuers, IssuersArgs
from components.namespace import Namespace
from components.preflight import Need
from settings import FoundationSettings, SlotSettings, TrafficSettings


@dataclass(frozen=True, kw_only=True)
class Installed:
    """What the foundation has installed.

    Attributes:
        opts: options for everything of the stack.
        by_key: field of settings.controllers -> the controller.
    """

    opts: pulumi.ResourceOptions
    by_key: dict[str, InstalledController]

    def after(self, *keys: str) -> pulumi.ResourceOptions:
        """Options for a component that declares objects for some controllers: it waits for those that are installed.

        The component's children wait with it: none is registered before its parent is.
        """
        first = [self.by_key[key] for key in keys if key in self.by_key]
        return pulumi.ResourceOptions.merge(self.opts, pulumi.ResourceOptions(depends_on=first)) if first else self.opts


def build(settings: FoundationSettings, flows: tuple[Flow, ...], opts: pulumi.ResourceOptions) -> Installed:
    """Install what the settings say, each controller in a namespace of its own."""
    controllers = settings.controllers
    installed = Installed(opts=opts, by_key={})
    for key in controllers.installed:
        controller = CATALOGUE[key]
        args = InstalledArgs(controller=controller, chart=controllers.chart(key), network=settings.network, flows=flows)
        # Those whose kinds a chart uses come before it in the settings.
        installed.by_key[key] = InstalledController(controller.name, args, installed.after(*controller.after))
    return installed


def namespaces(settings: FoundationSettings) -> list[str]:
    """Those of the controllers that are installed."""
    return [CATALOGUE[key].namespace for key in settings.controllers.installed]


def issuers(settings: FoundationSettings, namespace: Namespace, installed: Installed) -> None:
    """Declare what signs certificates."""
    made, contacts = settings.issuers, settings.monitoring.contacts
    if made.lets_encrypt is None and not made.authority:
        return
    args = IssuersArgs(
        namespace=namespace.created_name,
        lets_encrypt=made.lets_encrypt,
        email=made.lets_encrypt.email or contacts.platform if made.lets_encrypt else contacts.platform,
        authority=made.authority,
    )
    Issuers("issuers", args, installed.after("cert_manager"))


def of_foundation(settings: FoundationSettings) -> Sequence[Need]:
    """What the foundation needs, or works better with, and doesn't install itself."""
    database, signs = settings.database, settings.issuers
    clusters = database is not None and database.mode == "cluster"
    wanted = [
        *_backend(settings.secrets.backend),
        *([needs.CERT_MANAGER] if signs.lets_encrypt or signs.authority else []),
        *([needs.CLOUD_NATIVE_PG, needs.BARMAN] if clusters else []),
        *([needs.GATEWAY_API] if "gateway" in settings.controllers.installed else []),
        needs.PROMETHEUS_OPERATOR,
        needs.METRICS_SERVER,
    ]
    ours = {id(CATALOGUE[key].need) for key in settings.controllers.installed}
    return [need for need in wanted if id(need) not in ours]


def of_slot(settings: SlotSettings) -> Sequence[Need]:
    """What a slot needs."""
    return [*_backend(settings.secrets.backend), *([needs.GATEWAY] if settings.traffic_stack else [])]


def of_traffic(settings: TrafficSettings) -> Sequence[Need]:
    """What the entry needs."""
    return [
        needs.CERT_MANAGER,
        needs.PROMETHEUS_OPERATOR,
        *([needs.GATEWAY] if settings.entry == "gateway" else []),
    ]


def _backend(backend: str) -> list[Need]:
    found = {"sealed": needs.SEALED_SECRETS, "aws": needs.EXTERNAL_SECRETS, "vault": needs.EXTERNAL_SECRETS}
    return [found[backend]] if backend in found else []


def secrets_controller(backend: str) -> str:
    """The field of the controller that a backend of secrets needs; one that needs none is installed by none."""
    return {"sealed": "sealed_secrets", "aws": "external_secrets", "vault": "external_secrets"}.get(backend, backend)
