"""What came of a check, for people and for machines."""
