"""Who a pod is to the Kubernetes API, and whether it can call it at all."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ..model.objects import Object, objects
from ..model.pods import Pod, pods
from ..model.record import Rule, StackRule, per
from ..model.stack import Stack
from ..model.values import Field, Finding, each, must
from .joins import readable

_DEFAULT: Final = "default"


def _token(owner: Field, *, partial: bool) -> Iterator[Finding]:
    place = owner.child("automountServiceAccountToken")
    if place.value is not None or not partial:
        yield from must(place, lambda value: value is False, "isn't false")


def _pod_token(pod: Pod) -> Iterator[Finding]:
    yield from _token(pod.spec, partial=pod.partial)


def _account_token(account: Object) -> Iterator[Finding]:
    yield from _token(account.root, partial=account.patch)


def _account(pod: Pod) -> Field:
    """Where a pod names its account; `serviceAccount` is the old name of the field."""
    own = pod.spec.child("serviceAccountName")
    if own.value is not None:
        return own
    old = pod.spec.child("serviceAccount")
    return old if old.value is not None else own


def _named(pod: Pod) -> Iterator[Finding]:
    place = _account(pod)
    name = place.text()
    if name == _DEFAULT:
        yield place.finding("is the account of every pod that names none")
    elif not name and not (pod.partial and name is None):
        yield place.finding("isn't set, so that the pod shares the namespace's default account")


def _existing(stack: Stack) -> Iterator[Finding]:
    namespaces = {name for (_, name), _ in readable(stack.objects("Namespace"))}
    accounts = {key for key, _ in readable((*stack.objects("ServiceAccount"), *stack.looked_up("ServiceAccount")))}

    def check(pod: Pod) -> Iterator[Finding]:
        place, namespace = _account(pod), pod.object.namespace.text()
        name = place.text()
        # A namespace that another stack declares has its accounts from there.
        if name and namespace in namespaces and (namespace, name) not in accounts:
            yield place.finding("names an account that the stack doesn't declare")

    pods_of_all = [pod for owner in stack.objects() for pod in owner.pods]
    yield from per(lambda _: pods_of_all, check)(stack)


def _unbound(binding: Object) -> Iterator[Finding]:
    yield from each(binding.root.child("subjects").elements(), _subject)


def _subject(subject: Field) -> Iterator[Finding]:
    if subject.child("kind").text() == "ServiceAccount" and subject.child("name").text() == _DEFAULT:
        yield subject.finding("gives rights to every pod that names no account of its own")


POD_TOKEN: Final = Rule(
    id="pod-no-api-token",
    title="No pod is given a token for the Kubernetes API unasked",
    severity="medium",
    check=per(pods, _pod_token),
    frameworks=(
        "CIS-5.1.6",
        "NSA",
        "C-0034",
        "C-0190",
        "C-0261",
        "CKV_K8S_38",
        "KSV-0036",
        "Polaris/automountServiceAccountToken",
        "Kyverno/restrict-automount-sa-token",
    ),
    why="Whoever gets into the pod finds a key to the cluster lying there.",
    mend="Set automountServiceAccountToken: false; who needs the API mounts a projected token that expires.",
)

ACCOUNT_TOKEN: Final = Rule(
    id="service-account-no-token",
    title="No ServiceAccount hands out its token unasked",
    severity="medium",
    check=per(objects("ServiceAccount"), _account_token),
    frameworks=("CIS-5.1.6", "C-0034", "C-0190", "KSV-0036", "Kyverno/restrict-automount-sa-token"),
    why="Pods that say nothing take what their account says, and it is to every pod of the namespace.",
    mend="Set automountServiceAccountToken: false on the ServiceAccount.",
)

DEDICATED: Final = Rule(
    id="pod-service-account",
    title="Every pod has a ServiceAccount other than the namespace's default",
    severity="medium",
    check=per(pods, _named),
    frameworks=("CIS-5.1.5", "C-0189", "C-0307", "CKV_K8S_41", "CKV_K8S_42", "kube-linter/default-service-account"),
    why="What one program's pods are allowed, all pods of the namespace would be.",
    mend="Set serviceAccountName to an account of the program's own.",
)

EXISTS: Final = StackRule(
    id="pod-service-account-exists",
    title="Every ServiceAccount that a pod names is declared with its namespace",
    severity="medium",
    check=_existing,
    frameworks=("kube-linter/non-existent-service-account",),
    why="Pods whose account is missing are never made: the rollout stands still without a pod to look at.",
    mend="Declare the ServiceAccount in the stack that declares the namespace, or name one that it has.",
)

DEFAULT_UNBOUND: Final = Rule(
    id="service-account-default-unbound",
    title="No rights are bound to a default ServiceAccount",
    severity="medium",
    check=per(objects("RoleBinding", "ClusterRoleBinding"), _unbound),
    frameworks=("CIS-5.1.5", "C-0189", "CKV_K8S_42"),
    why="Every pod that names no account, of whoever may start one, would have those rights.",
    mend="Bind the rights to an account of the program that needs them.",
)

RULES: Final = (POD_TOKEN, ACCOUNT_TOKEN, DEDICATED, EXISTS, DEFAULT_UNBOUND)
