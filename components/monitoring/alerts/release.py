"""Blue and green: whether the live slot is well, and whether a cut-over or a maintenance was forgotten."""

from components import conventions
from components.migration import NAME as MIGRATION
from components.monitoring.alerts.places import IN_SLOTS
from components.monitoring.live import MAINTENANCE, WEIGHT
from components.monitoring.probe_jobs import MCP, SLOTS
from components.monitoring.rules import Alert, Group
from settings.monitoring import Thresholds

_SLOT_OF_NAMESPACE = f'"slot", "$1", "namespace", "stratmaster-({"|".join(conventions.SLOTS)})"'


def group(at: Thresholds) -> Group:
    """A live slot that is not well hurts users; an idle one hurts the next cut-over."""
    live, idle = f"({WEIGHT} > 0)", f"({WEIGHT} == 0)"
    wanted = f'kube_horizontalpodautoscaler_spec_min_replicas{{{IN_SLOTS},horizontalpodautoscaler="{conventions.API}"}}'
    ready = f'kube_deployment_status_replicas_available{{{IN_SLOTS},deployment="{conventions.API}"}}'
    # Two kube-state-metrics, as while one is replaced, are no reason for a rule to fail.
    missing = f"max by (namespace) ({wanted}) - max by (namespace) ({ready})"
    silent = f'probe_success{{job="{SLOTS}"}}'
    return Group(
        name="stratmaster-release",
        dashboard="blue-green",
        rules=(
            Alert(
                name="LiveSlotUnhealthy",
                expr=f"label_replace({missing} > 0, {_SLOT_OF_NAMESPACE}) and on (slot) {live}",
                wait="5m",
                summary="The live slot has too few pods",
                description=(
                    "Slot {{ $labels.slot }}, which users are on, is {{ $value }} ready pods below its minimum."
                ),
                severity="page",
                maintenance_causes=True,
            ),
            Alert(
                name="LiveSlotSilent",
                expr=f"avg by (slot) ({silent}) < 0.5 and on (slot) {live}",
                wait="2m",
                summary="The live slot does not answer",
                description=(
                    "Slot {{ $labels.slot }}, which users are on, doesn't answer /healthz from inside the cluster."
                ),
                severity="page",
                maintenance_causes=True,
            ),
            Alert(
                name="IdleSlotUnhealthy",
                # A slot that is shut down has no autoscaler, so nothing is missing.
                expr=f"label_replace({missing} > 0, {_SLOT_OF_NAMESPACE}) and on (slot) {idle}",
                wait="30m",
                summary="The idle slot isn't ready to take over",
                description="Slot {{ $labels.slot }} is {{ $value }} ready pods below its minimum: no roll-back to it.",
                maintenance_causes=True,
            ),
            Alert(
                name="McpServiceSilent",
                expr=f'avg by (slot, service) (probe_success{{job="{MCP}"}}) < 0.5 and on (slot) {live}',
                wait="5m",
                summary="An MCP service of the live slot does not answer",
                description=(
                    "{{ $labels.service }} of slot {{ $labels.slot }} doesn't answer /healthz: what the API "
                    "asks of it fails."
                ),
                maintenance_causes=True,
            ),
            Alert(
                name="WeightsSplitTooLong",
                expr=f"count({WEIGHT} > 0) > 1",
                wait=f"{at.split_hours}h",
                summary="A cut-over was not finished",
                description=f"{{{{ $value }}}} slots have had weight for {at.split_hours} hours.",
            ),
            Alert(
                # Each slot keeps the one Job that brought the schema to its version.
                name="SlotSchemasDiffer",
                expr=f'count(count by (image_spec) (kube_pod_container_info{{{IN_SLOTS},pod=~"{MIGRATION}-.+"}})) > 1',
                wait=f"{at.split_hours}h",
                summary="The slots were made for different schemas",
                description=(
                    f"{{{{ $value }}}} versions of the schema's migration have been in the slots for {at.split_hours} "
                    "hours: contract steps have to wait."
                ),
            ),
            Alert(
                name="MaintenanceTooLong",
                expr=f"{MAINTENANCE} == 1",
                wait=f"{at.maintenance_hours}h",
                summary="The maintenance page is still up",
                description=f"Users have been sent to the maintenance page for {at.maintenance_hours} hours.",
                severity="page",
            ),
            Alert(
                name="TrafficStateUnknown",
                expr=f"absent({WEIGHT}) or absent({MAINTENANCE})",
                wait="15m",
                summary="Which slot is live isn't known",
                description=(
                    "The rules of stack traffic are missing: alerts can't tell the live slot from the idle one."
                ),
            ),
            Alert(
                # Routed to nobody: it is what mutes alerts that maintenance brings about.
                name="MaintenanceOn",
                expr=f"{MAINTENANCE} == 1",
                wait="",
                severity="info",
                summary="The maintenance page is up",
                description="Alerts that maintenance brings about are muted while this one fires.",
            ),
        ),
    )
