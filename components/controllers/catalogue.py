"""All controllers there are."""

from collections.abc import Mapping
from typing import Final

from components.controllers.cert_manager import CERT_MANAGER
from components.controllers.cloud_native_pg import CLOUD_NATIVE_PG
from components.controllers.controller import Controller
from components.controllers.external_secrets import EXTERNAL_SECRETS
from components.controllers.gateway import GATEWAY
from components.controllers.metrics_server import METRICS_SERVER
from components.controllers.prometheus_operator import PROMETHEUS_OPERATOR
from components.controllers.sealed_secrets import SEALED_SECRETS

CATALOGUE: Final[Mapping[str, Controller]] = {
    each.key: each
    for each in (
        CERT_MANAGER,
        EXTERNAL_SECRETS,
        SEALED_SECRETS,
        CLOUD_NATIVE_PG,
        PROMETHEUS_OPERATOR,
        GATEWAY,
        METRICS_SERVER,
    )
}
"""Field of settings.controllers.Controllers -> the controller."""
