"""The foundation's daily scan of what runs."""

import pulumi

from components.image_scans import ImageScans, ImageScansArgs
from components.namespace import Namespace
from components.secrets import Secrets
from settings import FoundationSettings


def build(settings: FoundationSettings, namespace: Namespace, secrets: Secrets, opts: pulumi.ResourceOptions) -> None:
    """Declare it where the settings name it."""
    if settings.scans is None or settings.operations is None:
        return
    args = ImageScansArgs(
        namespace=namespace.created_name,
        operations=str(settings.operations),
        pull_secret=secrets.pull_secret,
        url=secrets.key("postgres-credentials", "postgres-url"),
        settings=settings.scans,
        after=[namespace, secrets],
    )
    ImageScans("image-scans", args, opts)
