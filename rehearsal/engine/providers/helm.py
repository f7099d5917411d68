"""`helm.v3.Release`, carried out by the real Helm 3, as pulumi-kubernetes does (docs/engine-conformance.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

import yaml

from rehearsal.engine.diff import differences
from rehearsal.engine.providers.base import Change, Made, PartialError, ProviderError, Target
from rehearsal.engine.providers.helm_cli import HelmCli, HelmError
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import UNKNOWN, Properties, Value, has_unknown, reveal, text
from rehearsal.errors import RehearsalError

TYPE: Final = "kubernetes:helm.sh/v3:Release"
DEFAULT_SECONDS: Final = 300  # Helm's own

_ARGUMENTS: Final = frozenset(
    {
        "atomic",
        "chart",
        "cleanupOnFail",
        "compat",
        "createNamespace",
        "description",
        "maxHistory",
        "name",
        "namespace",
        "skipAwait",
        "skipCrds",
        "timeout",
        "values",
        "version",
        "waitForJobs",
    }
)


@dataclass(frozen=True, kw_only=True)
class Helm:
    """The provider of Helm releases for one cluster."""

    cli: HelmCli
    project: Path
    default_namespace: str

    def check(self, type_: str, urn: str, inputs: Properties, old: Properties | None) -> Properties:
        """See `Provider.check`: name, namespace, timeout and the chart's version are filled in."""
        del type_, old
        name = urn.rsplit("::", 1)[-1]
        given = {key: value for key, value in inputs.items() if value not in (None, False, "", 0)}
        for argument in given:
            if argument not in _ARGUMENTS:
                raise RehearsalError(
                    f"{name} (Release): the embedded engine does not carry out {argument}",
                    "Leave the argument out, or run the stack with --engine pulumi.",
                )
        checked: Properties = {"name": name, "namespace": self.default_namespace, **given}
        if not checked.get("skipAwait"):
            checked.setdefault("timeout", DEFAULT_SECONDS)
        if not has_unknown(inputs):
            checked["version"] = self._chart_version(name, text(checked.get("chart")))
        return checked

    def _chart_version(self, name: str, chart: str) -> str:
        path = self.project / chart / "Chart.yaml"
        try:
            return str(cast("dict[str, object]", yaml.safe_load(path.read_text()))["version"])
        except (OSError, KeyError, yaml.YAMLError) as error:
            raise RehearsalError(
                f'{name} (Release): there is no chart at "{chart}" ({type(error).__name__})',
                "The embedded engine installs charts from folders, relative to the project: mend the chart argument.",
            ) from error

    def diff(self, old: Resource, target: Target) -> Change:
        """See `Provider.diff`: another name or namespace replaces; an edited template alone changes nothing."""
        fields = tuple(
            replace(field, replaces=field.path[0] in ("name", "namespace"))
            for field in differences(old.inputs, target.inputs)
        )
        return Change(fields=fields)

    def id_of(self, target: Target) -> str:
        """See `Provider.id_of`: `<namespace>/<name>`."""
        namespace, name = target.inputs.get("namespace"), target.inputs.get("name")
        return f"{namespace}/{name}" if isinstance(namespace, str) and isinstance(name, str) else ""

    def create(self, target: Target) -> Made:
        """See `Provider.create`. An atomic release that fails leaves nothing; another leaves a failed one."""
        if target.preview:
            return Made(id="", outputs={**target.inputs, "resourceNames": UNKNOWN, "status": UNKNOWN})
        id_ = self.id_of(target)
        if self.cli.status(id_) is not None:
            raise ProviderError(
                f"Release {id_}: cannot re-use a name that is still in use\n"
                f"It was made by someone else: helm uninstall {text(target.inputs.get('name'))} first."
            )
        return self._run("install", id_, target)

    def update(self, old: Resource, target: Target) -> Made:
        """See `Provider.update`. An upgrade that ran and failed keeps the new inputs, to be tried again."""
        if target.preview:
            return Made(id=old.id, outputs={**target.inputs, "resourceNames": UNKNOWN, "status": UNKNOWN})
        self.recover(old.id)
        if self.cli.status(old.id) is None:
            raise ProviderError(
                f"Release {old.id} is not in the cluster any more: it was uninstalled behind this stack's back\n"
                "Put it back with helm, or drop it from the program, update, and add it again."
            )
        return self._run("upgrade", old.id, target)

    def _run(self, verb: str, id_: str, target: Target) -> Made:
        inputs = target.inputs
        before = self.cli.status(id_)
        try:
            self.cli.apply(
                verb,
                id_,
                str(self.project / text(inputs.get("chart"))),
                json.dumps(reveal(inputs.get("values") or {})),
                _flags(verb, inputs),
                say=target.say,
            )
        except HelmError as error:
            after = self.cli.status(id_)
            message = f"Release {id_}: {error}\nLook with: helm history -n {id_.replace('/', ' ')}; then update again."
            if after is None or after == before:
                raise ProviderError(message) from error
            outputs = self._outputs(id_, inputs)
            raise PartialError((message,), id=id_, outputs=outputs) from error
        return Made(id=id_, outputs=self._outputs(id_, inputs))

    def _outputs(self, id_: str, inputs: Properties) -> Properties:
        namespace, _, name = id_.partition("/")
        found = self.cli.status(id_) or {}
        info = cast("Mapping[str, object]", found.get("info", {}))
        status: Properties = {
            "name": name,
            "namespace": namespace,
            "revision": cast("int", found.get("version", 0)),
            "status": str(info.get("status", "")),
            "chart": text(inputs.get("chart")),
            "version": text(inputs.get("version")),
        }
        return {**inputs, "resourceNames": self._resource_names(id_), "status": status}

    def _resource_names(self, id_: str) -> Value:
        names: dict[str, list[str]] = {}
        for item in yaml.load_all(self.cli.manifest(id_), Loader=yaml.CSafeLoader):
            if item:
                key = f"{item['kind']}/{item['apiVersion']}"
                names.setdefault(key, []).append(f"{id_.partition('/')[0]}/{item['metadata']['name']}")
        return cast("Value", names)

    def delete(self, old: Resource, target: Target) -> None:
        """See `Provider.delete`; that it is gone already is an error with Pulumi, and none here."""
        self.recover(old.id)
        if self.cli.status(old.id) is None:
            return
        try:
            wait = not old.inputs.get("skipAwait")
            self.cli.uninstall(old.id, wait=wait, timeout=_timeout(old.inputs), say=target.say)
        except HelmError as error:
            raise ProviderError(f"Release {old.id} can't be uninstalled: {error}") from error

    def read(self, type_: str, id_: str, properties: Properties) -> Made | None:
        """See `Provider.read`."""
        del type_
        self.recover(id_)
        return None if self.cli.status(id_) is None else Made(id=id_, outputs=self._outputs(id_, properties))

    def recover(self, id_: str) -> None:
        """Free a release that a killed run left pending: an install is undone, an upgrade is rolled back."""
        self.cli.end_leftover(id_)
        found = self.cli.status(id_)
        status = str(cast("Mapping[str, object]", (found or {}).get("info", {})).get("status", ""))
        if status in ("pending-install", "uninstalling"):
            self.cli.uninstall(id_, wait=True, timeout=DEFAULT_SECONDS, say=lambda _line: None)
        elif status.startswith("pending-"):
            self.cli.rollback(id_)


def _timeout(inputs: Properties) -> int:
    value = inputs.get("timeout")
    return int(value) if isinstance(value, int | float) else DEFAULT_SECONDS


def _flags(verb: str, inputs: Properties) -> list[str]:
    flags = ["--timeout", f"{_timeout(inputs)}s"]
    switches = {
        "atomic": "--atomic",
        "skipCrds": "--skip-crds",
        # Each of these two is known to one of the verbs only.
        **({"createNamespace": "--create-namespace"} if verb == "install" else {"cleanupOnFail": "--cleanup-on-fail"}),
    }
    flags += [flag for key, flag in switches.items() if inputs.get(key)]
    if inputs.get("description"):
        flags += ["--description", text(inputs["description"])]
    if verb == "upgrade" and isinstance(inputs.get("maxHistory"), int):
        flags += ["--history-max", str(inputs["maxHistory"])]
    if not inputs.get("skipAwait"):
        flags.append("--wait")
        flags += ["--wait-for-jobs"] if inputs.get("waitForJobs") else []
    return flags
