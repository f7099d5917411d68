"""Rules between the settings of what holds data."""

from collections.abc import Iterator, Mapping

from settings.data import Backups, FoundationDatabase, OperationsImage
from settings.problems import Problem


def problems(values: Mapping[str, object], *, production: bool) -> Iterator[Problem]:
    """All broken rules of one stack.

    Args:
        values: field -> value, of the fields that are valid by themselves.
        production: whether it is held to production's rules.
    """
    image, backups, database = (values.get(key) for key in ("operations", "backups", "database"))
    if isinstance(image, OperationsImage):
        yield from _image(image, production=production)
    if isinstance(backups, Backups) and image is None:
        yield Problem(
            what="stratmaster:backups is set, but stratmaster:operations, the image that takes them, is not.",
            mend="Set stratmaster:operations to {tag: ..., digest: ...}, or remove stratmaster:backups.",
        )
    cluster = isinstance(database, FoundationDatabase) and database.mode == "cluster"
    if cluster and backups is None and production:
        yield Problem(
            what="stratmaster:database.mode is cluster and stratmaster:backups is missing: nothing would be archived.",
            mend="Set stratmaster:backups to {bucket: ...}.",
        )
    if cluster and isinstance(database, FoundationDatabase) and database.recovery and backups is None:
        yield Problem(
            what="stratmaster:database.recovery is set and stratmaster:backups is missing: there is no archive.",
            mend="Set stratmaster:backups to the bucket that the cluster archived to.",
        )
    if values.get("contract_migrations") and image is None:
        yield Problem(
            what="stratmaster:contractMigrations is true, but without stratmaster:operations nothing migrates.",
            mend="Set stratmaster:operations to {tag: ..., digest: ...}, or remove stratmaster:contractMigrations.",
        )


def _image(image: OperationsImage, *, production: bool) -> Iterator[Problem]:
    if image.tag == "latest":
        yield Problem(
            what="stratmaster:operations.tag is latest, which names another build tomorrow.",
            mend="Give the version's own tag, for example v1.2.3.",
        )
    if image.digest is None and production:
        yield Problem(
            what="stratmaster:operations.digest is missing, and outside development an image is pinned by its digest.",
            mend="Set it to the sha256:... that the registry shows for that tag.",
        )
