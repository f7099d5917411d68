"""A story for every alert."""
