"""What each door shows of one entity: its resource on the Facade and on Aggregated, its JSON in the Custom REST API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sandbox.base.ids import aggregated_id, legacy_id
from sandbox.console.doors.hl7_text import Hl7Text
from sandbox.console.doors.places import values_at
from sandbox.model import Attachment, Document, LocalIdType, Organisation, Patient, Team, User
from sandbox.worlds.attributes.table import AttributeTable
from tests.fhir.aggregated.support import Aggregated, by
from tests.hl7.samples import example
from tests.journeys.test_four_doors import OBSERVATION, REPORT, TOLA_ID
from tests.support import Client

Json = dict[str, Any]
TOLA = "9991001379"
CARERS = "Consent/$carers"
RECEIPTS = "$read-receipt-query"
READ_BY_ID = ("Patient", "ProcedureRequest", "Questionnaire")
CATEGORIES = {
    "Observation": f"&category={OBSERVATION}|LABORATORY",
    "DiagnosticReport": f"&category={REPORT}|RADIOLOGY",
}
CALLERS = {
    "/v2-beta/allergies/forPatient/{patientId}": "CLINICIAN",
    "/v2-beta/careplans/{patientId}": "PATIENT",
}
"""Custom REST path → who may call it; the patient otherwise."""


@dataclass(frozen=True)
class Doors:
    """The doors as they show one entity; `tokens` are those of the Custom REST API by user type."""

    pkb: Client
    tokens: dict[str, str]
    table: AttributeTable
    entity: Any

    def values(self, door: str, place: str) -> list[Any]:
        """What stands at a place of a door."""
        start, path = place.split(" ", 1) if " " in place else ("", place)
        if door == "rest":
            method, _, rest = place.partition(" ")
            call, _, key = rest.partition(" ")
            objects = self.rest(f"{method} {call}")
            return [value for resource in objects for value in values_at(resource, key)] if key else objects
        if start == CARERS:
            return [value for carer in self.carers() for value in values_at(carer, path)]
        if start == RECEIPTS:
            return [value for receipt in self.receipts() for value in values_at(receipt, path)]
        resource = self.facade() if door == "facade" else self.aggregated()
        return values_at(resource, path.partition(".")[2])

    def everything(self, door: str) -> str:
        """The text of all that a door shows of the entity."""
        if door == "rest":
            return json.dumps([self.rest(call) for call in self.table.rest])
        resource = self.facade() if door == "facade" else self.aggregated()
        return json.dumps([resource, self.carers() if self.table.name == "consent" and door == "aggregated" else []])

    def facade(self) -> Json:
        type_, id_ = self.table.facade, self.entity.id
        if not type_:
            return {}
        if type_ in READ_BY_ID:
            response = self.pkb.facade(f"/{type_}/{id_}")
            return response.json() if response.status_code == 200 else {}
        response = self.pkb.facade(f"/{type_}?patient={TOLA_ID}{CATEGORIES.get(type_, '')}&_count=500")
        assert response.status_code == 200, response.text
        return _with_id([entry["resource"] for entry in response.json().get("entry", ())], id_)

    def aggregated(self) -> Json:
        if not self.table.aggregated:
            return {}
        resources = Aggregated(self.pkb).search(f"/{self.table.aggregated}?_count=500")
        return _with_id(resources, aggregated_id(self.entity.id)) or _of_public_id(resources, self.entity.id)

    def others(self, id_: Any) -> set[str]:
        """What else the doors call what has an id: legacy ids of people and teams, names, of an organisation
        that of Aggregated.

        On Aggregated the organisations of several senders are one.
        """
        store = self.pkb.server.workspaces.default.store
        if not isinstance(id_, str):
            return set()
        people: list[Any] = [store.find_one(kind, id_) for kind in (Patient, User, Team)]
        legacy = {str(person.legacy_id) for person in people if person is not None}
        organisation = store.find_one(Organisation, id_)
        rows = Aggregated(self.pkb).search("/Organization?_count=500") if organisation is not None else []
        legacy |= {person.name.display for person in people[:2] if person is not None}
        local = store.find_one(LocalIdType, id_)
        legacy |= {local.name} if local is not None else set()
        legacy |= {organisation.name} if organisation is not None else set()
        return legacy | {row["id"] for row in rows if organisation is not None and row["name"] == organisation.name}

    def carers(self) -> list[Json]:
        return Aggregated(self.pkb).search(f"/{CARERS}?patient:Patient.identifier={by(TOLA)}")

    def receipts(self) -> list[Json]:
        """The receipts, each part by its name."""
        parts = [{"name": "documentIdentifier", "valueIdentifier": {"value": self.entity.external_id}}]
        response = self.pkb.facade(
            f"/DocumentReference/{RECEIPTS}",
            method="POST",
            json={"resourceType": "Parameters", "parameter": parts},
            headers={"Content-Type": "application/fhir+json"},
        )
        assert response.status_code == 200, response.text
        return [{"readReceipt": row["part"]} for row in response.json().get("parameter", ())]

    def rest(self, call: str) -> list[Any]:
        """The objects of an answer that are about the entity."""
        method, _, path = call.partition(" ")
        filled = path.format(patientId="5001", time="0", id=self._attachment())
        token = self.tokens[CALLERS.get(path, "PATIENT")]
        response = self.pkb.http.request(method, f"/json{filled}", headers={"Authorization": f"Bearer {token}"})
        if response.status_code != 200:
            return []
        if path == "/attachments/{id}":
            return [response.content.decode("latin-1")]
        body = response.json()
        body = body.get("results", body) if isinstance(body, dict) else body
        key = "reportId" if self.table.name == "lab report" else "id"
        wanted = str(self.entity.legacy_id) if isinstance(self.entity, Patient) else legacy_id(self.entity.id)
        return [row for row in (body if isinstance(body, list) else [body]) if str(row.get(key)) == wanted]

    def _attachment(self) -> str:
        return legacy_id(self.entity.attachment) if isinstance(self.entity, Document) else ""

    def query(self, field: str) -> list[str]:
        """What stands in a field of the answers to QRY^A19 about the patient."""
        answers = [self.pkb.send(example("qry_a19_dem").replace("9998120012", TOLA)).text]
        statuses = (example("qry_a19_sta").replace("REGISTERED", status) for status in ("REGISTERED", "NOT_REGISTERED"))
        answers += [self.pkb.send(query).text for query in statuses]
        return [value for answer in answers for value in components(answer, field)]


def components(message: str, field: str) -> list[str]:
    """What stands in a field as `AIP-3.2`, or in the whole of `PV1-7`, of each segment and repetition."""
    text = Hl7Text.parse(message)
    return [text.text(spot) for spot in text.at(field)]


def attachment_of(pkb: Client, entity: Any) -> Attachment | None:
    return pkb.server.workspaces.default.store.find_one(Attachment, getattr(entity, "attachment", None) or None)


def _with_id(resources: list[Json], id_: str) -> Json:
    return next((resource for resource in resources if resource.get("id") == id_), {})


def _of_public_id(resources: list[Json], id_: str) -> Json:
    """A merged patient: PKB's own id is one of its identifiers."""
    patients = (resource for resource in resources if resource["resourceType"] == "Patient")
    return next(
        (row for row in patients if id_ in [identifier["value"] for identifier in row.get("identifier", ())]), {}
    )
