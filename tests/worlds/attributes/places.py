"""The places that the tables name, looked up in what a door answers or in a message."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import calendar_day, instant
from sandbox.fhir.aggregated.mapped.common import code_systems
from sandbox.fhir.aggregated.output.meta import micros, millis
from sandbox.fhir.base.identifiers import identifier_systems
from sandbox.ids import aggregated_id, is_uuid, legacy_id

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
"""Attribute and value → what a door says of it in a word of its own."""

LABELS = {
    "GENERAL_HEALTH": "generalHealthConsent",
    "MENTAL_HEALTH": "mentalHealthConsent",
    "SEXUAL_HEALTH": "sexualHealthConsent",
    "SOCIAL_CARE": "socialCareConsent",
}
"""Privacy label → the beginning of the keys that are about it in the Custom REST API, where the key is the value."""


def is_said(path: str, place: str, value: Any, values: list[Any]) -> bool:
    """Whether the values at a place say in their own way what the attribute's value is."""
    if path in ("labels", "reasons.label") and f" {LABELS[value]}" in place:
        return any(values)
    if path == "reference_range" and "range" in place:
        return any(text in value for text in values if text)
    words = SAID.get((path, value), set()) if not isinstance(value, Decimal) else set()
    return bool(words & {str(text) for text in values})


def values_at(resource: Any, path: str) -> list[Any]:
    """The values at a path: a name follows each item of a list; `name(key)` those whose url or system is the key."""
    values = [resource]
    for part in _PARTS.findall(path):
        name, _, key = part.partition("(")
        values = [item for value in values for item in _items(value, name) if not key or _is_of(item, key[:-1])]
    return values


def _items(value: Any, name: str) -> list[Any]:
    part = value.get(name) if isinstance(value, dict) else None
    return part if isinstance(part, list) else [] if part is None else [part]


def _is_of(item: Any, key: str) -> bool:
    named = item.get("url") or item.get("system") or item.get("name") or ""
    return bool(named == key or named.endswith(f"/{key}"))


def texts(value: Any) -> list[str]:
    """How a door may write a value of the model."""
    return sorted(_texts(value), key=len, reverse=True)


def _texts(value: Any) -> set[str]:
    if isinstance(value, bool):
        return {json.dumps(value), "inactive" if value else "active"}
    if isinstance(value, datetime):
        moments = {instant(value), millis(value), micros(value), value.isoformat()}
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


def shows(values: list[Any], value: Any, others: set[str] | None = None) -> bool:
    """Whether one of the values of a door is a value of the model, or is a text that contains it; or one of others."""
    day = calendar_day(value).isoformat() if isinstance(value, datetime) else ""
    for door_value in values:
        text = door_value if isinstance(door_value, str) else json.dumps(door_value)
        if text == day:
            return True
        if any(
            text == written or (len(written) > 2 and written in text) or (written == "<" and text.startswith("<"))
            for written in (*texts(value), *(others or ()))
        ):
            return True
    return False
