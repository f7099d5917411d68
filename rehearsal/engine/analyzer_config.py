"""A pack's configuration, as the CLI reconciles it without a config file (pkg/resource/analyzer/config.go)."""

from __future__ import annotations

from typing import Final

from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from rehearsal.errors import RehearsalError

_EVERY_POLICY: Final = "all"


def configuration(info: analyzer_pb2.AnalyzerInfo) -> analyzer_pb2.ConfigureAnalyzerRequest:
    """The level and properties of each policy: its own defaults, then what the pack sets for all, then for it.

    Raises:
        RehearsalError: a policy needs a property that neither has.
    """
    configured = {policy.name: _defaults(policy) for policy in info.policies}
    initial = dict(info.initialConfig)
    general = initial.pop(_EVERY_POLICY, None)
    if general is not None:
        for config in configured.values():
            config.enforcementLevel = general.enforcementLevel
    for name, given in initial.items():
        config = configured.setdefault(name, analyzer_pb2.PolicyConfig())
        config.enforcementLevel = given.enforcementLevel
        config.properties.MergeFrom(given.properties)
    for policy in info.policies:
        _require(info.name, policy, configured[policy.name].properties)
    return analyzer_pb2.ConfigureAnalyzerRequest(policyConfig=configured)


def _defaults(policy: analyzer_pb2.PolicyInfo) -> analyzer_pb2.PolicyConfig:
    config = analyzer_pb2.PolicyConfig(enforcementLevel=policy.enforcementLevel)
    for name, schema in policy.configSchema.properties.fields.items():
        if "default" in schema.struct_value.fields:
            config.properties.fields[name].CopyFrom(schema.struct_value.fields["default"])
    return config


def _require(pack: str, policy: analyzer_pb2.PolicyInfo, properties: struct_pb2.Struct) -> None:
    missing = [name for name in policy.configSchema.required if name not in properties.fields]
    if missing:
        raise RehearsalError(
            f"the policy {policy.name} of the pack {pack} needs the setting {missing[0]}, which the pack doesn't set",
            "Give it a default in the policy's config_schema, or run the stack with --engine pulumi and a config file.",
        )
