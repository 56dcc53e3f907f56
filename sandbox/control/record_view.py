"""A patient's record as JSON: every data point as stored, generated from the entities."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sandbox.base.clock import LocalDay, instant
from sandbox.domain.data_points import kinds
from sandbox.model import Attachment, Consent, GeneralPractitioner, NextOfKin, Patient, Source
from sandbox.store import Store

KINDS: dict[str, type[Any]] = {
    "consents": Consent,
    **kinds.KINDS,
    "attachments": Attachment,
    "general_practitioners": GeneralPractitioner,
    "next_of_kin": NextOfKin,
}
"""Keys of the record view → the entity."""
NOT_SHOWN = {(Attachment, "content"), (Patient, "password")}
SHOWN_WHEN_SET = {(Source, "route")}


def record(store: Store, patient: Patient) -> dict[str, Any]:
    """Return the patient, consents and data points, in the order in which they were stored, without the content of
    files.
    """
    view: dict[str, Any] = {"patient": as_json(patient)}
    for key, kind in KINDS.items():
        view[key] = [as_json(entity) for entity in store.find(kind, "patient", patient.id)]
    return view


def as_json(value: Any) -> Any:
    """Convert an entity, or a part of one: times in ISO 8601, numbers of results as text with all digits.

    `precision` lists the times that were sent without hours: `day`, `month` or `year`.
    """
    if is_dataclass(value) and not isinstance(value, type):
        named = {field.name: getattr(value, field.name) for field in fields(value)}
        days = {name: part.precision for name, part in named.items() if isinstance(part, LocalDay)}
        parts = {name.rstrip("_"): as_json(part) for name, part in named.items() if _is_shown(type(value), name, part)}
        return parts | ({"precision": days} if days else {})
    if isinstance(value, tuple):
        return [as_json(item) for item in value]
    if isinstance(value, datetime):
        return instant(value)
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal) else value


def _is_shown(kind: type[Any], name: str, part: Any) -> bool:
    return (kind, name) not in NOT_SHOWN and (bool(part) or (kind, name) not in SHOWN_WHEN_SET)
