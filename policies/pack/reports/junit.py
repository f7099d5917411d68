"""What came of a check as JUnit's XML: a suite for each stack, a case for each rule."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree as ET

from ..catalogue import RULES, STACK_RULES
from ..sources.located import Checked


def junit(checks: Iterable[Checked]) -> bytes:
    """The document. Only a mandatory rule fails its case; advice is in the case's output."""
    root = ET.Element("testsuites", name="policies")
    for checked in checks:
        _suite(root, checked)
    ET.indent(root)
    return ET.tostring(root, encoding="utf-8", xml_declaration=True)


def _suite(root: ET.Element, checked: Checked) -> None:
    rules = [*RULES, *STACK_RULES]
    suite = ET.SubElement(root, "testsuite", name=checked.name, tests=str(len(rules)))
    failures = 0
    for rule in rules:
        case = ET.SubElement(suite, "testcase", classname=checked.name, name=rule.id)
        broken = [each for each in checked.located if each.verdict.rule is rule]
        if not broken:
            continue
        said = "\n".join(f"{each.file}:{each.line}: {each.verdict.message}" for each in broken)
        if rule.enforcement == "mandatory":
            failures += 1
            ET.SubElement(case, "failure", message=rule.title, type=rule.severity).text = said
        else:
            ET.SubElement(case, "system-out").text = said
    suite.set("failures", str(failures))
