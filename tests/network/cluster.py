"""The namespaces on a real API server, looked at as their operators, readers and pipelines do."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tests.network.declaring import Declared, Json, Object


@dataclass(frozen=True, kw_only=True)
class Done:
    """How a kubectl command ended."""

    code: int
    said: str


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The objects that were declared, under names that no other test has.

    Args:
        kubectl: the binary.
        kubeconfig: the administrator's.
        prefix: what stands in place of `stratmaster` in the namespaces' names.
    """

    kubectl: Path
    kubeconfig: Path
    prefix: str

    def namespace(self, short: str) -> str:
        """A namespace's name here, `blue` for example."""
        return f"{self.prefix}-{short}"

    def renamed(self, objects: Sequence[Object]) -> list[Object]:
        """The same objects in this cluster's namespaces."""
        text = json.dumps(list(objects))
        for short in ("blue", "green", "production"):
            text = text.replace(f"stratmaster-{short}", self.namespace(short))
        return cast("list[Object]", json.loads(text))

    def run(self, *arguments: str, group: str | None = None, given: object = None) -> Done:
        """Run kubectl, as the administrator or as a member of a group."""
        identity = (
            (f"--as=somebody-of-{group}", f"--as-group={group}", "--as-group=system:authenticated") if group else ()
        )
        done = subprocess.run(
            [self.kubectl, f"--kubeconfig={self.kubeconfig}", *arguments, *identity],
            input=None if given is None else json.dumps(given),
            capture_output=True,
            text=True,
            check=False,
        )
        return Done(code=done.returncode, said=done.stdout + done.stderr)

    def apply(self, objects: Sequence[Object], *options: str, group: str | None = None) -> Done:
        """`kubectl apply --server-side` of some objects."""
        given = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        return self.run(
            "apply", "--server-side", "--validate=strict", "--filename=-", *options, group=group, given=given
        )

    def install(self, declared: Declared) -> None:
        """Apply everything in the order it was declared, namespaces first. A warning is a failure."""
        objects = self.renamed(declared.objects)
        first = [each for each in objects if each["kind"] == "Namespace"]
        for batch in (first, [each for each in objects if each not in first]):
            done = self.apply(batch, "--warnings-as-errors")
            assert done.code == 0, done.said

    def remove(self, declared: Declared) -> None:
        """Take everything away, without waiting for it."""
        kinds = ("Namespace", "ValidatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy")
        objects = [each for each in self.renamed(declared.objects) if each["kind"] in kinds]
        given = {"apiVersion": "v1", "kind": "List", "items": objects}
        self.run("delete", "--filename=-", "--wait=false", "--ignore-not-found", given=given)

    def get(self, *arguments: str) -> Object:
        """`kubectl get` as JSON."""
        done = self.run("get", "--output=json", *arguments)
        assert done.code == 0, done.said
        return cast("Object", json.loads(done.said))

    def allowed(self, group: str, questions: Sequence[dict[str, Json]]) -> list[bool]:
        """What RBAC says to each question, a SubjectAccessReview's `resourceAttributes`."""
        reviews = [
            {
                "apiVersion": "authorization.k8s.io/v1",
                "kind": "SubjectAccessReview",
                "spec": {"user": "somebody", "groups": [group, "system:authenticated"], "resourceAttributes": question},
            }
            for question in questions
        ]
        given = {"apiVersion": "v1", "kind": "List", "items": reviews}
        done = self.run("create", '--output=jsonpath={.status.allowed}{"\\n"}', "--filename=-", given=given)
        assert done.code == 0, done.said
        answers = done.said.split()
        assert len(answers) == len(questions)
        return [answer == "true" for answer in answers]
