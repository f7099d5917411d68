"""The schema's migration, before the release that needs it."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pulumi
from pulumi_kubernetes import batch
from pulumi_kubernetes.meta.v1 import ObjectMetaArgs

from components import aws_names
from components.backups import bucket_account, bucket_env
from components.data_jobs import SCRATCH, OperationPod
from components.release import SecretKey
from settings.data import BackupPlace

NAME: Final = "stratmaster-migration"
STEP: Final = "stratmaster.com/migration"
"""The label that says which steps a migration takes, by which the policies judge it: expand, or contract."""
DEADLINE_SECONDS: Final = 1800


@dataclass(frozen=True, kw_only=True)
class MigrationArgs:
    """What is migrated, and by which version.

    Attributes:
        namespace: the slot's.
        image: the operations image of the version that is to be released, pinned.
        pull_secret: name of the Secret that the registry is opened with.
        url: the Secret's value with the URL of the primary (not the Pooler's: a lock of the session is taken).
        contract: whether contract steps are applied too, which only is right when no older version runs any more.
        backups: the bucket where it looks for a way back before it changes anything; None changes without one.
        role: the AWS role by which it does.
        after: what has to be there first.
    """

    namespace: pulumi.Input[str]
    image: str
    pull_secret: str
    url: SecretKey
    contract: bool
    backups: BackupPlace | None = None
    role: str | None = None
    after: Sequence[pulumi.Resource] = ()


class Migration(pulumi.ComponentResource):
    """A Job that applies the expand steps of this version; the release depends on it, so a failure stops the deploy.

    With a bucket it first makes sure of a way back: a verified backup of the last day and WAL archived within minutes,
    with a restore point; only where there is none does it take a backup itself (operations/preflight.py).

    A Job can't be changed, so another image or another command is another Job, made before the old one goes. It is
    kept when it is done, without a time to live: a Job that goes by itself reads as drift, and is run again.

    Attributes:
        job: what the release waits for.
    """

    def __init__(self, name: str, args: MigrationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("stratmaster:data:Migration", name, None, opts)
        own = pulumi.ResourceOptions(parent=self)
        account = bucket_account(aws_names.MIGRATION, args.namespace, args.role, args.after, own)
        pod = OperationPod(
            name="migrate",
            component="migration",
            image=args.image,
            pull_secret=args.pull_secret,
            arguments=("migrate", "--verbose", *(("--contract",) if args.contract else ())),
            env={"TMPDIR": SCRATCH, **(bucket_env(args.backups) if args.backups else {})},
            secret_env={"POSTGRES_URL": args.url},
            service_account=aws_names.MIGRATION,
        )
        what = json.dumps([pod.image, list(pod.arguments), dict(pod.env), args.url.name, args.url.key])
        self.job = batch.v1.Job(
            "migration",
            metadata=ObjectMetaArgs(
                name=f"{NAME}-{hashlib.sha256(what.encode()).hexdigest()[:8]}",
                namespace=args.namespace,
                labels={**pod.labels(), STEP: "contract" if args.contract else "expand"},
            ),
            spec=batch.v1.JobSpecArgs(
                backoff_limit=1, active_deadline_seconds=DEADLINE_SECONDS, template=pod.template()
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[account, *args.after]),
        )
        self.register_outputs({})
