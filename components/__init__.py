"""One ComponentResource a file: what the stacks are made of."""
