"""Where objects live: one thing broken in the real stacks for each rule of the area."""

from __future__ import annotations

from typing import Final

from tests.policies.judging import resource
from tests.policies.mutation import Mutant, add, drop, edit, edit_chart

_PSA: Final = "pod-security.kubernetes.io"

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        rule="namespace-restricted",
        stack="blue",
        change=edit(
            "Namespace",
            "stratmaster-blue",
            "metadata.labels",
            {f"{_PSA}/enforce-version": "v1.34", f"{_PSA}/warn": "x"},
        ),
    ),
    Mutant(
        rule="namespace-restricted",
        stack="production",
        change=edit(
            "Namespace",
            "stratmaster-production",
            "metadata.labels",
            {f"{_PSA}/enforce-version": "v1.34", f"{_PSA}/enforce": "baseline"},
        ),
    ),
    Mutant(
        rule="namespace-pinned-standard",
        stack="green",
        change=edit(
            "Namespace",
            "stratmaster-green",
            "metadata.labels",
            {f"{_PSA}/enforce-version": "latest", f"{_PSA}/enforce": "restricted"},
        ),
    ),
    Mutant(
        rule="namespace-explicit",
        stack="production",
        change=edit("NetworkPolicy", "database-replication-ingress", "metadata.namespace", None),
    ),
    Mutant(
        rule="namespace-explicit",
        stack="blue",
        change=edit_chart("templates/configmap.yaml", "namespace: {{ .Release.Namespace }}", "namespace: default"),
    ),
    Mutant(rule="namespace-quota", stack="blue", change=drop("LimitRange")),
    Mutant(rule="namespace-quota", stack="green", change=drop("ResourceQuota")),
    Mutant(
        rule="api-version-stable",
        stack="blue",
        change=edit_chart("templates/poddisruptionbudget.yaml", "policy/v1", "policy/v1beta1"),
    ),
    Mutant(
        rule="api-version-stable",
        stack="production",
        change=add(
            resource(
                "kubernetes:core/v1:Endpoints",
                inputs={"kind": "Endpoints", "metadata": {"name": "db", "namespace": "stratmaster-production"}},
            )
        ),
        also=("provider-pinned-cluster",),  # what is added has no provider
    ),
)
