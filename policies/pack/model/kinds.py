"""Which kinds there are: where each keeps its pods, and which are known to have none."""

from __future__ import annotations

from typing import Final

POD_SPECS: Final[dict[str, tuple[str, ...]]] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "ReplicationController": ("spec", "template", "spec"),
    "ReplicaSet": ("spec", "template", "spec"),
    "Deployment": ("spec", "template", "spec"),
    "StatefulSet": ("spec", "template", "spec"),
    "DaemonSet": ("spec", "template", "spec"),
    "Job": ("spec", "template", "spec"),
    "CronJob": ("spec", "jobTemplate", "spec", "template", "spec"),
}
"""Where the built-in kinds that run pods keep the pod's spec."""

LONG_RUNNING: Final = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "ReplicationController"})
"""The built-in kinds whose pods are meant to stay."""

BUILT_IN_GROUPS: Final = frozenset(
    {
        "core",
        "admissionregistration.k8s.io",
        "apiextensions.k8s.io",
        "apiregistration.k8s.io",
        "apps",
        "auditregistration.k8s.io",
        "authentication.k8s.io",
        "authorization.k8s.io",
        "autoscaling",
        "batch",
        "certificates.k8s.io",
        "coordination.k8s.io",
        "discovery.k8s.io",
        "events.k8s.io",
        "extensions",
        "flowcontrol.apiserver.k8s.io",
        "meta",
        "networking.k8s.io",
        "node.k8s.io",
        "policy",
        "rbac.authorization.k8s.io",
        "resource.k8s.io",
        "scheduling.k8s.io",
        "storage.k8s.io",
        "storagemigration.k8s.io",
    }
)
"""The API groups that Kubernetes itself serves; nothing in them but `POD_SPECS` holds a pod."""

WITHOUT_PODS: Final[dict[str, frozenset[str]]] = {
    "acme.cert-manager.io": frozenset({"Challenge", "Order"}),
    "barmancloud.cnpg.io": frozenset({"ObjectStore"}),
    "bitnami.com": frozenset({"SealedSecret"}),
    "cert-manager.io": frozenset({"Certificate", "CertificateRequest", "ClusterIssuer", "Issuer"}),
    "external-secrets.io": frozenset({"ClusterSecretStore", "ExternalSecret", "SecretStore"}),
    "gateway.networking.k8s.io": frozenset(
        {
            "BackendTLSPolicy",
            "GRPCRoute",
            "Gateway",
            "GatewayClass",
            "HTTPRoute",
            "ListenerSet",
            "ReferenceGrant",
            "TCPRoute",
            "TLSRoute",
            "UDPRoute",
        }
    ),
    "monitoring.coreos.com": frozenset(
        {"AlertmanagerConfig", "PodMonitor", "Probe", "PrometheusRule", "ScrapeConfig", "ServiceMonitor"}
    ),
    "postgresql.cnpg.io": frozenset(
        {"Backup", "Cluster", "Database", "Publication", "ScheduledBackup", "Subscription"}
    ),
}
"""Kinds of operators whose schemas, read one by one, have no place for a container of one's own."""

CLUSTER_SCOPED: Final = frozenset(
    {
        "APIService",
        "CSIDriver",
        "CertificateSigningRequest",
        "ClusterIssuer",
        "ClusterRole",
        "ClusterRoleBinding",
        "ClusterSecretStore",
        "CustomResourceDefinition",
        "FlowSchema",
        "GatewayClass",
        "IngressClass",
        "MutatingAdmissionPolicy",
        "MutatingAdmissionPolicyBinding",
        "MutatingWebhookConfiguration",
        "Namespace",
        "Node",
        "PersistentVolume",
        "PriorityClass",
        "PriorityLevelConfiguration",
        "RuntimeClass",
        "StorageClass",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ValidatingWebhookConfiguration",
        "VolumeAttributesClass",
    }
)
"""Kinds that live in no namespace; a kind that isn't listed is expected to name one."""

COMPONENTS: Final = frozenset(
    {
        "kubernetes:helm.sh/v2:Chart",
        "kubernetes:helm.sh/v3:Chart",
        "kubernetes:helm.sh/v4:Chart",
        "kubernetes:kustomize:Directory",
        "kubernetes:kustomize/v2:Directory",
        "kubernetes:yaml:ConfigFile",
        "kubernetes:yaml:ConfigGroup",
        "kubernetes:yaml/v2:ConfigFile",
        "kubernetes:yaml/v2:ConfigGroup",
    }
)
"""Components of the provider's own SDKs: the engine gives them no provider, and their children come one by one."""


def known_without_pods(group: str, kind: str) -> bool:
    """Whether a kind is known to hold no pod."""
    if group in BUILT_IN_GROUPS:
        return kind not in POD_SPECS
    return kind in WITHOUT_PODS.get(group, ())
