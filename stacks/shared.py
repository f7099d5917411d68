"""What stacks of several roles build in the same way."""

import pulumi

from components import sealed_file
from components.gate import Gate
from components.namespace import Namespace
from components.plain_secrets import PlainSecrets, PlainSecretsArgs, refuse_unknown
from components.provider import ClusterArgs, cluster_provider
from components.sealed_secrets import SealedSecrets, SealedSecretsArgs
from components.secrets import Secrets
from settings import FoundationSettings, SlotSettings
from settings.common import Cluster


def behind_gate(cluster: Cluster, *conditions: pulumi.Output[None]) -> pulumi.ResourceOptions:
    """Options for what a stack is made of: the stack's own cluster, and nothing unless the conditions hold."""
    provider = cluster_provider(ClusterArgs(context=cluster.context, identifier=cluster.identifier))
    return pulumi.ResourceOptions(parent=Gate("gate", *conditions, opts=pulumi.ResourceOptions(providers=[provider])))


def secrets(settings: FoundationSettings | SlotSettings, namespace: Namespace, opts: pulumi.ResourceOptions) -> Secrets:
    """The stack's secrets from the backend that its settings choose.

    Raises:
        SettingsError: values are missing, unknown or damaged.
    """
    if settings.secrets.backend == "sealed":
        sealed = sealed_file.read(pulumi.get_stack())
        return SealedSecrets("secrets", SealedSecretsArgs(namespace=namespace.created_name, sealed=sealed), opts)
    supplied = {
        name: {key: pulumi.Output.secret(value.get_secret_value()) for key, value in values.items()}
        for name, values in settings.secret_values.items()
    }
    refuse_unknown(supplied)
    args = PlainSecretsArgs(namespace=namespace.created_name, supplied=supplied, rotation=settings.secrets.rotation)
    return PlainSecrets("secrets", args, opts)
