"""What a program asks for, taken from the SDK's request; what the engine can't carry out is refused by name."""

from __future__ import annotations

import re
from dataclasses import dataclass

from google.protobuf.message import Message
from pulumi.runtime.proto import alias_pb2, resource_pb2

from rehearsal.engine import urn as urns
from rehearsal.engine.resource import Resource, Timeouts
from rehearsal.engine.wire import Properties, from_struct
from rehearsal.errors import RehearsalError

_REFUSED = {
    "importId": "import",
    "remote": "remote components",
    "replaceOnChanges": "replace_on_changes",
    "pluginDownloadURL": "plugin_download_url",
    "pluginChecksums": "plugin_checksums",
    "deletedWith": "deleted_with",
    "replace_with": "replace_with",
    "replacement_trigger": "replacement_trigger",
    "transforms": "transforms",
    "packageRef": "parameterized packages",
    "hooks": "hooks",
    "hideDiffs": "hide_diffs",
    "envVarMappings": "env_var_mappings",
    "state_migrations": "state_migrations",
}
"""Options of the SDK's request that the program doesn't use, under the names people know them by."""


@dataclass(frozen=True, kw_only=True)
class Registration:
    """One resource as the program registers it, with the options the engine carries out."""

    urn: str
    type: str
    name: str
    custom: bool
    inputs: Properties
    parent: str
    dependencies: tuple[str, ...]
    property_dependencies: dict[str, tuple[str, ...]]
    provider: str
    protect: bool
    retain_on_delete: bool
    ignore_changes: tuple[str, ...]
    delete_before_replace: bool
    aliases: tuple[alias_pb2.Alias, ...]
    timeouts: Timeouts
    additional_secret_outputs: tuple[str, ...]
    version: str

    @property
    def package(self) -> str:
        """The package its type belongs to."""
        return self.type.split(":", 1)[0]

    def resource(self, *, id_: str = "", inputs: Properties, outputs: Properties) -> Resource:
        """The state's entry for this registration."""
        return Resource(
            urn=self.urn,
            type=self.type,
            custom=self.custom,
            id=id_,
            inputs=inputs,
            outputs=outputs,
            parent=self.parent,
            dependencies=self.dependencies,
            property_dependencies=self.property_dependencies,
            provider=self.provider,
            protect=self.protect,
            retain_on_delete=self.retain_on_delete,
            timeouts=self.timeouts,
            additional_secret_outputs=self.additional_secret_outputs,
        )


def of_request(
    request: resource_pb2.RegisterResourceRequest, *, stack: str, project: str, inherited: Resource | None
) -> Registration:
    """The registration that `request` stands for.

    Args:
        request: as the SDK sends it.
        stack: the stack's name.
        project: the project's name.
        inherited: the parent's entry, whose `protect` and `retain_on_delete` hold for children that say nothing.

    Raises:
        RehearsalError: it uses an option the engine doesn't carry out.
    """
    urn = urns.make(stack=stack, project=project, parent=request.parent, type_=request.type, name=request.name)
    for descriptor, value in request.ListFields():
        # The SDK sends a binding of hooks with nothing bound.
        unused = isinstance(value, Message) and value.ByteSize() == 0
        if descriptor.name in _REFUSED and not unused:
            option = _REFUSED[descriptor.name]
            raise RehearsalError(
                f"{urns.name(urn)} ({request.type}) uses {option}, which the embedded engine does not carry out",
                "Leave the option out, or run the stack with --engine pulumi.",
            )
    return Registration(
        urn=urn,
        type=request.type,
        name=request.name,
        custom=request.custom,
        inputs=from_struct(request.object),
        parent=request.parent,
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies={
            key: tuple(sorted(group.urns)) for key, group in sorted(request.propertyDependencies.items())
        },
        provider=request.provider,
        protect=request.protect if request.HasField("protect") else bool(inherited and inherited.protect),
        retain_on_delete=(
            request.retainOnDelete
            if request.HasField("retainOnDelete")
            else bool(inherited and inherited.retain_on_delete)
        ),
        ignore_changes=tuple(request.ignoreChanges),
        delete_before_replace=request.deleteBeforeReplace,
        aliases=_aliases(request),
        timeouts=_timeouts(request.customTimeouts),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        version=request.version,
    )


def _aliases(request: resource_pb2.RegisterResourceRequest) -> tuple[alias_pb2.Alias, ...]:
    # The stub takes the type from a module that isn't there, so it is unknown to the checker.
    return tuple(request.aliases)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportUnknownVariableType]


_DURATION = re.compile(r"(\d+(?:\.\d+)?)(h|ms|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(duration: str) -> float | None:
    """A duration as Go writes it (`1h30m`, `600s`) in seconds; None for none.

    Raises:
        RehearsalError: it isn't one.
    """
    if not duration:
        return None
    if "".join(match[0] for match in _DURATION.finditer(duration)) != duration:
        raise RehearsalError(f'"{duration}" is not a duration', "Write custom timeouts like 90s, 15m or 1h30m.")
    return sum(float(match[1]) * _SECONDS[match[2]] for match in _DURATION.finditer(duration))


def _timeouts(custom: resource_pb2.RegisterResourceRequest.CustomTimeouts) -> Timeouts:
    return Timeouts(create=seconds(custom.create), update=seconds(custom.update), delete=seconds(custom.delete))


def former_urns(registration: Registration, *, stack: str, project: str, parent_was: str) -> list[str]:
    """The URNs this resource may have had, by its own aliases and by the one its parent was found under.

    A type is enough for one (every Kubernetes resource carries its older API versions so). `parent_was` is
    the parent's former URN, empty if it kept its own (pulumi's `generateAliases`).
    """
    former = [
        _collapse(registration, alias, stack=stack, project=project, parent=registration.parent)
        for alias in registration.aliases
    ]
    if parent_was:
        name = _inherited_name(registration.name, urns.name(registration.parent), urns.name(parent_was))
        former.append(urns.make(stack=stack, project=project, parent=parent_was, type_=registration.type, name=name))
        own = [(urns.type_token(each), urns.name(each)) for each in former[:-1]]
        former += [
            urns.make(stack=stack, project=project, parent=parent_was, type_=type_, name=name) for type_, name in own
        ]
    return list(dict.fromkeys(former))


def _inherited_name(child: str, parent: str, parent_was: str) -> str:
    """A child named after its parent was named after the parent's old name too."""
    return parent_was + child[len(parent) :] if child.startswith(parent) else child


def _collapse(registration: Registration, alias: alias_pb2.Alias, *, stack: str, project: str, parent: str) -> str:
    if alias.urn:
        return alias.urn
    spec = alias.spec
    if spec.noParent:
        parent = ""
    return urns.make(
        stack=spec.stack or stack,
        project=spec.project or project,
        parent=spec.parentUrn or parent,
        type_=spec.type or registration.type,
        name=spec.name or registration.name,
    )
