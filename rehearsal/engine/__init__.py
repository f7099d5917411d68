"""The embedded engine: the released Pulumi SDK against a resource monitor of our own."""
