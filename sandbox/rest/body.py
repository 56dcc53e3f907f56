"""Reading what is sent: a JSON body by its object in the catalogue, and lists in query strings.

Source: *Custom REST API*, http://dev.patientsknowbest.com/home/rest-api ; what is refused is the sandbox's choice
(facts `rest.body`, `rest.body-type`).
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from sandbox.errors import Invalid, Unreadable, WrongMediaType
from sandbox.http.call import Call
from sandbox.rest.objects import TYPES, Json, Key, Shape, shapes
from sandbox.rest.readers import READERS, word, wrong


def body(call: Call, name: str) -> Json:
    """The keys of an object that were sent, as Python values; null where a key may be null.

    Raises Invalid for what is not as the catalogue has it, WrongMediaType for a body that is declared as no JSON.
    """
    media_type = call.media_type
    if media_type and media_type != "application/json" and not media_type.endswith("+json"):
        raise WrongMediaType(f"A body is JSON, not {media_type}", rule="rest.body-type", instead="application/json")
    return _object(shapes()[name], _parsed(call.body), "")


def texts(call: Call, name: str) -> list[str]:
    """A query parameter that may be repeated, and may hold several values with commas between."""
    given = call.request.query_params.getlist(name)
    return [text for one in given for part in one.split(",") if (text := part.strip())]


def _parsed(content: bytes) -> Any:
    try:
        text = content.decode("utf-8-sig")
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=Decimal)
    except (ValueError, RecursionError) as error:
        raise Unreadable("The body is not JSON", rule="rest.body", instead="a JSON object in UTF-8") from error


def _once(pairs: list[tuple[str, Any]]) -> Json:
    given = dict(pairs)
    if len(given) < len(pairs):
        raise Invalid("The body has a key twice", rule="rest.body", instead="each key once")
    return given


def _no_number(name: str) -> Any:
    raise Invalid(f"{name} is no JSON", rule="rest.body", instead="a number, or null")


def _object(shape: Shape, given: Any, place: str) -> Json:
    if not isinstance(given, dict):
        raise wrong(place.rstrip(".") or "The body", "must be an object")
    for name in shape.always:
        if given.get(name) in (None, ""):
            raise wrong(place + name, "must be given")
    return {key.name: _value(key, given[key.name], place + key.name) for key in shape.keys if key.name in given}


def _value(key: Key, given: Any, where: str) -> Any:
    if given is None and key.nullable:
        return None
    if not key.many:
        return _one(key, given, where)
    if not isinstance(given, list):
        raise wrong(where, "must be a list")
    return [_one(key, one, f"{where}[{number}]") for number, one in enumerate(given)]


def _one(key: Key, given: Any, where: str) -> Any:
    if key.type in READERS:
        return READERS[key.type](given, where)
    if key.type in TYPES:
        return word(given, where, TYPES[key.type]["enum"])
    return _object(shapes()[key.type], given, f"{where}.")
