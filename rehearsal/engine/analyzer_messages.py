"""Resources as the analyzer protocol carries them (sdk/go/common/resource/plugin/analyzer_plugin.go)."""

from __future__ import annotations

from collections.abc import Sequence

from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from rehearsal.engine import wire
from rehearsal.engine.analyzed import AnalyzedResource
from rehearsal.engine.resource import Resource


def for_analysis(analyzed: AnalyzedResource) -> analyzer_pb2.AnalyzeRequest:
    """The request of Analyze: the inputs, without the engine's internal keys."""
    return _request(analyzed, _without_internals(analyzed.resource.inputs))


def for_remediation(analyzed: AnalyzedResource) -> analyzer_pb2.AnalyzeRequest:
    """The request of Remediate: all the inputs, since what comes back replaces them."""
    return _request(analyzed, wire.to_struct(analyzed.resource.inputs))


def for_stack(resources: Sequence[AnalyzedResource]) -> analyzer_pb2.AnalyzeStackRequest:
    """The request of AnalyzeStack: every resource with its outputs."""
    return analyzer_pb2.AnalyzeStackRequest(resources=[_stack_resource(analyzed) for analyzed in resources])


def _request(analyzed: AnalyzedResource, properties: struct_pb2.Struct) -> analyzer_pb2.AnalyzeRequest:
    return analyzer_pb2.AnalyzeRequest(
        urn=analyzed.resource.urn,
        type=analyzed.resource.type,
        name=analyzed.resource.name,
        properties=properties,
        options=_options(analyzed),
        provider=_provider(analyzed.provider),
    )


def _stack_resource(analyzed: AnalyzedResource) -> analyzer_pb2.AnalyzerResource:
    resource = analyzed.resource
    return analyzer_pb2.AnalyzerResource(
        urn=resource.urn,
        type=resource.type,
        name=resource.name,
        properties=_without_internals(resource.outputs),
        options=_options(analyzed),
        provider=_provider(analyzed.provider),
        parent=resource.parent,
        dependencies=resource.dependencies,
        propertyDependencies={
            key: analyzer_pb2.AnalyzerPropertyDependencies(urns=urns)
            for key, urns in resource.property_dependencies.items()
            if urns
        },
    )


def _options(analyzed: AnalyzedResource) -> analyzer_pb2.AnalyzerResourceOptions:
    resource = analyzed.resource
    return analyzer_pb2.AnalyzerResourceOptions(
        protect=resource.protect,
        ignoreChanges=analyzed.ignore_changes,
        deleteBeforeReplace=analyzed.delete_before_replace or False,
        deleteBeforeReplaceDefined=analyzed.delete_before_replace is not None,
        additionalSecretOutputs=resource.additional_secret_outputs,
        aliases=analyzed.aliases,
        customTimeouts=analyzer_pb2.AnalyzerResourceOptions.CustomTimeouts(
            create=resource.timeouts.create or 0,
            update=resource.timeouts.update or 0,
            delete=resource.timeouts.delete or 0,
        ),
        parent=resource.parent,
    )


def _provider(provider: Resource | None) -> analyzer_pb2.AnalyzerProviderResource | None:
    return provider and analyzer_pb2.AnalyzerProviderResource(
        urn=provider.urn,
        type=provider.type,
        name=provider.name,
        properties=_without_internals(provider.inputs),
    )


def _without_internals(properties: wire.Properties) -> struct_pb2.Struct:
    """The wire form without the top level's keys in `__`, which the engine keeps to itself."""
    return wire.to_struct({key: value for key, value in properties.items() if not key.startswith("__")})
