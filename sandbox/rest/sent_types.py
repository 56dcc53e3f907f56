"""JSON Schemas of values in requests, with the limits of the readers; those of responses are in `objects.py`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from sandbox.domain.patients.national_ids import national_id_types
from sandbox.model import MeasurementType
from sandbox.rest.objects import DIGITS, EARLIEST, LATEST, TEXT_LIMIT, TYPES, Json, Key, ObjectShape

_YEARS = "^(1[89]|2[01])[0-9]{2}-"
"""Years of `rest.text-length`."""
_FIRST, _END = (datetime(year, 1, 1, tzinfo=UTC) for year in (EARLIEST, LATEST))


def _ms(at: datetime) -> int:
    """Return milliseconds since 1970."""
    return int(at.timestamp()) * 1000


_LARGEST = 10**DIGITS - 1

SENT: dict[str, Json] = {
    "text": {"type": "string", "maxLength": TEXT_LIMIT},
    "email": {"type": "string", "pattern": r"^([^@\s]{1,64}@[^@\s]{1,190})?$"},
    "any_id": {
        "anyOf": [{"type": "string", "maxLength": TEXT_LIMIT}, {"type": "integer", "minimum": 0, "maximum": _LARGEST}]
    },
    "national_type": {
        "type": "string",
        "enum": [
            word
            for type_ in national_id_types().values()
            for word in dict.fromkeys((type_.enumeration, type_.name, type_.code))
        ],
    },
    "date": {"type": "string", "format": "date", "pattern": _YEARS},
    "time": {
        "anyOf": [
            {"type": "string", "format": "date-time", "pattern": _YEARS},
            # A pattern cannot compare numbers: it allows a little less than the reader.
            {"type": "string", "pattern": "^(-?[0-9]{1,12}|-[1-4][0-9]{12}|[1-6][0-9]{12})$"},
            {"type": "integer", "minimum": _ms(_FIRST), "maximum": _ms(_END) - 1},
        ]
    },
    "number": {
        "anyOf": [
            {"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST},
            {"type": "string", "pattern": rf"^-?[0-9]{{1,{DIGITS}}}(\.[0-9]{{1,{DIGITS}}})?$"},
        ]
    },
    "number_or_text": {
        "anyOf": [
            {"type": "number", "minimum": -_LARGEST, "maximum": _LARGEST},
            {"type": "string", "maxLength": TEXT_LIMIT},
        ]
    },
}
"""Name of a type → its schema in a request, where it differs from that of a response."""
LISTED = "^[^,]*[^,\\s][^,]*$"
"""A value of a list that commas separate."""
NOTHING: Json = {"enum": [None, ""]}
"""A key that counts as left out."""
Words = Mapping[str, MeasurementType]
"""The words by which a request names a type of measurement, of a world."""


def sent_schema(shape: ObjectShape, words: Words) -> Json:
    """Return the JSON Schema of a body, which may have more keys."""
    schema = {**shape.schema(), "properties": {key.name: _key(key, shape) for key in shape.keys}}
    rules = [*_rule_of_grantee(shape), *_rule_of_values(shape, words), *_rule_of_concept(shape)]
    return {**schema, **({"allOf": rules} if rules else {})}


def _key(key: Key, shape: ObjectShape) -> Json:
    item = SENT.get(key.type) or TYPES.get(key.type) or {"$ref": f"#/components/schemas/{key.type}"}
    schema: Json = {"type": "array", "items": item} if key.many else item
    if key.name in shape.always and not key.many and "anyOf" not in item and item.get("type") == "string":
        schema = {**schema, "minLength": 1}
    if key.name in shape.always and "anyOf" in item:
        # The server counts null and an empty text as missing.
        schema = {**schema, "not": NOTHING}
    if key.nullable:
        schema = {"anyOf": [schema, {"type": "null"}]}
    return {**schema, "description": key.text}


def _rule_of_grantee(shape: ObjectShape) -> Iterable[Json]:
    """Exactly one of some keys; a record's id does instead of all."""
    if not shape.exactly_one:
        return
    choices = [_with_one(name, shape.exactly_one) for name in shape.exactly_one]
    has_id = [{"required": ["id"], "properties": {"id": {"not": NOTHING}}}] if shape.has("id") else []
    yield {"anyOf": [*has_id, *choices]}


def _rule_of_concept(shape: ObjectShape) -> Iterable[Json]:
    """A codeable concept has a text of its own, or a first coding with a code or a text."""
    if not shape.has("codings"):
        return
    text = {"type": "string", "minLength": 1}
    forms = [{"required": [name], "properties": {name: text}} for name in ("code", "displayText")]
    codings = {"type": "array", "minItems": 1, "prefixItems": [{"type": "object", "anyOf": forms}]}
    yield {"anyOf": [forms[1], {"required": ["codings"], "properties": {"codings": codings}}]}


def parameter_schema(type_: str, place: str, words: Words, *, is_listed: bool) -> Json:
    """Return the JSON Schema of a single value of a parameter. In a path every value is a text."""
    if type_ == "api_ref":
        return {"type": "string", "enum": list(words)}
    if type_ == "national_type" or place == "query":
        return {**(SENT.get(type_) or TYPES[type_]), **({"pattern": LISTED} if is_listed else {})}
    texts = [form for form in SENT[type_]["anyOf"] if form["type"] == "string"] if type_ == "time" else []
    return {"anyOf": texts} if texts else {"type": "string"}


def _with_one(name: str, names: Iterable[str]) -> Json:
    others = {other: NOTHING for other in names if other != name}
    return {"required": [name], "properties": {name: {"not": NOTHING}, **others}}


def _rule_of_values(shape: ObjectShape, words: Words) -> Iterable[Json]:
    """A measurement has one number, two for some types, or a text. `type` counts without `apiRef`."""
    if not shape.has("apiRef"):
        return
    single = [word for word, type_ in words.items() if not type_.is_double]
    double = [word for word, type_ in words.items() if type_.is_double]
    number, text = {"type": ["number", "string"], "minLength": 1}, {"type": "string", "minLength": 1}
    null: Json = {"type": "null"}
    forms: tuple[tuple[list[str], Json, list[str]], ...] = (
        (single, {"value": number, "value2": null, "valueNonNumeric": NOTHING}, ["value"]),
        (double, {"value": number, "value2": number, "valueNonNumeric": NOTHING}, ["value", "value2"]),
        ([*single, *double], {"value": null, "value2": null, "valueNonNumeric": text}, ["valueNonNumeric"]),
    )
    yield {
        "anyOf": [
            {"required": [*needed, name], "properties": {**values, **named}}
            for named_types, values, needed in forms
            for name, named in (
                ("apiRef", {"apiRef": {"enum": named_types}}),
                ("type", {"type": {"enum": named_types}, "apiRef": NOTHING}),
            )
        ]
    }
