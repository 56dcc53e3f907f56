"""The report as JUnit XML: a test case for each broken rule; without any, one for the whole contract."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from xml.etree import ElementTree

Json = dict[str, Any]
# XML 1.0, 2.2: other characters are not allowed, not even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render_junit(report: Json, failures: Sequence[Mapping[str, Any]] = ()) -> str:
    """Render the report: a test case for each finding, which fails if the finding makes the report fail.

    `failures` are those of the verification. Failures that are not findings become test cases of their own.
    """
    suite = ElementTree.Element("testsuite", name="pkb-contract")
    for finding in report["findings"]:
        case = _case(suite, finding["rule"])
        if finding["severity"] in report["fail_on"] and "allowed" not in finding:
            cells = ", ".join(finding["cells"]) or "none"
            text = f"{finding['text']} Instead: {finding['instead']} Cell: {cells} Source: {finding['source']}"
            ElementTree.SubElement(case, "failure", message=_clean(text)).text = "\n".join(finding["exchanges"])
    for failure in failures:
        if failure["expected"].get("fail_on") not in ("refused", "advice"):
            case = _case(suite, failure["text"].partition(":")[0])
            element = ElementTree.SubElement(case, "failure", message=_clean(failure["text"]))
            element.text = _clean("\n".join(failure["nearest"]))
    # Some CI servers treat a suite without test cases as an error.
    if not len(suite):
        _case(suite, "contract")
    suite.set("tests", str(len(suite)))
    suite.set("failures", str(len(suite.findall("testcase/failure"))))
    return ElementTree.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, name: str) -> ElementTree.Element:
    return ElementTree.SubElement(suite, "testcase", classname="pkb", name=_clean(name))


def _clean(text: str) -> str:
    """Replace characters that XML cannot hold."""
    return _NOT_XML.sub("\ufffd", text)
