"""What only the whole stack shows: which pods a policy selects, and which names lead nowhere."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from ..model.kinds import BUILT_IN_GROUPS
from ..model.objects import Object
from ..model.pods import Pod
from ..model.record import StackRule, per
from ..model.stack import Stack
from ..model.values import Field, Finding, Unreadable, each
from .joins import Labelled, Pods, labelled, named, of_group, readable
from .network import GROUP

_BOTH: Final = frozenset({"Ingress", "Egress"})
_OPERATED: Final = {"cnpg.io/cluster": "Cluster", "cnpg.io/poolerName": "Pooler"}
"""Labels by which an operator names the pods that it makes for an object of the stack, and that object's kind."""
ROUTES: Final = ("HTTPRoute", "GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute")
"""The kinds of the Gateway API whose rules name Services as `backendRefs`."""


def _policies(stack: Stack) -> Iterator[Object]:
    return (policy for policy in stack.objects("NetworkPolicy") if of_group(policy, GROUP) and not policy.patch)


def _directions(policy: Object) -> set[str]:
    """The directions that a policy is about; by default inwards, and outwards where it says something of that."""
    types = policy.spec.child("policyTypes")
    if types.is_set:
        return set(types.texts())
    return set(_BOTH) if policy.spec.child("egress").is_set else {"Ingress"}


def _isolated(stack: Stack) -> Iterator[Finding]:
    pods, covered = stack.once(Pods), defaultdict[Pod, set[str]](set)
    for policy in _policies(stack):
        try:
            directions, namespace = _directions(policy), named(policy)[0]
            selected = pods.selected(namespace, policy.spec.child("podSelector"))
        except Unreadable:
            continue  # a policy that can't be judged covers nobody
        for found in selected:
            covered[found.pod] |= directions

    def check(pod: Pod) -> Iterator[Finding]:
        labelled(pod)  # raises where the labels can't be judged: then none can tell what selects it
        if missing := _BOTH - covered[pod]:
            yield pod.spec.finding(f"has no network policy for {' and '.join(sorted(missing)).lower()}")

    yield from per(lambda _: _own_pods(stack), check)(stack)


def _own_pods(stack: Stack) -> Iterator[Pod]:
    return (pod for owner in stack.objects() if not owner.patch for pod in owner.pods)


def _denied(stack: Stack) -> Iterator[Finding]:
    denied: dict[str, set[str]] = defaultdict(set)
    for (namespace, _), policy in readable(_policies(stack)):
        try:
            denied[namespace] |= _denies(policy)
        except Unreadable:
            continue

    def check(namespace: Object) -> Iterator[Finding]:
        if missing := _BOTH - denied[namespace.name.text() or ""]:
            yield namespace.root.finding(f"denies no {' and '.join(sorted(missing)).lower()} by default")

    declared = (each for each in stack.objects("Namespace") if each.group == "core" and not each.patch)
    yield from per(lambda _: declared, check)(stack)


def _denies(policy: Object) -> set[str]:
    """The directions that a policy shuts for every pod of its namespace, with nothing let through."""
    selector = policy.spec.child("podSelector")
    if selector.child("matchLabels").entries() or selector.child("matchExpressions").elements():
        return set()
    return {each for each in _directions(policy) if not policy.spec.child(each.lower()).elements()}


def _services(stack: Stack) -> Iterator[Finding]:
    pods = stack.once(Pods)
    operated = {(each.kind, *key) for key, each in readable(stack.objects(*_OPERATED.values()))}

    def check(service: Object) -> Iterator[Finding]:
        selector = service.spec.child("selector")
        wanted = {key: value.text() for key, value in selector.entries().items()}
        if not wanted or service.patch:
            return
        namespace, _ = named(service)
        found = pods.with_labels(namespace, wanted)
        made = any((kind, namespace, wanted.get(label)) in operated for label, kind in _OPERATED.items())
        if not found and not made:
            yield selector.finding("selects no pod of this stack")
        for port in service.spec.child("ports").elements() if found else ():
            yield from _port(port.child("targetPort"), found)

    yield from per(lambda _: stack.objects("Service"), check)(stack)


def _port(target: Field, pods: Iterable[Labelled]) -> Iterator[Finding]:
    name = target.known()
    if isinstance(name, str) and not all(name in _port_names(found.pod) for found in pods):
        yield target.finding("names a port that no container has")


def _port_names(pod: Pod) -> set[str | None]:
    return {port.child("name").text() for own in pod.containers for port in own.child("ports").elements()}


def _budgets(stack: Stack) -> Iterator[Finding]:
    pods = stack.once(Pods)

    def check(budget: Object) -> Iterator[Finding]:
        selector = budget.spec.child("selector")
        if not budget.patch and not pods.selected(named(budget)[0], selector):
            yield selector.finding("selects no pod of this stack")

    yield from per(lambda _: stack.objects("PodDisruptionBudget"), check)(stack)


def _scalers(stack: Stack) -> Iterator[Finding]:
    known = {(each.kind, key) for key, each in readable(stack.objects()) if each.group in BUILT_IN_GROUPS}

    def check(scaler: Object) -> Iterator[Finding]:
        target = scaler.spec.child("scaleTargetRef")
        key = (named(scaler)[0], target.child("name").text() or "")
        if (target.child("kind").text(), key) not in known and not scaler.patch:
            yield target.finding("names a workload that this stack doesn't declare")

    yield from per(lambda _: stack.objects("HorizontalPodAutoscaler"), check)(stack)


def backends(route: Object) -> Iterator[tuple[Field, Field]]:
    """What a route or an Ingress sends requests to: each backend with the field that holds its port."""
    if route.kind == "Ingress":
        rules = route.spec.child("rules").elements()
        paths = [path.child("backend") for rule in rules for path in rule.at("http", "paths").elements()]
        default = route.spec.child("defaultBackend")
        for backend in (*paths, *((default,) if default.is_set else ())):
            yield backend.child("service"), backend.at("service", "port", "number")
        return
    for rule in route.spec.child("rules").elements():
        for backend in rule.child("backendRefs").elements():
            if backend.child("kind").text() in {None, "Service"}:
                yield backend, backend.child("port")


def _routes(stack: Stack) -> Iterator[Finding]:
    services = dict(readable(stack.objects("Service")))

    def check(route: Object) -> Iterator[Finding]:
        own, _ = named(route)
        for backend, port in () if route.patch else backends(route):
            yield from each((backend,), lambda place, port=port: _resolved(place, port, own, services))

    yield from per(lambda _: stack.objects("Ingress", *ROUTES), check)(stack)


def _resolved(
    backend: Field, port: Field, namespace: str, services: dict[tuple[str, str], Object]
) -> Iterator[Finding]:
    if (backend.child("namespace").text() or namespace) != namespace:
        return  # another stack's: see the rule that it was looked up
    service = services.get((namespace, backend.child("name").text() or ""))
    if service is None:
        yield backend.finding("names a Service that this stack doesn't declare")
        return
    number = port.number()
    ports = [own.child("port").number() for own in service.spec.child("ports").elements()]
    if number is not None and number not in ports:
        yield port.finding("is no port of that Service")


def _rule(name: str, title: str, why: str, mend: str, check: Callable[[Stack], Iterator[Finding]]) -> StackRule:
    """A rule that a name or a selector leads somewhere."""
    frameworks = ("C-0293", "C-0296", "C-0298", "dangling-service", "dangling-horizontalpodautoscaler")
    return StackRule(id=name, title=title, severity="medium", frameworks=frameworks, why=why, mend=mend, check=check)


ISOLATED: Final = StackRule(
    id="network-isolated-pods",
    title="Every pod is selected by network policies in both directions",
    severity="high",
    frameworks=("CIS-5.3.2", "NSA", "C-0030", "C-0260", "KSV-0038", "non-isolated-pod"),
    why="A pod that no policy selects talks to anybody; when it is taken over, so does whoever took it.",
    mend="Give the pod's stack a NetworkPolicy that selects it; a flow of its own stands in components/flows.py.",
    check=_isolated,
)
DENIED: Final = StackRule(
    id="network-default-deny",
    title="Every namespace denies all connections but those that a policy allows",
    severity="high",
    frameworks=("CIS-5.3.2", "NSA", "C-0206", "C-0260", "add-networkpolicy"),
    why="Without it, whatever is added later is open until somebody remembers.",
    mend="Declare a NetworkPolicy with an empty podSelector and policyTypes Ingress and Egress, as Namespace does.",
    check=_denied,
)
SERVICES: Final = _rule(
    "network-services-resolve",
    "Every Service selects pods that have its ports",
    "A Service without pods answers nothing, and every probe of the pods themselves is green.",
    "Give the Service the labels and port names of the pods it is for.",
    _services,
)
BUDGETS: Final = _rule(
    "network-budgets-resolve",
    "Every disruption budget selects pods",
    "A budget that selects nothing protects nothing, and looks as if it did.",
    "Give the budget the labels of the pods it is for.",
    _budgets,
)
SCALERS: Final = _rule(
    "network-autoscalers-resolve",
    "Every autoscaler names a workload of its stack",
    "An autoscaler of nothing scales nothing, and its workload stays at one pod.",
    "Name the workload by kind and name, in the autoscaler's own namespace.",
    _scalers,
)
ROUTED: Final = _rule(
    "network-routes-resolve",
    "Every route and Ingress names Services and ports that are there",
    "A route to what isn't there answers 500 to every user.",
    "Name a Service of the same stack and one of its ports.",
    _routes,
)

RULES: Final = (ISOLATED, DENIED, SERVICES, BUDGETS, SCALERS, ROUTED)
