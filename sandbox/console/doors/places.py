"""Places that the tables of attributes name, in the JSON of a door, and how doors write the values of the model."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from sandbox.base.clock import calendar_day, instant
from sandbox.base.ids import aggregated_id, is_uuid, legacy_id
from sandbox.fhir.aggregated.mapped.common import code_systems
from sandbox.fhir.aggregated.output.meta import format_microseconds, format_milliseconds
from sandbox.fhir.base.identifiers import identifier_systems

Json = dict[str, Any]
_PARTS = re.compile(r"[^.()]+(?:\([^()]*\))?")

WORDS = {
    "ACTIVE": {"booked", "active"},
    "CANCELLED": {"cancelled"},
    "DNA": {"noshow"},
    "COMPLETED": {"completed"},
    "PUBLISHED": {"active"},
    "IN_PATIENT": {"IMP"},
    "EMERGENCY": {"EMER"},
    "TITLE": {"display"},
    "TEXT": {"text"},
    "RADIO": {"choice"},
    "CHECKBOX": {"choice"},
    "MALE": {"M", "m", "male"},
    "FEMALE": {"F", "f", "female"},
    "INDETERMINATE": {"I", "other"},
    "UNKNOWN": {"U", "unknown"},
    "SV": {"severe"},
    "NHS": {"NHS number"},
    "CLINIC_LETTER": {"Clinic letter"},
}
"""Constants of the model → the words of the doors for them."""


SAID: dict[tuple[str, Any], set[str]] = {
    ("activated", False): {"NEW"},
    ("deceased", True): {"DEAD"},
    ("registered", True): {"ACTIVE", "EMAIL_CONFIRMED"},
    ("contacts.confirmed", True): {"EMAIL_CONFIRMED"},
    ("contacts.primary", True): {"1"},
}
"""Attribute and value → the words that doors use for it."""

LABELS = {
    "GENERAL_HEALTH": "generalHealthConsent",
    "MENTAL_HEALTH": "mentalHealthConsent",
    "SEXUAL_HEALTH": "sexualHealthConsent",
    "SOCIAL_CARE": "socialCareConsent",
}
"""Privacy label → the beginning of the keys that are about it in the Custom REST API, where the key is the value."""


Path = tuple[str | int, ...]
"""The way to a value in JSON: names of keys, positions in lists."""


class Located(NamedTuple):
    """A value in JSON with its path."""

    path: Path
    value: Any


def located(resource: Any, place: str) -> list[Located]:
    """Return the values at a place: a name follows each item of a list; `name(key)` those whose url or system is the
    key.
    """
    values = [Located((), resource)]
    for part in _PARTS.findall(place):
        name, _, key = part.partition("(")
        values = [item for value in values for item in _items(value, name) if not key or _is_of(item.value, key[:-1])]
    return values


def values_at(resource: Any, place: str) -> list[Any]:
    """Return the values at a place, without their paths."""
    return [value for _, value in located(resource, place)]


def _items(value: Located, name: str) -> list[Located]:
    part = value.value.get(name) if isinstance(value.value, dict) else None
    if isinstance(part, list):
        return [Located((*value.path, name, position), item) for position, item in enumerate(part)]
    return [] if part is None else [Located((*value.path, name), part)]


def _is_of(item: Any, key: str) -> bool:
    named = item.get("url") or item.get("system") or item.get("name") or ""
    return bool(named == key or named.endswith(f"/{key}"))


def is_said(path: str, place: str, value: Any, values: list[Any]) -> bool:
    """Return whether the values at a place express the attribute's value in the words of their door."""
    if path in ("labels", "reasons.label") and f" {LABELS[value]}" in place:
        return any(values)
    if path == "reference_range" and "range" in place:
        return any(text in value for text in values if text)
    words = SAID.get((path, value), set()) if not isinstance(value, Decimal) else set()
    return bool(words & {str(text) for text in values})


def texts(value: Any) -> list[str]:
    """Return how a door may write a value of the model, longest first."""
    return sorted(_texts(value), key=len, reverse=True)


def _texts(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {json.dumps(value), "inactive" if value else "active"}
    if isinstance(value, datetime):
        moments = {instant(value), format_milliseconds(value), format_microseconds(value), value.isoformat()}
        return moments | {instant(value).replace("Z", ".000Z"), value.isoformat(timespec="milliseconds")}
    if isinstance(value, date):
        return {value.isoformat()}
    if isinstance(value, Decimal):
        return {f"{value:f}"}
    if isinstance(value, bytes):
        return {value.decode("latin-1")}
    text = str(value)
    others = WORDS.get(text, set()) | {code_systems().get(text.casefold(), text), identifier_systems().get(text, text)}
    return {text, *others, *({aggregated_id(text), legacy_id(text), f"urn:uuid:{text}"} if is_uuid(text) else ())}


def equals(door_value: Any, value: Any, others: Collection[str] = ()) -> bool:
    """Return whether a value of a door is a value of the model; `others` are what doors call an id besides."""
    text = _text(door_value)
    return text == _day(value) or text in (*texts(value), *others)


def shows(values: list[Any], value: Any, others: Collection[str] = ()) -> bool:
    """Return whether a value of a door is a value of the model, or contains it; or what doors call it besides."""
    return any(equals(door_value, value, others) or contains(door_value, value, others) for door_value in values)


def contains(door_value: Any, value: Any, others: Collection[str] = ()) -> bool:
    text = _text(door_value)
    return any(
        # Short words are in too many texts by chance; `<` alone is a comparator.
        (len(written) > 2 and written in text) or (written == "<" and text.startswith("<"))
        for written in (*texts(value), *others)
    )


def _text(door_value: Any) -> str:
    return door_value if isinstance(door_value, str) else json.dumps(door_value)


def _day(value: Any) -> str:
    return calendar_day(value).isoformat() if isinstance(value, datetime) else ""
