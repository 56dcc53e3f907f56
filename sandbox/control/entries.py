"""Control calls for data that people enter in PKB's web pages: measurements, allergies, diagnoses."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.base.clock import HOME, LocalDay
from sandbox.base.decimals import DIGITS, parse_decimal
from sandbox.control import fields
from sandbox.control.acts import person_of, route_of
from sandbox.control.record_view import as_json
from sandbox.control.records import patient_of
from sandbox.domain.data_points import entry, readings
from sandbox.domain.data_points.labels import GENERAL
from sandbox.domain.data_points.measurement_types import types_of
from sandbox.domain.data_points.messages import source_of
from sandbox.domain.data_points.readings import MeasurementReading
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body
from sandbox.model import Allergy, Code, Diagnosis, Patient, Source, Team, User
from sandbox.model.organisation import LABELS

Json = dict[str, Any]
WHO = ("by", "label", "route")
CODED = ("code", "text", "system")


def _measurement(call: Call) -> Any:
    patient, record = patient_of(call), call.workspace.record
    payload = body(call, (*WHO, "type", "value", "value2", "text", "at"))
    source, label = _written(call, patient, payload)
    types = types_of(record.store).by_ref
    reading = MeasurementReading(
        type=types[fields.one_of(payload, "type", types)],
        at=_time_at(payload, "at") or record.now(),
        value=_number(payload, "value"),
        value2=_number(payload, "value2"),
        text=fields.text(payload, "text", ""),
    )
    return as_json(readings.enter(record, patient, source, label, reading))


def _allergy(call: Call) -> Any:
    patient = patient_of(call)
    payload = body(call, (*WHO, "allergen", "severity", "reactions", "onset"))
    source, label = _written(call, patient, payload)
    values = {
        "allergen": _code(payload, "allergen"),
        "severity": _code(payload, "severity", Code()),
        "reactions": tuple(fields.texts(payload, "reactions")),
        "onset_at": _time_at(payload, "onset"),
    }
    return as_json(entry.enter(call.workspace.record, Allergy, patient, source, label, values))


def _diagnosis(call: Call) -> Any:
    patient = patient_of(call)
    payload = body(call, (*WHO, "diagnosis", "at", "clinician", "note"))
    source, label = _written(call, patient, payload)
    values = {
        "diagnosis": _code(payload, "diagnosis"),
        "diagnosed_at": _time_at(payload, "at"),
        "clinician": fields.text(payload, "clinician", ""),
        "note": fields.text(payload, "note", ""),
    }
    return as_json(entry.enter(call.workspace.record, Diagnosis, patient, source, label, values))


def _written(call: Call, patient: Patient, payload: Json) -> tuple[Source, str]:
    """Return who enters the data (default: the patient) and its label: the team's own, or general health."""
    store = call.workspace.store
    author = person_of(store, fields.text(payload, "by", patient.id))
    team = store.find_one(Team, author.team) if isinstance(author, User) else None
    label = fields.one_of(payload, "label", LABELS, team.default_label if team else GENERAL)
    return replace(source_of(author), route=route_of(call, author, payload)), label


def _code(payload: Json, key: str, default: Code | None = None) -> Code:
    """Parse a text, or an object with code, text and system. Raises Invalid if it is empty."""
    value = payload.get(key)
    if value is None and default is not None:
        return default
    parts: Any = {"text": value} if isinstance(value, str) else value
    is_valid = (
        isinstance(parts, dict) and set(parts) <= set(CODED) and all(isinstance(part, str) for part in parts.values())
    )
    if not is_valid or not (parts.get("text") or parts.get("code")):
        raise Invalid(f"{key} must be a text or an object with {', '.join(CODED)}")
    return Code(**parts)


def _time_at(payload: Json, key: str) -> datetime | None:
    """Parse a time with an offset, or a date in Europe/London."""
    if payload.get(key) is None:
        return None
    text, wrong = fields.text(payload, key), Invalid(f"{key} must be a date, or a date and time with an offset")
    try:
        if len(text) == len("2026-01-01"):
            return LocalDay.parse(text, HOME)
        at = datetime.fromisoformat(text)
        if at.tzinfo is not None:
            return at.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise wrong from error
    raise wrong


def _number(payload: Json, key: str) -> Decimal | None:
    """Parse a number, or a number as text."""
    value = payload.get(key)
    if value is None:
        return None
    # By its text: 4.1 from JSON is a binary float, whose exact value has 50 digits.
    is_number = isinstance(value, (int, float, str)) and not isinstance(value, bool)
    number = parse_decimal(str(value)) if is_number else None
    if number is None:
        raise Invalid(f"{key} must be a number with at most {DIGITS} digits")
    return number


RECORD = "/records/{patient}"
OPERATIONS = (
    ControlOperation("POST", f"{RECORD}/measurements", "Enters a measurement", _measurement, 201),
    ControlOperation("POST", f"{RECORD}/allergies", "Enters an allergy", _allergy, 201),
    ControlOperation("POST", f"{RECORD}/diagnoses", "Enters a diagnosis", _diagnosis, 201),
)
