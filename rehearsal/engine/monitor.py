"""The resource monitor the SDK talks to: each method is one of its remote calls, made in this process instead."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Protocol, cast

from google.protobuf import empty_pb2
from pulumi.runtime.proto import callback_pb2, resource_pb2

from rehearsal.engine import registration as registrations
from rehearsal.engine import urn as urns
from rehearsal.engine.deployment import Deployment, StoppedError
from rehearsal.engine.events import Step
from rehearsal.engine.providers.base import Made, Provider, ProviderError
from rehearsal.engine.providers.configured import Configured
from rehearsal.engine.registration import Registration
from rehearsal.engine.resource import Resource
from rehearsal.engine.steps import Stepper
from rehearsal.engine.wire import UNKNOWN_TEXT, Properties, from_struct, has_secret, text, to_struct
from rehearsal.errors import RehearsalError

STACK_REFERENCE = "pulumi:pulumi:StackReference"


class Registry(Protocol):
    """Finds what carries out a package, and other stacks' outputs."""

    def provider(self, registration: Registration) -> Provider:
        """The provider that a `pulumi:providers:…` resource stands for."""
        ...

    def default(self, package: str, type_: str) -> Provider:
        """The provider of a resource that names none."""
        ...

    def stack_outputs(self, name: str) -> Properties:
        """The outputs of the stack `organization/project/stack`; none if it was never updated.

        Raises:
            ProviderError: there is no such stack.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Monitor:
    """The monitor of one run. Its methods run in the SDK's worker threads, many at once.

    `positions` comes to hold where the program makes each resource, as a file and a line, by URN.
    """

    deployment: Deployment
    registry: Registry
    positions: dict[str, tuple[str, int]] = field(default_factory=dict[str, tuple[str, int]])

    def GetDeploymentInfo(self, request: object) -> resource_pb2.DeploymentInfo:  # noqa: N802 the SDK's names, here and below
        """What this monitor can do: secrets, and aliases as the SDK states them."""
        del request
        return resource_pb2.DeploymentInfo(
            supportedFeatures=[
                resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
                resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
                resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
            ]
        )

    def RegisterResource(self, request: resource_pb2.RegisterResourceRequest) -> resource_pb2.RegisterResourceResponse:  # noqa: N802
        """Bring a resource to what the program asks for, and answer with what became of it."""
        self.deployment.check_open()
        try:
            resource = self._register(request)
        except RehearsalError as error:
            self.deployment.fail(str(error))
            raise StoppedError from error
        return resource_pb2.RegisterResourceResponse(
            urn=resource.urn, id=resource.id, object=to_struct(_visible(resource.outputs))
        )

    def _register(self, request: resource_pb2.RegisterResourceRequest) -> Resource:
        deployment = self.deployment
        registration = registrations.of_request(
            request,
            stack=deployment.stack,
            project=deployment.project,
            inherited=deployment.registered.get(request.parent),
        )
        deployment.claim(registration.urn)
        self.positions[registration.urn] = _position(request)
        deployment.redactor.learn(registration.inputs)
        stepper = Stepper(deployment=deployment)
        if not registration.custom:
            return stepper.component(registration)
        if registration.package == "pulumi" and registration.type.startswith("pulumi:providers:"):
            return self._provider(registration, stepper)
        provider = self._find(registration.provider, registration.package, registration.type)
        return stepper.custom(registration, provider)

    def _provider(self, registration: Registration, stepper: Stepper) -> Resource:
        provider = self.registry.provider(registration)
        self.deployment.providers[registration.urn] = provider
        return stepper.custom(registration, Configured())

    def _find(self, reference: str, package: str, type_: str) -> Provider:
        explicit = self.deployment.providers.get(reference.rsplit("::", 1)[0])
        if explicit is None:
            return self.registry.default(package, type_)
        return explicit

    def RegisterResourceOutputs(self, request: resource_pb2.RegisterResourceOutputsRequest) -> empty_pb2.Empty:  # noqa: N802
        """Keep a component's outputs; the root stack's are the stack's own."""
        outputs = from_struct(request.outputs)
        found = self.deployment.registered.get(request.urn)
        if urns.type_token(request.urn) == urns.STACK_TYPE:
            self.deployment.outputs.update(outputs)
        elif found is not None:
            self.deployment.settle(replace(found, outputs=outputs))
        return empty_pb2.Empty()

    def ReadResource(self, request: resource_pb2.ReadResourceRequest) -> resource_pb2.ReadResourceResponse:  # noqa: N802
        """Look up something this stack doesn't own: at once, in a preview too."""
        deployment = self.deployment
        deployment.check_open()
        urn = urns.make(
            stack=deployment.stack,
            project=deployment.project,
            parent=request.parent,
            type_=request.type,
            name=request.name,
        )
        step = Step(op="read", urn=urn, parent=request.parent)
        deployment.start(step)
        try:
            deployment.claim(urn)
            self._check_foreign(urn)
            made = self._read(request)
        except (ProviderError, RehearsalError) as error:
            deployment.finish(step, str(error))
            raise StoppedError from error
        resource = Resource(
            urn=urn,
            type=request.type,
            custom=True,
            id=made.id,
            inputs=from_struct(request.properties),
            outputs=made.outputs,
            parent=request.parent,
            dependencies=tuple(sorted(request.dependencies)),
            provider=request.provider,
            external=True,
            additional_secret_outputs=tuple(request.additionalSecretOutputs),
        )
        deployment.redactor.learn(made.outputs)
        deployment.settle(resource)
        deployment.finish(step)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=to_struct(_visible(made.outputs)))

    def _check_foreign(self, urn: str) -> None:
        """Pulumi would delete the resource that a look-up of the same name replaces; here that is refused."""
        held = self.deployment.state.find(urn)
        if held is not None and not held.external:
            raise RehearsalError(
                f"{held.name} was made by this stack, and the program now only reads it",
                "To hand it over, set retain_on_delete and update; then drop it, and read it under another name.",
            )

    def _read(self, request: resource_pb2.ReadResourceRequest) -> Made:
        properties = from_struct(request.properties)
        if request.type == STACK_REFERENCE:
            name = text(properties.get("name")) or request.id
            outputs = self.registry.stack_outputs(name)
            hidden = [key for key, value in outputs.items() if has_secret(value)]
            return Made(id=name, outputs={"name": name, "outputs": outputs, "secretOutputNames": hidden})
        if request.id == UNKNOWN_TEXT:
            return Made(id="", outputs=Properties())
        provider = self._find(request.provider, request.type.split(":", 1)[0], request.type)
        made = provider.read(request.type, request.id, properties)
        if made is None:
            raise ProviderError(
                f"resource '{request.id}' does not exist ({request.type}, read as {request.name})\n"
                "Bring up the stack that makes it first, or mend its name in the program."
            )
        return made

    def Invoke(self, request: resource_pb2.ResourceInvokeRequest) -> empty_pb2.Empty:  # noqa: N802
        """Functions of providers are not carried out."""
        message = f"the embedded engine does not carry out the function {request.tok}"
        self.deployment.fail(f"{message}\nUse a resource's outputs instead, or run the stack with --engine pulumi.")
        raise StoppedError

    def RegisterPackage(self, request: resource_pb2.RegisterPackageRequest) -> resource_pb2.RegisterPackageResponse:  # noqa: N802
        """Parameterized packages are not carried out."""
        message = f"the embedded engine does not carry out the parameterized package {request.name}"
        self.deployment.fail(f"{message}\nRun the stack with --engine pulumi.")
        raise StoppedError

    def RegisterStackTransform(self, request: callback_pb2.Callback) -> empty_pb2.Empty:  # noqa: N802
        """Stack transforms are not carried out."""
        del request
        self.deployment.fail(
            "the embedded engine does not carry out stack transforms\n"
            "Set the property where the resource is declared, or run the stack with --engine pulumi."
        )
        raise StoppedError

    def SignalAndWaitForShutdown(self, request: object) -> empty_pb2.Empty:  # noqa: N802
        """There are no hooks to wait for."""
        del request
        return empty_pb2.Empty()


def _position(request: resource_pb2.RegisterResourceRequest) -> tuple[str, int]:
    """Where the program makes a resource: the first place outside installed packages."""
    trace = cast("_Trace", request.stackTrace)  # pyright: ignore[reportUnknownMemberType] the SDK has no stub for it
    own = (frame.pc for frame in trace.frames if frame.pc.uri and "/site-packages/" not in frame.pc.uri)
    return next(((position.uri, position.line) for position in own), ("", 0))


class _Position(Protocol):
    uri: str
    line: int


class _Frame(Protocol):
    pc: _Position


class _Trace(Protocol):
    frames: Iterable[_Frame]


def _visible(outputs: Properties) -> Properties:
    """Outputs as the program sees them: without what the engine keeps for itself."""
    return {key: value for key, value in outputs.items() if not key.startswith("__")}
