"""A tiny chart: one ConfigMap and one Deployment."""

from __future__ import annotations

import json
from pathlib import Path

CHART = "apiVersion: v2\nname: tiny\nversion: {version}\n"
VALUES = "tag: v1\nword: hello\npassword: none\nreplicas: 1\n"
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "tag": {"type": "string"},
        "word": {"type": "string", "pattern": "^[a-z0-9-]*$"},
        "password": {"type": "string", "pattern": "^[a-z0-9-]*$"},
        "replicas": {"type": "integer"},
    },
}
TEMPLATES = """\
apiVersion: v1
kind: ConfigMap
metadata: {name: {{ .Release.Name }}}
data: {word: {{ .Values.word | quote }}}
---
apiVersion: v1
kind: Secret
metadata: {name: {{ .Release.Name }}}
stringData: {password: {{ .Values.password | quote }}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: {{ .Release.Name }}}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: {{ .Release.Name }}}}
  template:
    metadata: {labels: {app: {{ .Release.Name }}}}
    spec: {containers: [{name: api, image: "registry.example/api:{{ .Values.tag }}"}]}
"""


def write_chart(project: Path, version: str = "1.2.3") -> None:
    """Write the chart `tiny` into a project."""
    folder = project / "tiny"
    (folder / "templates").mkdir(parents=True, exist_ok=True)
    (folder / "Chart.yaml").write_text(CHART.format(version=version))
    (folder / "values.yaml").write_text(VALUES)
    (folder / "values.schema.json").write_text(json.dumps(SCHEMA))
    (folder / "templates" / "all.yaml").write_text(TEMPLATES)


def release(values: str = "{}", options: str = "", timeout: int = 60) -> str:
    """A program's line that declares the release `tiny`, atomic, with `values` as a Python expression."""
    return (
        'r = Release("tiny", name="tiny", namespace=NS, chart="./tiny", atomic=True, '
        f"timeout={timeout}, values={values}, opts=on({options}))\n"
    )
