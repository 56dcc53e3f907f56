"""The JSON objects of the Custom REST API: `objects.toml` as a table, and each object as a JSON Schema.

Source: *Data model*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363700789
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox import facts
from sandbox.base import datafiles
from sandbox.model.organisation import LABELS

Json = dict[str, Any]

TEXT_LIMIT, DIGITS, EARLIEST, LATEST = facts.value("rest.text-length")
"""Maximum number of characters of a text in a body (HTML is limited only by the body), digits before and after the
point, and years.
"""

REASONS = (
    "MIGRATED",
    "CREATED_ACCOUNT",
    "REFERRAL",
    "POWER_OF_ATTORNEY",
    "COURT_ORDER",
    "EXPLICIT_CONSENT",
    "DISCHARGE",
    "SAFEGUARDING",
    "PATIENT_OPT_OUT",
)
"""The reasons of a consent."""

LABEL_ALIASES = {"GENERAL": "GENERAL_HEALTH"}
"""PKB's own word for a privacy label → the label."""

_DECIMAL = rf"^-?[0-9]{{1,{DIGITS}}}(\.[0-9]{{1,{DIGITS}}})?$"
_INSTANT = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9:.]+([Zz]|[+-][0-9]{2}:?[0-9]{2})$"

TYPES: dict[str, Json] = {
    "boolean": {"type": "boolean"},
    "integer": {"type": "integer"},
    "text": {"type": "string"},
    "html": {"type": "string"},
    "word": {"type": "string"},
    "api_ref": {"type": "string"},
    "national_type": {"type": "string"},
    "email": {"type": "string"},
    "id": {"type": "string", "pattern": "^[0-9]+$"},
    "any_id": {"type": ["string", "integer"]},
    "date": {"type": "string", "format": "date"},
    "instant": {"type": "string", "format": "date-time"},
    "time": {"anyOf": [{"type": "string", "pattern": _INSTANT}, {"type": ["string", "integer"]}]},
    "decimal": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    "number": {"anyOf": [{"type": "number"}, {"type": "string", "pattern": _DECIMAL}]},
    "number_or_text": {"type": ["number", "string"]},
    "label": {"type": "string", "enum": list(LABELS)},
    "label_sent": {"type": "string", "enum": [*LABELS, *LABEL_ALIASES]},
    "phone_use": {"type": "string", "enum": ["home", "work", "temp", "old", "mobile"]},
    "gender": {"type": "string", "enum": ["M", "F", "U", "I"]},
    "gender_mf": {"type": "string", "enum": ["m", "f"]},
    "user_type": {"type": "string", "enum": ["CLINICIAN", "TEAMCOORD", "SITE"]},
    "contact_type": {"type": "string", "enum": ["EMAIL"]},
    "plan_status": {"type": "string", "enum": ["INDRAFT", "ACTIVE"]},
    "kind_message": {"type": "string", "const": "MESSAGE"},
    "kind_document": {"type": "string", "const": "DOCUMENT"},
    "message_status": {"type": "string", "enum": ["SENT", "UNREAD", "READ"]},
    "document_status": {"type": "string", "enum": ["UNREAD", "READ"]},
    "consent_reason": {"type": "string", "enum": list(REASONS)},
}
"""Name of a type → its JSON Schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A key of an object. `type` is a row of TYPES or an object; `many` makes it a list, `nullable` allows null."""

    name: str
    type: str
    many: bool
    nullable: bool
    required: bool
    optional: bool
    text: str
    standing: str
    example: Any

    def schema(self) -> Json:
        item = TYPES.get(self.type) or {"$ref": f"#/components/schemas/{self.type}"}
        schema: Json = {"type": "array", "items": item} if self.many else item
        if self.nullable:
            schema = {"anyOf": [schema, {"type": "null"}]}
        return {**schema, "description": self.text}


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectShape:
    """An object: its description and its keys."""

    name: str
    text: str
    source: str
    is_request: bool
    keys: tuple[Key, ...]
    exactly_one: tuple[str, ...] = ()
    """Keys of a body, exactly one of which must have a value."""

    @property
    def always(self) -> list[str]:
        """The keys that are always present: in a body the required ones, in a response all but the optional."""
        return [key.name for key in self.keys if (key.required if self.is_request else not key.optional)]

    def has(self, name: str) -> bool:
        """Return whether it has a key of a name."""
        return any(key.name == name for key in self.keys)

    def schema(self) -> Json:
        """Return the JSON Schema: a response is closed, a body may have more keys (`sent_types` adds its limits)."""
        properties = {key.name: key.schema() for key in self.keys}
        schema: Json = {"type": "object", "description": self.text, "properties": properties}
        if self.always:
            schema["required"] = self.always
        return schema if self.is_request else {**schema, "additionalProperties": False}

    def example(self) -> Json:
        """Return the object with the example of each key that has one."""
        return {key.name: value for key in self.keys if (value := _example(key)) is not None}


@cache
def shapes() -> dict[str, ObjectShape]:
    """Read all objects by name, in the order of the file."""
    table = datafiles.read_toml(datafiles.beside_code("rest/objects.toml"))
    return {name: _shape(name, row, table) for name, row in table.items()}


def _shape(name: str, row: Json, table: Json) -> ObjectShape:
    inherited = table[row["extends"]]["keys"] if "extends" in row else {}
    # An object that extends another has its keys first; a key of its own replaces one of the same name.
    keys = tuple(_key(name, key) for name, key in {**inherited, **row["keys"]}.items())
    is_request = name.endswith(("-sent", "-changed"))
    exactly_one = tuple({**table.get(row.get("extends", ""), {}), **row}.get("exactly_one", ()))
    return ObjectShape(
        name=name, text=row["text"], source=row["source"], is_request=is_request, keys=keys, exactly_one=exactly_one
    )


def _key(name: str, row: Json) -> Key:
    type_, nullable = row["type"].removesuffix("?"), row["type"].endswith("?")
    return Key(
        name=name,
        type=type_.removesuffix("[]"),
        many=type_.endswith("[]"),
        nullable=nullable,
        required=row.get("required", False),
        optional=row.get("optional", False),
        text=row["text"],
        standing=row["standing"],
        example=row.get("example"),
    )


def _example(key: Key) -> Any:
    if key.type not in TYPES:
        value = shapes()[key.type].example()
        return [value] if key.many else value
    return key.example
