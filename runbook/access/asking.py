"""What the cluster lets an account do, asked in its name, as `kubectl auth can-i --list --as=…` does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from kubernetes.client import (
    AuthorizationV1Api,
    CoreV1Api,
    RbacAuthorizationV1Api,
    RbacV1Subject,
    V1SelfSubjectRulesReview,
    V1SelfSubjectRulesReviewSpec,
    V1SubjectRulesReviewStatus,
)

from runbook.access.table import Powers, Review
from runbook.cluster import SECONDS, asking, connect
from runbook.errors import RunbookError
from settings.checks import SLOTS

EVERYBODY: Final = "everybody"
ANY_SERVICE_ACCOUNT: Final = "any service account"
GROUP, USER, SERVICE_ACCOUNT = "group ", "user ", "service account "
_OURS: Final = "app.kubernetes.io/part-of=stratmaster-platform"
_SLOT: Final = "stratmaster.com/slot"
_NOBODY: Final = "stratmaster:access-review"
"""A user that nothing is ever bound to: what it may do, all may."""
_NO_ACCOUNT: Final = "system:serviceaccount:stratmaster-access-review:nobody"


class Cluster:
    """The cluster of a context, asked as an administrator who may speak for others.

    Attributes:
        developers: namespaces of developers' own slots, which are left out: each grants what its developer likes.
        incomplete: whether it has said that it can't list all: one of its authorizers (EKS' webhook, for example) only
            answers single questions.
    """

    def __init__(self, context: str) -> None:
        self.context = context
        self.developers: list[str] = []
        self.incomplete = False
        self._client = connect(context)

    def namespaces(self) -> list[str]:
        """Those of this program, by their label, but for developers' slots.

        Raises:
            RunbookError: the cluster doesn't answer or refuses, or there are none.
        """
        with asking(self.context, "list namespaces"):
            found = CoreV1Api(self._client).list_namespace(label_selector=_OURS, _request_timeout=SECONDS)
        if not found.items:
            raise RunbookError(
                f"The cluster of context {self.context} has no namespace of this program (label {_OURS}).",
                "Bring the stacks up first, or name another --context.",
            )
        slots = {
            each.metadata.name: (each.metadata.labels or {}).get(_SLOT, SLOTS[0])
            for each in found.items
            if each.metadata and each.metadata.name
        }
        self.developers = sorted(name for name, slot in slots.items() if slot not in SLOTS)
        return sorted(slots.keys() - {*self.developers})

    def accounts(self, namespaces: Sequence[str]) -> list[str]:
        """The service accounts in some namespaces, and whoever else is bound to a role there."""
        found: set[str] = set()
        core, access = CoreV1Api(self._client), RbacAuthorizationV1Api(self._client)
        for namespace in namespaces:
            with asking(self.context, f"list service accounts and role bindings in {namespace}"):
                accounts = core.list_namespaced_service_account(namespace, _request_timeout=SECONDS)
                bindings = access.list_namespaced_role_binding(namespace, _request_timeout=SECONDS)
            found |= {f"{SERVICE_ACCOUNT}{namespace}/{each.metadata.name}" for each in accounts.items if each.metadata}
            found |= {_named(subject, namespace) for each in bindings.items for subject in each.subjects or []}
        return sorted(found)

    def review(self, accounts: Sequence[str], namespaces: Sequence[str]) -> Review:
        """What accounts may do in namespaces, besides what everybody may, whose part stands by itself.

        Raises:
            RunbookError: the cluster doesn't answer, or doesn't let this user speak for others.
        """
        found: dict[tuple[str, str], Powers] = {}
        for who in (EVERYBODY, ANY_SERVICE_ACCOUNT, *accounts):
            commons = [EVERYBODY, *([ANY_SERVICE_ACCOUNT] if who.startswith(SERVICE_ACCOUNT) else [])]
            for namespace in namespaces:
                powers = self._powers(who, namespace)
                for common in commons if who != EVERYBODY else ():
                    powers = _besides(powers, found[common, namespace])
                found[who, namespace] = powers
        return found

    def _powers(self, who: str, namespace: str) -> Powers:
        review = V1SelfSubjectRulesReview(spec=V1SelfSubjectRulesReviewSpec(namespace=namespace))
        with asking(self.context, f"ask what {who} may do in {namespace}, which needs the verb impersonate"):
            answer = AuthorizationV1Api(self._client).create_self_subject_rules_review(
                review, _headers=_speaking_for(who), _request_timeout=SECONDS
            )
        if answer.status is None:
            raise RunbookError(f"The cluster doesn't say what {who} may do in {namespace}.", "Try again.")
        self.incomplete |= answer.status.incomplete
        powers: dict[str, frozenset[str]] = {}
        for what, verbs in _listed(answer.status):
            powers[what] = powers.get(what, frozenset()) | frozenset(verbs)
        return powers


def _speaking_for(who: str) -> dict[str, str]:
    """Headers of a request in an account's name; the server adds the groups that all, or all of its kind, are in."""
    if who.startswith(SERVICE_ACCOUNT):
        user = f"system:serviceaccount:{who.removeprefix(SERVICE_ACCOUNT).replace('/', ':')}"
    elif who == ANY_SERVICE_ACCOUNT:
        user = _NO_ACCOUNT
    else:
        user = who.removeprefix(USER) if who.startswith(USER) else _NOBODY
    group = {"Impersonate-Group": who.removeprefix(GROUP)} if who.startswith(GROUP) else {}
    return {"Impersonate-User": user, **group}


def _named(subject: RbacV1Subject, namespace: str) -> str:
    if subject.kind == "ServiceAccount":
        return f"{SERVICE_ACCOUNT}{subject.namespace or namespace}/{subject.name}"
    return f"{GROUP if subject.kind == 'Group' else USER}{subject.name}"


def _listed(rules: V1SubjectRulesReviewStatus) -> Iterator[tuple[str, list[str]]]:
    for rule in rules.resource_rules:
        for group in rule.api_groups or []:
            for resource in rule.resources or []:
                what = f"{resource}.{group}" if group else resource
                yield from ((f"{what} {name}".rstrip(), rule.verbs) for name in rule.resource_names or [""])
    for rule in rules.non_resource_rules:
        yield from ((url, rule.verbs) for url in rule.non_resource_urls or [])


def _besides(powers: Powers, common: Powers) -> Powers:
    left = ((what, verbs - common.get(what, frozenset())) for what, verbs in powers.items())
    return {what: verbs for what, verbs in left if verbs}
