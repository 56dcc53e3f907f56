"""A patient's numbers, demographics, contacts, and the people of the record: the practice, the next of kin."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.base.ids import aggregated_id
from sandbox.console.pages.patients.record import render_record
from sandbox.console.patients.describing import Describer
from sandbox.control.records import patient_of
from sandbox.http.call import Call
from sandbox.model import GeneralPractitioner, NextOfKin, Patient
from sandbox.worlds.attributes.table import AttributeTable, tables
from sandbox.worlds.difference.reading import AttributeReader, is_empty

LISTED = ("identifiers", "contacts", "id", "legacy_id")
"""Attributes that stand in lists of their own."""


def show_identifiers(call: Call) -> Response:
    patient, describer = patient_of(call), Describer(call.workspace)
    numbers = [
        ("PKB public id", "PKB, PI", patient.id),
        ("Legacy id (Custom REST)", "", str(patient.legacy_id)),
        ("Id on the Aggregated endpoint", "", aggregated_id(patient.id)),
        *((*describer.identifier_type(identifier), identifier.value) for identifier in patient.identifiers),
    ]
    related = [
        (tables()[kind].name, rows_of(describer, person))
        for kind in (GeneralPractitioner, NextOfKin)
        for person in call.workspace.store.find(kind, "patient", patient.id)
    ]
    return render_record(
        call,
        patient,
        "patients/identifiers.html",
        "/identifiers",
        describer,
        numbers=numbers,
        rows=rows_of(describer, patient),
        related=related,
    )


def rows_of(describer: Describer, entity: Any) -> list[tuple[str, str, str]]:
    """Return the attributes of an entity that have a value: label, value, and the HL7 fields that bring it."""
    reader = describer.reader(entity)
    return [
        (row.label, describer.value(value, row), ", ".join(str(field) for field in row.hl7))
        for row, value in _values(reader, entity)
        if not (isinstance(entity, Patient) and row.path.partition(".")[0] in LISTED)
    ]


def _values(reader: AttributeReader, entity: Any) -> list[tuple[Any, Any]]:
    table: AttributeTable = reader.table
    leaves = ((row, value) for row in table.attributes.values() for value in reader.leaves(entity, row).values())
    return [(row, value) for row, value in leaves if not is_empty(value)]
