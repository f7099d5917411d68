"""All of StratMaster's namespaces in one stack, for tests that look at every policy together."""

import pulumi

from components.flow_types import PRODUCTION, alone
from components.flows import flow_table
from components.namespace import Namespace, NamespaceArgs
from components.network_policies import NetworkPolicies, NetworkPoliciesArgs
from components.quota import Size, Workload
from components.rbac import Rbac, RbacArgs
from settings.access import Access
from settings.network import Endpoints, NetworkSettings

config = pulumi.Config("stratmaster")
topology = alone(slot) if (slot := config.get("slot")) else PRODUCTION
access = Access.model_validate_json(config.get("access") or "{}")
flows = flow_table(
    topology,
    NetworkSettings.model_validate_json(config.get("network") or "{}"),
    Endpoints.model_validate_json(config.get("endpoints") or "{}"),
)
workload = Workload(
    replicas=int(config.get("replicas") or 3),
    requests=Size(cpu="2", memory="4Gi", ephemeral_storage="1Gi"),
    limits=Size(cpu="4", memory="8Gi", ephemeral_storage="2Gi"),
)

for full_name in topology.namespaces:
    short = full_name.removeprefix("stratmaster-")
    namespace = Namespace(short, NamespaceArgs(name=full_name, workloads=(workload,)))
    NetworkPolicies(f"{short}-network", NetworkPoliciesArgs(namespace=namespace, flows=flows))
    Rbac(
        f"{short}-access",
        RbacArgs(namespace=namespace, operators=access.operators, readers=access.readers, ci=access.ci),
    )
