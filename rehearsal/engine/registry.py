"""Which provider carries out which package, against which cluster: never another than the rehearsal's own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from rehearsal.engine.providers.api import Api
from rehearsal.engine.providers.base import Change, Made, Provider, Target
from rehearsal.engine.providers.configured import Configured
from rehearsal.engine.providers.helm import TYPE as RELEASE
from rehearsal.engine.providers.helm import Helm
from rehearsal.engine.providers.helm_cli import HelmCli
from rehearsal.engine.providers.kubernetes import Kubernetes
from rehearsal.engine.providers.random import Random
from rehearsal.engine.registration import Registration
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Secret, Value, text
from rehearsal.errors import RehearsalError

if TYPE_CHECKING:
    from rehearsal.engine.providers.aws_package import AwsPackage

_OPTIONS: Final = frozenset({"context", "clusterIdentifier", "enableConfigMapMutable", "enableSecretMutable"})
_AS_IT_IS: Final[Mapping[str, Value]] = {
    "deleteUnreachable": False,
    "enablePatchForce": False,
    "enableServerSideApply": True,
    "kubeconfig": "",
    "skipUpdateUnreachable": False,
    "upsertExistingObjects": False,
}
"""Options that may be given as what the engine does in any case."""


@dataclass(frozen=True, kw_only=True)
class Cluster:
    """The rehearsal's cluster, and Helm for it."""

    kubeconfig: Path
    helm: Path
    home: Path
    project: Path
    verify: Callable[[], None] = lambda: None


@dataclass(frozen=True, kw_only=True)
class KubernetesPackage:
    """Package `kubernetes`: objects by `Kubernetes`, releases by `Helm`."""

    objects: Kubernetes
    releases: Helm

    def _of(self, type_: str) -> Provider:
        return self.releases if type_ == RELEASE else self.objects

    def check(self, type_: str, urn: str, inputs: Properties, old: Properties | None) -> Properties:
        """See `Provider.check`."""
        return self._of(type_).check(type_, urn, inputs, old)

    def diff(self, old: Resource, target: Target) -> Change:
        """See `Provider.diff`."""
        return self._of(target.type).diff(old, target)

    def id_of(self, target: Target) -> str:
        """See `Provider.id_of`."""
        return self._of(target.type).id_of(target)

    def create(self, target: Target) -> Made:
        """See `Provider.create`."""
        return self._of(target.type).create(target)

    def update(self, old: Resource, target: Target) -> Made:
        """See `Provider.update`."""
        return self._of(target.type).update(old, target)

    def delete(self, old: Resource, target: Target) -> None:
        """See `Provider.delete`."""
        self._of(target.type).delete(old, target)

    def read(self, type_: str, id_: str, properties: Properties) -> Made | None:
        """See `Provider.read`."""
        return self._of(type_).read(type_, id_, properties)


@dataclass(kw_only=True)
class Providers:
    """The providers of one run, made when first needed.

    Args:
        cluster: the rehearsal's.
        outputs: the outputs of another stack by its name; raises ProviderError when there is no such stack.
        held: what the stack's state holds, in the order it came to be.
    """

    cluster: Cluster
    outputs: Callable[[str], Properties]
    held: Callable[[], Sequence[Resource]] = tuple
    _aws: AwsPackage | None = None  # made when first needed: most stacks have nothing there
    _apis: dict[str, Api] = field(default_factory=dict[str, Api])
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def stack_outputs(self, name: str) -> Properties:
        """See `monitor.Registry`."""
        return self.outputs(name)

    def provider(self, registration: Registration) -> Provider:
        """See `monitor.Registry`."""
        return self.of(registration.type.rsplit(":", 1)[-1], registration.inputs, registration.name)

    def of_entry(self, resource: Resource | None, type_: str) -> Provider:
        """The provider that a state's entry of a provider resource stands for; without one, the default."""
        if type_.startswith("pulumi:providers:"):
            return Configured()
        if resource is None:
            return self.default(type_.split(":", 1)[0], type_)
        return self.of(resource.type.rsplit(":", 1)[-1], resource.inputs, resource.name)

    def default(self, package: str, type_: str) -> Provider:
        """See `monitor.Registry`."""
        return self.of(package, Properties(), type_)

    def of(self, package: str, inputs: Properties, name: str) -> Provider:
        """The provider of `package` with the arguments `inputs`.

        Raises:
            RehearsalError: the engine has none, or not with such an argument.
        """
        if package == "random":
            return Random()
        if package == "aws":
            return self._at_aws(inputs, name)
        if package != "kubernetes":
            raise RehearsalError(
                f"{name}: the embedded engine has no provider for package {package}",
                "It carries out kubernetes, random and aws; run the stack with --engine pulumi.",
            )
        return self._kubernetes(inputs, name)

    def _at_aws(self, inputs: Properties, name: str) -> Provider:
        from rehearsal.engine.providers.aws_package import AwsPackage  # noqa: PLC0415 botocore is slow to import

        with self._lock:
            self._aws = self._aws or AwsPackage(self.held)
        return self._aws.of(inputs, name)

    def _kubernetes(self, inputs: Properties, name: str) -> Provider:
        options = {key: _plain(value) for key, value in inputs.items() if key not in ("version", "pluginDownloadURL")}
        for option, value in options.items():
            if option in _OPTIONS or (option in _AS_IT_IS and value == _AS_IT_IS[option]):
                continue
            if option == "kubeconfig" and value == str(self.cluster.kubeconfig):
                continue
            if option == "kubeconfig":
                raise RehearsalError(
                    f"{name} (kubernetes provider): its kubeconfig is not the rehearsal's, {self.cluster.kubeconfig}",
                    "Leave the argument out: the rehearsal names its own. It never touches another cluster.",
                )
            raise RehearsalError(
                f"{name} (kubernetes provider): the embedded engine does not carry out {option}",
                "It knows the rehearsal's own kubeconfig and a pinned context; run the stack with --engine pulumi.",
            )
        context = text(options.get("context"))
        with self._lock:
            if context not in self._apis:
                self.cluster.verify()
                self._apis[context] = Api.of(self.cluster.kubeconfig, context)
        api = self._apis[context]
        cli = HelmCli(
            binary=self.cluster.helm, kubeconfig=self.cluster.kubeconfig, context=context, home=self.cluster.home
        )
        return KubernetesPackage(
            objects=Kubernetes(
                api=api,
                mutable_config_maps=options.get("enableConfigMapMutable") is True,
                mutable_secrets=options.get("enableSecretMutable") is True,
            ),
            releases=Helm(cli=cli, project=self.cluster.project, default_namespace=api.default_namespace),
        )


def _plain(value: Value) -> Value:
    """A provider's argument: scalars of providers travel as JSON text."""
    inner = value.value if isinstance(value, Secret) else value
    return {"true": True, "false": False}.get(inner, inner) if isinstance(inner, str) else inner
