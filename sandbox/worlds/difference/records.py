"""Find the record of a Customer's resource that identifies one patient by a national number."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

from sandbox.domain.patients.identifiers import with_number
from sandbox.domain.patients.national_ids import national_id_types
from sandbox.model import Resource
from sandbox.store import Store

PATIENT = "Patient"
Find = Callable[[str], Resource | None]
"""Returns the resource with an id, in any of the compared states."""


def record_of(store: Store, find: Find, resource: Resource) -> str | None:
    """Return the id of the record; None without a patient, for several, or for an unknown number."""
    if resource.type == PATIENT:
        patients = {resource.id}
    else:
        names = set(_references(json.loads(resource.text or "{}")))
        patients = {f"{resource.endpoint}/{name}" for name in names}
    patient = find(next(iter(patients))) if len(patients) == 1 else None
    if patient is None or not patient.text:
        return None
    records = {record.id for number in _numbers(patient) for record in _with(store, number)}
    # Two records with one number cannot be told apart here: better no patient than the wrong one.
    return next(iter(records)) if len(records) == 1 else None


def _references(value: Any) -> Iterator[str]:
    """Iterate over the `Patient/id` of an element's references."""
    if isinstance(value, dict):
        reference = value.get("reference")
        if isinstance(reference, str) and reference.startswith(f"{PATIENT}/"):
            yield "/".join(reference.split("/")[:2])
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)


def _numbers(patient: Resource) -> Iterator[str]:
    for identifier in json.loads(patient.text).get("identifier", ()):
        if isinstance(identifier, dict) and isinstance(identifier.get("value"), str):
            yield identifier["value"]


def _with(store: Store, number: str) -> Iterator[Any]:
    return (record for type_ in national_id_types() for record in with_number(store, type_, number))
