"""The requests by which each door is asked about one entity, and how its entry is cut out of the answer."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from urllib.parse import urlencode

from sandbox.base.ids import aggregated_id, legacy_id
from sandbox.fhir.base.endpoints import AGGREGATED
from sandbox.model import Attachment, Consent, Document, Patient, Questionnaire, QuestionnaireRequest
from sandbox.rest.catalogue import operations
from sandbox.store import Store
from sandbox.worlds.attributes.table import AttributeTable

Json = dict[str, Any]
Pick = Callable[[Any], Any]
"""Returns the entry of the entity in the JSON of an answer, or None."""
FHIR_JSON = "application/fhir+json"
READ_BY_ID = (Patient, QuestionnaireRequest, Questionnaire)
"""Kinds that the Facade reads by id; it finds the others by patient alone."""
CATEGORIES = {
    "Observation": "http://fhir.patientsknowbest.com/codesystem/observation-category|LABORATORY",
    "DiagnosticReport": "http://fhir.patientsknowbest.com/codesystem/diagnostic-report-category|RADIOLOGY",
}
PUBLIC_ID = "http://fhir.patientsknowbest.com/id/public-id"
CARERS, RECEIPTS = "Consent/$carers", "$read-receipt-query"
MOST = 500
"""Maximum number of entries of a list on Aggregated; longer ones are read entry by entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorRequest:
    """A request to a door. `start` is how the places of the tables begin that its answer is about; `base` stands in
    the place of `start` in the path inside the entry. `scopes` are the user types that may send it, none for any.
    """

    method: str = "GET"
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    media_type: str = ""
    pick: Pick
    start: str
    base: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def line(self) -> str:
        # Unescaped where a query may contain them, so that people can read the line.
        query = urlencode(self.query, safe=":/|$,")
        return f"{self.method} {self.path}{'?' if query else ''}{query}"


def facade(table: AttributeTable, entity: Any) -> Iterator[DoorRequest]:
    type_ = table.facade
    if not type_:
        return
    if isinstance(entity, READ_BY_ID):
        yield DoorRequest(path=f"/fhir/{type_}/{entity.id}", pick=_resource, start=f"{type_}.")
    else:
        query = {"patient": entity.patient}
        query |= {"category": CATEGORIES[type_]} if type_ in CATEGORIES else {}
        yield DoorRequest(path=f"/fhir/{type_}", query=query, pick=_entry_with_id(entity.id), start=f"{type_}.")
    if isinstance(entity, Document) and entity.external_id:
        parts = [{"name": "documentIdentifier", "valueIdentifier": {"value": entity.external_id}}]
        body = json.dumps({"resourceType": "Parameters", "parameter": parts}).encode()
        path = f"/fhir/{type_}/{RECEIPTS}"
        start = f"{RECEIPTS} readReceipt"
        yield DoorRequest(
            method="POST", path=path, body=body, media_type=FHIR_JSON, pick=_receipt, start=start, base="part"
        )


def aggregated(table: AttributeTable, entity: Any) -> Iterator[DoorRequest]:
    prefix, type_ = AGGREGATED.prefix, table.aggregated
    if isinstance(entity, Consent):
        if entity.grantee.kind == "carer":
            query = {"patient:Patient.identifier": f"{PUBLIC_ID}|{entity.patient}"}
            pick = _entry_about(aggregated_id(entity.grantee.id))
            yield DoorRequest(path=f"{prefix}/{CARERS}", query=query, pick=pick, start=f"{CARERS} ")
    elif isinstance(entity, Patient):
        query = {"identifier": f"{PUBLIC_ID}|{entity.id}"}
        yield DoorRequest(path=f"{prefix}/Patient", query=query, pick=_first_entry, start="Patient.")
    elif type_:
        path = f"{prefix}/{type_}/{aggregated_id(entity.id)}"
        yield DoorRequest(path=path, pick=_resource, start=f"{type_}.")


def rest(table: AttributeTable, entity: Any, store: Store) -> Iterator[DoorRequest]:
    """Return a request for each call that shows a part of the entity."""
    places = [place for row in table.attributes.values() for place in row.rest]
    calls = dict.fromkeys(" ".join(place.split(" ")[:2]) for place in places)
    patient = entity if isinstance(entity, Patient) else store.find_one(Patient, entity.patient)
    legacy = str(patient.legacy_id) if patient is not None else ""
    for call in calls:
        method, _, path = call.partition(" ")
        scopes = _scopes().get(call, ())
        # The only call that is not about the entity itself, but about its file.
        if path == "/attachments/{id}":
            attachment = store.find_one(Attachment, getattr(entity, "attachment", "") or None)
            if attachment is not None:
                filled = path.format(id=legacy_id(attachment.id))
                yield DoorRequest(method=method, path=f"/json{filled}", pick=_whole_body, start=call, scopes=scopes)
            continue
        key = "reportId" if table.name == "lab report" else "id"
        id_ = legacy if isinstance(entity, Patient) else legacy_id(entity.id)
        # `time` is the start of a change list: 0 returns everything.
        filled = path.format(patientId=legacy, time="0")
        yield DoorRequest(method=method, path=f"/json{filled}", pick=_row(key, id_), start=f"{call} ", scopes=scopes)


@cache
def _scopes() -> dict[str, tuple[str, ...]]:
    return {f"{row.method} {row.path}": row.scopes for row in operations()}


def _whole_body(body: Any) -> Any:
    return body


def _resource(body: Any) -> Json | None:
    return body if isinstance(body, dict) and body.get("resourceType") != "OperationOutcome" else None


def _entries(body: Any) -> list[Json]:
    return [entry.get("resource", {}) for entry in body.get("entry", ())] if isinstance(body, dict) else []


def _entry_with_id(id_: str) -> Pick:
    return lambda body: next((row for row in _entries(body) if row.get("id") == id_), None)


def _entry_about(id_: str) -> Pick:
    """Pick the entry that refers to something."""
    return lambda body: next((row for row in _entries(body) if f"/{id_}" in json.dumps(row)), None)


def _first_entry(body: Any) -> Json | None:
    return next(iter(_entries(body)), None)


def _receipt(body: Any) -> Json | None:
    return next(iter(body.get("parameter", ())), None) if isinstance(body, dict) else None


def _row(key: str, id_: str) -> Pick:
    def pick(body: Any) -> Json | None:
        return next((row for row in _rows(body) if str(row.get(key)) == id_), None)

    return pick


SELECTORS = {"Appointment": "actor", "AllergyIntolerance": "patient"}
"""Type on Aggregated → the search parameter for the patient, `subject` for the others."""


def facade_list(table: AttributeTable, patient: Patient) -> DoorRequest:
    """Return the request for all entries of a type that the Facade finds by patient."""
    query = {"patient": patient.id}
    query |= {"category": CATEGORIES[table.facade]} if table.facade in CATEGORIES else {}
    return DoorRequest(path=f"/fhir/{table.facade}", query=query, pick=_entries, start="")


def aggregated_list(table: AttributeTable, patient: Patient) -> DoorRequest:
    parameter = SELECTORS.get(table.aggregated, "subject")
    query = {f"{parameter}:Patient.identifier": f"{PUBLIC_ID}|{patient.id}", "_count": str(MOST)}
    return DoorRequest(path=f"{AGGREGATED.prefix}/{table.aggregated}", query=query, pick=_entries, start="")


def rest_lists(table: AttributeTable, patient: Patient) -> Iterator[DoorRequest]:
    """Return the requests for the lists of a kind, for each user type its own."""
    for call in table.rest:
        method, _, path = call.partition(" ")
        filled = path.format(patientId=patient.legacy_id, time="0", id="")
        scopes = _scopes().get(call, ())
        yield DoorRequest(method=method, path=f"/json{filled}", pick=_rows, start="", scopes=scopes)


def _rows(body: Any) -> list[Json]:
    rows = body.get("results", body) if isinstance(body, dict) else body
    return [row for row in (rows if isinstance(rows, list) else [rows]) if isinstance(row, dict)]
