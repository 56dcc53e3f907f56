"""The JSON body of a FHIR request: its media type, and one object of the expected type.

Source: rows E11 and E15 follow HAPI's plain server; PKB's statements list `application/fhir+json` only.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.errors import Unreadable, WrongMediaType
from sandbox.fhir.base.formats import JSON_TYPES
from sandbox.fhir.base.json import check_bounds
from sandbox.http.call import Call

Json = dict[str, Any]


def read_object(call: Call, type_: str) -> Json:
    """Parse the body as a JSON object. Raises WrongMediaType, or Unreadable if it is missing or not such an object."""
    if not call.body.strip():
        raise _unreadable(f"The body must be a {type_} resource, but it is missing")
    if call.media_type not in JSON_TYPES:
        raise WrongMediaType("The body must be application/fhir+json", rule="fhir.body-json-only")
    try:
        resource = json.loads(call.body, parse_constant=_no_number)
        json.dumps(resource, ensure_ascii=False).encode()  # a lone surrogate is JSON, and no text
    except (ValueError, RecursionError) as error:
        raise _unreadable("The body is not JSON") from error
    if not isinstance(resource, dict):
        raise _unreadable(f"The body must be a {type_} resource, a JSON object")
    try:
        check_bounds(resource)
    except Unreadable as error:
        raise _unreadable(error.text) from error
    return resource


def _no_number(text: str) -> None:
    raise ValueError(f"{text} is not JSON")


def _unreadable(text: str) -> Unreadable:
    return Unreadable(text, code="structure", rule="fhir.body-structure")
