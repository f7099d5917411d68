"""What is asked from outside, by the name that its answers carry in the label `job`."""

from typing import Final

PUBLIC: Final = "stratmaster-public"
"""The name that users call."""
SLOTS: Final = "stratmaster-slots"
"""Each slot's own Service, whoever is live."""
MCP: Final = "stratmaster-mcp"
"""The MCP services of each slot."""
