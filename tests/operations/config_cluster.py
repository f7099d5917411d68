"""The configuration's backup on a real API server: the objects of the stacks under names of their own, and accounts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import yaml

from components.config_access import ACCOUNT
from operations.config.cluster import Object
from rehearsal.engine.resource import Resource
from tests.operations.bucket import Bucket
from tests.operations.running import Command, Ended
from tests.operations.servers import PostgreSQL
from tests.stacks.recorded import plain, run
from tests.stacks.test_data import DATA

CONTEXT = "stratmaster"
SLOT_KINDS = ("Namespace", "Role", "RoleBinding", "ConfigMap", "NetworkPolicy")


@dataclass(frozen=True, kw_only=True)
class Configured:
    """A foundation and a slot whose configuration may be read, in namespaces that no other test has."""

    kubectl: Path
    kubeconfig: Path
    prefix: str
    home: Path

    @property
    def namespaces(self) -> tuple[str, str, str]:
        """The foundation's, and both slots'."""
        return f"{self.prefix}-production", f"{self.prefix}-blue", f"{self.prefix}-green"

    def run(self, *arguments: str, given: object = None) -> str:
        """Kubectl as the administrator."""
        done = subprocess.run(
            [self.kubectl, f"--kubeconfig={self.kubeconfig}", *arguments],
            input=None if given is None else json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def apply(self, objects: Iterable[Object], manager: str = "kubectl") -> None:
        """Apply objects under a program's name."""
        given = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.run(
            "apply",
            "--server-side",
            "--force-conflicts",
            "--validate=strict",
            f"--field-manager={manager}",
            "-f",
            "-",
            given=given,
        )

    def get(self, kind: str, namespace: str, name: str) -> Object:
        """An object, as it is."""
        return cast("Object", json.loads(self.run("get", kind, name, "-n", namespace, "-o", "json")))

    def declare(self, stack: str, kinds: Sequence[str], settings: Mapping[str, object]) -> None:
        """Apply what a stack declares, of some kinds, as Pulumi would."""
        recording = run(stack, changes=settings)
        assert recording.error is None, recording.error
        declared = [_object(each) for each in recording.resources if each.type.startswith("kubernetes:")]
        text = json.dumps([each for each in declared if each.get("kind") in kinds])
        for short in ("production", "blue", "green"):
            text = text.replace(f'"stratmaster-{short}"', f'"{self.prefix}-{short}"')
        text = text.replace(f'"{ACCOUNT}"', f'"{self.prefix}-reader"')
        objects = cast("list[Object]", json.loads(text))
        for batch in (["Namespace"], [kind for kind in kinds if kind != "Namespace"]):
            self.apply((each for each in objects if each["kind"] in batch), "pulumi-kubernetes-0123abcd")

    def bind(self, namespace: str) -> None:
        """Bind the reader's Role in a namespace again."""
        reader = f"{self.prefix}-reader"
        subject = f"--serviceaccount={self.namespaces[0]}:{reader}"
        self.run("create", "rolebinding", reader, f"--role={reader}", subject, "-n", namespace)

    def as_reader(self) -> Path:
        """A kubeconfig with the job's own account, as its pod's token makes it."""
        token = self.run("create", "token", f"{self.prefix}-reader", "-n", self.namespaces[0]).strip()
        config = yaml.safe_load(self.kubeconfig.read_text())
        config["users"] = [{"name": "reader", "user": {"token": token}}]
        for context in config["contexts"]:
            context["context"]["user"] = "reader"
        path = self.home / "reader.yaml"
        path.write_text(yaml.safe_dump(config))
        return path


def _object(resource: Resource) -> Object:
    return cast("Object", plain({key: value for key, value in resource.inputs.items() if not key.startswith("__")}))


def configured(kubectl: Path, kubeconfig: Path, prefix: str, home: Path, recipient: str) -> Configured:
    """The foundation as its stack declares the reader, and slot blue; green was never brought up."""
    made = Configured(kubectl=kubectl, kubeconfig=kubeconfig, prefix=prefix, home=home)
    backups = {"bucket": "stratmaster-backups-prod"}
    reading = {**backups, "configRecipients": [recipient]}
    kinds = (*SLOT_KINDS, "ServiceAccount", "ClusterRole", "ClusterRoleBinding")
    made.declare("production", kinds, {**DATA, "backups": reading})
    made.declare("blue", SLOT_KINDS, {"backups": backups})
    return made


def config_map(namespace: str, name: str, data: dict[str, str]) -> Object:
    metadata: Object = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": cast("Object", data)}


def secret(namespace: str, name: str, password: str) -> Object:
    metadata: Object = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"password": password}}


class Job:
    """The commands, told of the cluster and the bucket.

    Attributes:
        recipient: the public key that a backup is encrypted for.
        context: which cluster, for those that are not in a pod.
    """

    def __init__(self, cluster: Configured, bucket: Bucket, server: PostgreSQL, recipient: str) -> None:
        self.cluster, self.bucket, self.server, self.recipient = cluster, bucket, server, recipient
        self.context: tuple[str, ...] = ("--context", CONTEXT)
        self.namespaces = [word for namespace in cluster.namespaces for word in ("--namespace", namespace)]

    def backup(self, **variables: str) -> Ended:
        """As the job's own account."""
        told = {"KUBECONFIG": str(self.cluster.as_reader()), "BACKUP_RECIPIENTS": self.recipient, **variables}
        return self._command(told)("backup-config", *self.context, *self.namespaces)

    def restore(self, *options: str) -> Ended:
        """As the administrator."""
        key = str(self.cluster.home / "key.txt")
        told = {"KUBECONFIG": str(self.cluster.kubeconfig)}
        return self._command(told)("restore-config", "--latest", "--key", key, *self.context, *options)

    def _command(self, variables: dict[str, str]) -> Command:
        return Command(server=self.server, bucket=self.bucket, variables=variables)
