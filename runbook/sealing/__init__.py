"""Sealing secrets for the controller of one cluster: what only its private key opens."""
