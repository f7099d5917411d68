"""Scanners of others over what is committed: dependencies, manifests, images, Dockerfiles, credentials."""
