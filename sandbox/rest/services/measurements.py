"""MeasurementService: the types, and what a patient measured.

Sources: *Frequently requested APIs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363471401 ; *Entity:
Measurement*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from typing import Any

from sandbox.call import Call
from sandbox.domain.measurement_types import LOINC, DefinedType, defined

Json = dict[str, Any]


def types(call: Call) -> list[Json]:
    """The types that PKB defines; anyone may ask."""
    return [type_json(one) for one in defined().values()]


def type_json(one: DefinedType) -> Json:
    """A type, its second value null where it has one only."""
    code, code2 = one.first.loinc or None, one.second.loinc if one.second else None
    return {
        "name": one.name,
        "apiRef": one.api_ref,
        "category": one.category,
        "unit": one.units[0],
        "unit2": one.units[0] if one.second else None,
        "code": code,
        "code2": code2,
        "codeSystem": LOINC if code else None,
        "codeSystem2": LOINC if code2 else None,
        "codeSystemName": "LOINC" if code else None,
        "codeSystemName2": "LOINC" if code2 else None,
        "codeOfWhole": one.whole or None,
    }
