"""TestService: laboratory results.

Source: *Entity: Lab Report*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744006145
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.base.ids import legacy_id
from sandbox.domain.data_points.results import test_of
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.model import LabResult, Patient
from sandbox.rest.body import query_texts
from sandbox.rest.caller import Caller, caller_of
from sandbox.rest.reading import is_withheld, read_visible
from sandbox.rest.values import concept, decimal, instant

Json = dict[str, Any]
_RANGE = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(?:-|–|to)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*")  # noqa: RUF001 - as sent


def own(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [_json(caller, result) for result in _results_of(call, caller, caller.own_record())]


def by_test_ids(call: Call) -> list[Json]:
    """Return the results of some tests. Raises Invalid without patient or tests."""
    caller = caller_of(call)
    patient, tests = call.request.query_params.get("patientId", ""), query_texts(call, "testIds")
    for name, value in (("patientId", patient), ("testIds", tests)):
        if not value:
            raise Invalid(f"{name} is missing", rule="rest.test-ids", instead="patientId and testIds")
    results = _results_of(call, caller, caller.patient_named(patient))
    codes = set(tests)
    # The id of one result stands for its test: all results of that test are returned.
    named = {test_of(result.code) for result in results if {legacy_id(result.id), result.id} & codes}
    wanted = (
        result
        for result in results
        if test_of(result.code) in named or codes & {result.code.code, result.code.alternate_code}
    )
    return [_json(caller, result) for result in wanted]


def _results_of(call: Call, caller: Caller, patient: Patient) -> list[LabResult]:
    return sorted(
        read_visible(call, caller, LabResult, patient), key=lambda result: (result.at, result.id), reverse=True
    )


def _json(caller: Caller, result: LabResult) -> Json:
    rendered = {
        "id": legacy_id(result.id),
        "reportId": legacy_id(result.report),
        "code": concept(result.code),
        "name": result.code.text or result.code.alternate_text or None,
        "timestamp": instant(result.at),
        "privacyLabel": result.label,
    }
    hidden = is_withheld(caller, result.released_at)
    return {**rendered, **(dict.fromkeys(CONTENT) if hidden else _content(result))}


CONTENT = ("value", "textValue", "unit", "rangeLow", "rangeHigh", "textRange", "comments")
"""Keys that a patient cannot see before release."""


def _content(result: LabResult) -> Json:
    """Return the value in two forms: as a number, and as text if it is not a number or has a comparator."""
    number = decimal(result.value)
    text = result.text or (f"{result.comparator}{number}" if result.comparator and number is not None else "")
    between = _RANGE.fullmatch(result.reference_range)
    return {
        "value": None if result.comparator else number,
        "textValue": text or None,
        "unit": result.unit.code or result.unit.text or None,
        "rangeLow": between[1] if between else None,
        "rangeHigh": between[2] if between else None,
        "textRange": result.reference_range or None,
        "comments": result.comments or None,
    }
