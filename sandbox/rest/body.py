"""Parse requests: a JSON body by its object in the catalogue, and lists in query strings.

Source: *Custom REST API*, http://dev.patientsknowbest.com/home/rest-api ; the refusals are the sandbox's choice
(facts `rest.body`, `rest.body-type`).
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from sandbox.errors import Invalid, Unreadable, WrongMediaType
from sandbox.http.call import Call
from sandbox.http.json_errors import reason_of
from sandbox.rest.objects import TYPES, Json, Key, ObjectShape, shapes
from sandbox.rest.readers import READERS, word, wrong_value


def read_body(call: Call, name: str) -> Json:
    """Return the sent keys of an object as Python values; None for null.

    Raises Invalid for a body that does not match the catalogue, WrongMediaType for one whose media type is not JSON.
    """
    media_type = call.media_type
    if media_type and media_type != "application/json" and not media_type.endswith("+json"):
        raise WrongMediaType(
            f"The body must be JSON, not {media_type}", rule="rest.body-type", instead="application/json"
        )
    return _object(shapes()[name], _parsed(call.body), "")


def query_texts(call: Call, name: str) -> list[str]:
    """Return the values of a query parameter that may be repeated, and may contain several values separated by
    commas.
    """
    values = call.request.query_params.getlist(name)
    return [text for value in values for part in value.split(",") if (text := part.strip())]


def _parsed(content: bytes) -> Any:
    try:
        # RFC 8259, 8.1: one byte order mark may be ignored, and some clients send it.
        text = content.decode("utf-8-sig")
        # Decimals keep the digits that were sent: a measurement of 80.50 is not one of 80.5.
        return json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_no_number, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        text = f"The body is not JSON: {reason_of(error)}"
        raise Unreadable(text, rule="rest.body", instead="a JSON object in UTF-8") from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> Json:
    members = dict(pairs)
    # RFC 8259, 4: readers differ in which of two equal keys counts.
    if len(members) < len(pairs):
        raise Invalid("Duplicate key in JSON body", rule="rest.body", instead="each key once")
    return members


def _no_number(name: str) -> Any:
    # NaN and Infinity, which Python reads, and RFC 8259, 6, does not have.
    raise Invalid(f"{name} is not valid JSON", rule="rest.body", instead="a number, or null")


def _object(shape: ObjectShape, value: Any, place: str) -> Json:
    if not isinstance(value, dict):
        raise wrong_value(place.rstrip(".") or "The body", "must be an object")
    for name in shape.always:
        if value.get(name) in (None, ""):
            raise wrong_value(place + name, "is missing")
    # rest.body (choice): keys that the catalogue does not list are ignored.
    return {key.name: _value(key, value[key.name], place + key.name) for key in shape.keys if key.name in value}


def _value(key: Key, value: Any, where: str) -> Any:
    if value is None and key.nullable:
        return None
    if not key.many:
        return _single_value(key, value, where)
    if not isinstance(value, list):
        raise wrong_value(where, "must be a list")
    return [_single_value(key, item, f"{where}[{number}]") for number, item in enumerate(value)]


def _single_value(key: Key, value: Any, where: str) -> Any:
    if key.type in READERS:
        return READERS[key.type](value, where)
    if key.type in TYPES:
        return word(value, where, TYPES[key.type]["enum"])
    return _object(shapes()[key.type], value, f"{where}.")
