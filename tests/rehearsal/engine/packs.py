"""Policy packs written for one test, and what asks them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from rehearsal.engine.analyzers import AnalyzedResource, Analyzers
from rehearsal.engine.resource import Resource
from rehearsal.engine.wire import Properties

URN = "urn:pulumi:blue::stratmaster::kubernetes:core/v1:ConfigMap::it"
SETTINGS = "description: a test's\nversion: 7.8.9\nruntime: python\n"
HEAD = """
import json, os
from pulumi_policy import *

def resource_policy(validate, level=EnforcementLevel.MANDATORY, **more):
    return ResourceValidationPolicy("it", "What holds", validate=validate, enforcement_level=level, **more)

def stack_policy(validate, level=EnforcementLevel.MANDATORY):
    return StackValidationPolicy("all-of-it", "What holds for all", validate=validate, enforcement_level=level)
"""

Write = Callable[[str], Path]


def start(*packs: Path, dry_run: bool = True, say: Callable[[str], None] = lambda _: None) -> Analyzers:
    config = {"stratmaster:role": "slot", "stratmaster:password": "hunter2"}
    return Analyzers.start(packs, project="stratmaster", stack="blue", dry_run=dry_run, config=config, say=say)


def analyzed(**inputs: object) -> AnalyzedResource:
    properties: Properties = dict(inputs)  # pyright: ignore[reportAssignmentType] each test gives property values
    return AnalyzedResource(
        resource=Resource(urn=URN, type="kubernetes:core/v1:ConfigMap", custom=True, inputs=properties)
    )
