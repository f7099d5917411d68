"""Measurements as ratios of what runs side by side in one go; `make bench` prints them."""
