"""From the engine's questions to verdicts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from threading import Lock

from pulumi.runtime.proto import analyzer_pb2

from ..judge import Judge, Verdict
from ..model.resource import Contents, Context, Options, Provider, Resource
from ..model.stack import Stack
from .wire import Reader


@dataclass(frozen=True, kw_only=True)
class Run:
    """What one run judges, and by what."""

    context: Context
    judge: Judge
    look_into: Callable[[Resource], Contents]


class Analysis:
    """What is said in one run.

    What Analyze was shown is kept: AnalyzeStack gets outputs only, and rules judge what is declared. What AnalyzeStack
    shows and Analyze never did was looked up: another stack's outputs, an object in the cluster.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._declared: dict[str, Resource] = {}
        self._lock = Lock()

    def resource(self, request: analyzer_pb2.AnalyzeRequest) -> list[Verdict]:
        """What is wrong with one resource by itself."""
        resource = self._resource(request, Options())
        with self._lock:
            self._declared[resource.urn] = resource
        return list(self._run.judge.resource(resource))

    def stack(self, shown: Iterable[analyzer_pb2.AnalyzerResource]) -> list[Verdict]:
        """What is wrong with all resources together; asked last."""
        resources = tuple(self._in_stack(each) for each in shown)
        reads = frozenset(each.urn for each in resources if each.urn not in self._declared)
        return list(self._run.judge.stack(Stack(context=self._run.context, resources=resources, reads=reads)))

    def _in_stack(self, shown: analyzer_pb2.AnalyzerResource) -> Resource:
        own = {key: tuple(dependencies.urns) for key, dependencies in shown.propertyDependencies.items()}
        options = Options(parent=shown.parent, dependencies=tuple(shown.dependencies), property_dependencies=own)
        declared = self._declared.get(shown.urn)
        if declared is None:
            return self._resource(shown, options)
        if not declared.properties:  # a component, which says what it has to say in its outputs
            declared = self._resource(shown, options)
        return replace(
            declared,
            options=replace(options, protect=declared.options.protect, ignore_changes=declared.options.ignore_changes),
            look_into=_known(declared.contents),
        )

    def _resource(
        self, shown: analyzer_pb2.AnalyzeRequest | analyzer_pb2.AnalyzerResource, options: Options
    ) -> Resource:
        reader = Reader()
        return Resource(
            urn=shown.urn,
            type=shown.type,
            name=shown.name,
            properties=reader.properties(shown.properties),
            secrets=frozenset(reader.secrets),
            options=replace(
                options,
                protect=shown.options.protect,
                ignore_changes=tuple(shown.options.ignoreChanges),
                parent=shown.options.parent or options.parent,
            ),
            provider=_provider(shown.provider) if shown.HasField("provider") else None,
            context=self._run.context,
            look_into=self._run.look_into,
        )


def _known(contents: Contents) -> Callable[[Resource], Contents]:
    return lambda _: contents


def _provider(shown: analyzer_pb2.AnalyzerProviderResource) -> Provider:
    return Provider(name=shown.name, properties=Reader().properties(shown.properties))
