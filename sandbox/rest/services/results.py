"""TestService: laboratory results.

Source: *Entity: Lab Report*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744006145
"""

from __future__ import annotations

import re
from typing import Any

from sandbox.domain.data_points.results import test_of
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.ids import legacy_id
from sandbox.model import LabResult, Patient
from sandbox.rest.body import texts
from sandbox.rest.caller import Caller, caller
from sandbox.rest.reading import seen, withheld
from sandbox.rest.values import concept, decimal, instant

Json = dict[str, Any]
_RANGE = re.compile(r"\s*(-?[0-9]+(?:\.[0-9]+)?)\s*(?:-|–|to)\s*(-?[0-9]+(?:\.[0-9]+)?)\s*")  # noqa: RUF001 - as sent


def own(call: Call) -> list[Json]:
    who = caller(call)
    return [_json(who, one) for one in _of(call, who, who.own_record())]


def by_test_ids(call: Call) -> list[Json]:
    """The results of some tests. Raises Invalid where patient or tests are not named."""
    who = caller(call)
    patient, tests = call.request.query_params.get("patientId", ""), texts(call, "testIds")
    for name, given in (("patientId", patient), ("testIds", tests)):
        if not given:
            raise Invalid(f"{name} must be given", rule="rest.test-ids", instead="patientId and testIds")
    found = _of(call, who, who.patient_named(patient))
    codes, named = set(tests), {test_of(one.code) for one in found if {legacy_id(one.id), one.id} & set(tests)}
    wanted = (one for one in found if test_of(one.code) in named or codes & {one.code.code, one.code.alternate_code})
    return [_json(who, one) for one in wanted]


def _of(call: Call, who: Caller, patient: Patient) -> list[LabResult]:
    return sorted(seen(call, who, LabResult, patient), key=lambda one: (one.at, one.id), reverse=True)


def _json(who: Caller, one: LabResult) -> Json:
    shown = {
        "id": legacy_id(one.id),
        "reportId": legacy_id(one.report),
        "code": concept(one.code),
        "name": one.code.text or one.code.alternate_text or None,
        "timestamp": instant(one.at),
        "privacyLabel": one.label,
    }
    hidden = withheld(who, one.released_at)
    return {**shown, **(dict.fromkeys(CONTENT) if hidden else _content(one))}


CONTENT = ("value", "textValue", "unit", "rangeLow", "rangeHigh", "textRange", "comments")
"""What a patient does not see before its time."""


def _content(one: LabResult) -> Json:
    """The value in two forms: as a number where it is one, as text where it is not, or has a comparator before it."""
    number = decimal(one.value)
    text = one.text or (f"{one.comparator}{number}" if one.comparator and number is not None else "")
    between = _RANGE.fullmatch(one.reference_range)
    return {
        "value": None if one.comparator else number,
        "textValue": text or None,
        "unit": one.unit.code or one.unit.text or None,
        "rangeLow": between[1] if between else None,
        "rangeHigh": between[2] if between else None,
        "textRange": one.reference_range or None,
        "comments": one.comments or None,
    }
