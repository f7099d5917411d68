"""The namespaces and names that alerts select by."""

from typing import Final

from components import conventions

OURS: Final = "|".join((conventions.PRODUCTION_NAMESPACE, *map(conventions.slot_namespace, conventions.SLOTS)))
IN_OURS: Final = f'namespace=~"{OURS}"'
IN_FOUNDATION: Final = f'namespace="{conventions.PRODUCTION_NAMESPACE}"'
"""What is scraped there: a cluster has other people's databases and caches too, with the same exporters."""
SLOT_NAMESPACES: Final = "|".join(map(conventions.slot_namespace, conventions.SLOTS))
IN_SLOTS: Final = f'namespace=~"{SLOT_NAMESPACES}"'
WHERE: Final = "{{ $labels.workload_namespace }}"
"""For descriptions: the namespace that the alert is about."""
