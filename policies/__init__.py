"""The policy pack: `pulumi preview --policy-pack policies`. The rules are in `rules/`."""
