"""What happens to one registered resource: decided from its old entry, judged by the packs, carried out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rehearsal.engine import registration as registrations
from rehearsal.engine.analyzed import AnalyzedResource
from rehearsal.engine.deployment import Deployment, StoppedError
from rehearsal.engine.diff import keep_ignored
from rehearsal.engine.events import Op, Step
from rehearsal.engine.providers.base import Change, Made, PartialError, Provider, ProviderError
from rehearsal.engine.registration import Registration
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties, Secret
from rehearsal.errors import RehearsalError


@dataclass(frozen=True, kw_only=True)
class Stepper:
    """Carries out registrations for one deployment."""

    deployment: Deployment

    def component(self, registration: Registration) -> Resource:
        """A component has no provider: it is only noted."""
        old = self._old(registration)
        outputs = old.outputs if old else Properties()
        resource = registration.resource(inputs=registration.inputs, outputs=outputs)
        self._judge(registration, registration.inputs)
        step = self._step("same" if old else "create", registration)
        self.deployment.start(step)
        self.deployment.settle(resource)
        self.deployment.finish(step)
        return resource

    def custom(self, registration: Registration, provider: Provider) -> Resource:
        """Bring one custom resource to what the program asks for.

        Raises:
            StoppedError: it failed, or a mandatory policy forbids it; that has been reported.
        """
        old = self._old(registration)
        step = self._step("create", registration)
        try:
            inputs = provider.check(
                registration.type, registration.urn, registration.inputs, old.inputs if old else None
            )
            if old:
                inputs = keep_ignored(old.inputs, inputs, registration.ignore_changes)
            inputs = self._judge(registration, inputs)
            change = self._change(old, step, registration, provider, inputs)
        except (ProviderError, RehearsalError) as error:
            self.deployment.start(step)
            self.deployment.finish(step, str(error))
            raise StoppedError from error
        step = replace(step, op=_op(old, change), fields=change.fields if old else ())
        self.deployment.start(step)
        try:
            resource = self._carry_out(old, step, registration, provider, inputs, change)
        except (ProviderError, RehearsalError) as error:
            self.deployment.finish(step, str(error))
            raise StoppedError from error
        except Exception as error:
            self.deployment.finish(step, f"the engine failed: {type(error).__name__}: {error}")
            raise
        self.deployment.settle(resource)
        self.deployment.finish(step)
        return resource

    def _change(
        self, old: Resource | None, step: Step, registration: Registration, provider: Provider, inputs: Properties
    ) -> Change:
        if old is None:
            return Change()
        target = self.deployment.target(step, registration.type, inputs)
        change = provider.diff(old, target)
        if registration.delete_before_replace and change.replaces:
            return replace(change, delete_first=True)
        return change

    def _carry_out(  # noqa: PLR0913, PLR0917 what was found out about one resource
        self,
        old: Resource | None,
        step: Step,
        registration: Registration,
        provider: Provider,
        inputs: Properties,
        change: Change,
    ) -> Resource:
        if old and step.op == "same":
            return registration.resource(id_=old.id, inputs=inputs, outputs=old.outputs)
        if old and step.op == "update":
            return self._update(old, step, registration, provider, inputs)
        if old:
            _check_protected(old, registration, change)
        if old and change.delete_first:
            self._delete_first(old, step, provider)
            old = None
        return self._create(old, step, registration, provider, inputs)

    def _create(
        self, old: Resource | None, step: Step, registration: Registration, provider: Provider, inputs: Properties
    ) -> Resource:
        """Make a resource. The `old` one that it replaces goes at the end, but only if this succeeds."""
        timeout = registration.timeouts.create
        target = self.deployment.target(step, registration.type, inputs, timeout)
        if not self.deployment.preview:
            wanted = registration.resource(id_=provider.id_of(target), inputs=inputs, outputs=Properties())
            self.deployment.state.begin("creating", wanted)
        try:
            made = provider.create(target)
        except PartialError as error:
            self._retire(old)
            self._keep_partial(registration, inputs, error)
            raise
        except ProviderError:
            if not self.deployment.preview:
                self.deployment.state.abandon(registration.resource(inputs=inputs, outputs=Properties()))
            raise
        self._retire(old)
        return self._made(registration, inputs, made)

    def _retire(self, old: Resource | None) -> None:
        if old and not self.deployment.preview:
            self.deployment.state.record(replace(old, delete=True))

    def _update(
        self, old: Resource, step: Step, registration: Registration, provider: Provider, inputs: Properties
    ) -> Resource:
        timeout = registration.timeouts.update
        target = self.deployment.target(step, registration.type, inputs, timeout)
        if not self.deployment.preview:
            self.deployment.state.begin("updating", old)
        try:
            made = provider.update(old, target)
        except PartialError as error:
            self._keep_partial(registration, inputs, error)
            raise
        except ProviderError:
            if not self.deployment.preview:
                self.deployment.state.record(old)
            raise
        return self._made(registration, inputs, made)

    def _delete_first(self, old: Resource, step: Step, provider: Provider) -> None:
        """The old one has to go before its replacement can come: they share a name."""
        if self.deployment.preview:
            return
        self.deployment.state.begin("deleting", old)
        if not old.retain_on_delete:
            provider.delete(old, self.deployment.target(step, old.type, old.inputs, old.timeouts.delete))
        self.deployment.state.forget(old)

    def _made(self, registration: Registration, inputs: Properties, made: Made) -> Resource:
        outputs = dict(made.outputs)
        secret = {key for key, value in inputs.items() if isinstance(value, Secret)}
        for key in secret.union(registration.additional_secret_outputs) & outputs.keys():
            if not isinstance(outputs[key], Secret) and outputs[key] is not None:
                outputs[key] = Secret(outputs[key])
        self.deployment.redactor.learn(outputs)
        return registration.resource(id_=made.id, inputs=inputs, outputs=outputs)

    def _keep_partial(self, registration: Registration, inputs: Properties, error: PartialError) -> None:
        if self.deployment.preview:
            return
        made = self._made(registration, inputs, Made(id=error.id, outputs=error.outputs))
        self.deployment.settle(made.with_errors(*map(self.deployment.redactor.clean, error.reasons)))

    def _old(self, registration: Registration) -> Resource | None:
        """The entry of this resource, under its own URN or one that it had."""
        deployment = self.deployment
        former = registrations.former_urns(
            registration,
            stack=deployment.stack,
            project=deployment.project,
            parent_was=deployment.renamed.get(registration.parent, ""),
        )
        for urn in (registration.urn, *former):
            found = deployment.state.find(urn)
            if found is None or found.external:
                continue
            if urn != registration.urn:
                deployment.renamed[registration.urn] = urn
                found = found.with_urn(registration.urn)
                if not deployment.preview:
                    deployment.state.rename(found, urn)
            return found
        return None

    def _judge(self, registration: Registration, inputs: Properties) -> Properties:
        if self.deployment.analyzers is None:
            return inputs
        provider = self.deployment.registered.get(registration.provider.rsplit("::", 1)[0])
        return self.deployment.judge(
            AnalyzedResource(
                resource=registration.resource(inputs=inputs, outputs=Properties()),
                provider=provider,
                ignore_changes=registration.ignore_changes,
                delete_before_replace=registration.delete_before_replace or None,
                aliases=tuple(alias.urn for alias in registration.aliases if alias.urn),
            )
        )

    def _step(self, op: Op, registration: Registration) -> Step:
        return Step(op=op, urn=registration.urn, parent=registration.parent)


def _check_protected(old: Resource, registration: Registration, change: Change) -> None:
    if old.protect and registration.protect:
        fields = ", ".join(field.label for field in change.fields if field.replaces)
        raise ProviderError(
            f"{old.name} is protected and would be replaced ({fields})\n"
            "Remove its `protect`, update, and change it then."
        )


def _op(old: Resource | None, change: Change) -> Op:
    if old is None:
        return "create"
    if change.replaces:
        return "replace"
    return "update" if change.fields or old.init_errors else "same"
