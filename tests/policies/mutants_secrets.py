"""Credentials written out or misplaced: one in the real stacks for each rule of the area."""

from __future__ import annotations

from typing import Final

from rehearsal.engine.wire import UNKNOWN, Secret
from tests.policies.mutation import Mutant, edit, edit_chart, edit_release

_SECRET_FILE: Final = "---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: it\nstringData:\n  key: abcd\n---\n"

MUTANTS: Final[tuple[Mutant, ...]] = (
    Mutant(
        rule="secrets-no-literals",
        stack="blue",
        change=edit_release("config.API_KEY", "abcd"),
        also=("secrets-from-pulumi-secrets",),  # to hand it over as a secret would be the next mistake
    ),
    Mutant(
        rule="secrets-no-literals",
        stack="green",
        change=edit_release("config.CACHE_URL", "redis://:hunter2@redis:6379/0"),
    ),
    Mutant(
        rule="secrets-no-literals",
        stack="traffic",
        change=edit("ConfigMap", "config", "data.token", "abcd"),
    ),
    Mutant(
        rule="secrets-no-literals",
        stack="production",
        change=edit("ServiceAccount", "", "metadata.annotations", {"example.com/token": "abcd"}),
    ),
    Mutant(rule="secrets-no-literals", stack="blue", change=edit("ConfigMap", "declared", "data.image", UNKNOWN)),
    Mutant(rule="secrets-only-in-secrets", stack="blue", change=edit_release("config.CACHE_ENABLED", Secret("true"))),
    Mutant(
        rule="secrets-only-in-secrets",
        stack="blue",
        change=edit("ConfigMap", "declared", "data.image", Secret("x")),
    ),
    Mutant(
        rule="secrets-from-pulumi-secrets",
        stack="dev",
        change=edit("Secret", "redis-credentials", "data", {"redis-password": "aHVudGVyMg=="}),
    ),
    Mutant(
        rule="secrets-not-made-by-charts",
        stack="green",
        change=edit_chart("templates/configmap.yaml", "{{- $api :=", f"{_SECRET_FILE}{{{{- $api :="),
    ),
    Mutant(
        rule="secrets-no-legacy-tokens",
        stack="dev",
        change=edit("Secret", "redis-credentials", "type", "kubernetes.io/service-account-token"),
    ),
)
