"""What each controller serves, as those who declare objects for it need it."""

from typing import Final

from components.preflight import Api, Floor, Need

CERT_MANAGER: Final = Need(
    title="cert-manager",
    setting="certManager",
    serves=(
        Api(version="cert-manager.io/v1", resource="certificates"),
        Api(version="cert-manager.io/v1", resource="clusterissuers"),
    ),
    floor=Floor(
        oldest=(1, 15),
        why="is the first to prove names through a Gateway without a feature gate",
        image="cert-manager-controller",
        selectors=("app.kubernetes.io/name=cert-manager",),
    ),
)
EXTERNAL_SECRETS: Final = Need(
    title="External Secrets",
    setting="externalSecrets",
    serves=(
        Api(version="external-secrets.io/v1", resource="externalsecrets"),
        Api(version="external-secrets.io/v1", resource="secretstores"),
    ),
)
SEALED_SECRETS: Final = Need(
    title="sealed-secrets",
    setting="sealedSecrets",
    serves=(Api(version="bitnami.com/v1alpha1", resource="sealedsecrets"),),
    floor=Floor(
        oldest=(0, 18),
        why="is the guide's",
        image="sealed-secrets-controller",
        selectors=("app.kubernetes.io/name=sealed-secrets", "name=sealed-secrets-controller"),
    ),
)
CLOUD_NATIVE_PG: Final = Need(
    title="CloudNativePG",
    setting="cloudNativePg",
    serves=(
        Api(version="postgresql.cnpg.io/v1", resource="clusters"),
        Api(version="postgresql.cnpg.io/v1", resource="poolers"),
    ),
    floor=Floor(
        oldest=(1, 26),
        why="is the first that the barman plugin archives for",
        image="cloudnative-pg",
        selectors=("app.kubernetes.io/name=cloudnative-pg",),
    ),
)
BARMAN: Final = Need(
    title="CloudNativePG's barman plugin",
    setting="",
    serves=(Api(version="barmancloud.cnpg.io/v1", resource="objectstores"),),
)
PROMETHEUS_OPERATOR: Final = Need(
    title="The Prometheus operator",
    setting="prometheusOperator",
    serves=(
        Api(version="monitoring.coreos.com/v1", resource="prometheusrules"),
        Api(version="monitoring.coreos.com/v1", resource="probes"),
        Api(version="monitoring.coreos.com/v1alpha1", resource="alertmanagerconfigs"),
    ),
)
GATEWAY: Final = Need(
    title="A Gateway API implementation",
    setting="gateway",
    serves=(
        Api(version="gateway.networking.k8s.io/v1", resource="gateways"),
        Api(version="gateway.networking.k8s.io/v1", resource="httproutes"),
        Api(version="gateway.networking.k8s.io/v1beta1", resource="referencegrants"),
    ),
)
GATEWAY_API: Final = Need(title="The Gateway API itself (its definitions)", setting="", serves=GATEWAY.serves)
"""What a gateway that is installed needs: no chart keeps them when it goes, so none of ours brings them."""
METRICS_SERVER: Final = Need(
    title="metrics-server",
    setting="metricsServer",
    serves=(Api(version="metrics.k8s.io/v1beta1", resource="pods"),),
    without="autoscalers keep their minimum, and `kubectl top` shows nothing",
)
