"""Which components each role (foundation, slot, traffic) is made of, and nothing else."""
