"""Where a check without an engine gets what it judges: the program's stacks, or manifests."""
