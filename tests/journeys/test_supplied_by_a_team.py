"""A team sees the data points it supplied at every door, with the patient's demographics, and nothing else.

Whatever the consent: ended, without labels, never given; sharing disabled; access frozen; the patient discharged.
Source: https://github.com/patientsknowbest/fhirgate (the rule of the source)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx
import pytest

from sandbox import model
from sandbox.base.ids import legacy_id
from sandbox.store import Store
from tests.support import Client

NORTHMOOR_ID = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
RENAL, GENERAL = "b1fca6de-884d-4803-b760-ebd7f8cac475", "ab37b23d-c031-4ced-86aa-2691c368e777"
IDRIS, NUMBER, OWEN = "1a9eca6b-4294-4260-a20c-2a23e852f2a2", "9991002758", "owen.bright@northmoor.example"
CHECK_IN = "248f29fa-0aa1-47c8-a07d-e0bd3ab3157f"
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
LABORATORY = "http://fhir.patientsknowbest.com/codesystem/observation-category|LABORATORY"
NHS = "https://fhir.nhs.uk/Id/nhs-number"


def change(**values: Any) -> Callable[[Store], None]:
    return lambda store: store.put(replace(store.get(model.Patient, IDRIS), **values))


def consent(labels: tuple[str, ...], *, discharged: bool = False) -> Callable[[Store], None]:
    grantee = model.Grantee(kind="team", id=RENAL)
    record = model.Consent(id="c", patient=IDRIS, grantee=grantee, labels=labels, discharged=discharged, updated_at=AT)
    return lambda store: store.put(record)


STATES: dict[str, list[Callable[[Store], None]]] = {
    "no consent": [],
    "no label": [consent(())],
    "discharged": [consent(("GENERAL_HEALTH",), discharged=True)],
    "sharing disabled": [change(sharing_disabled=True)],
    "frozen": [change(access_frozen=True)],
    "all of it": [change(access_frozen=True, sharing_disabled=True), consent((), discharged=True)],
}


def common(number: int, team: str) -> dict[str, Any]:
    """Attributes that all data points of these tests share."""
    id_ = f"{0 if team == RENAL else 1}0000000-0000-4000-8000-0000000000{number:02}"
    source = model.Source(organisation=NORTHMOOR_ID, team=team)
    return {"id": id_, "patient": IDRIS, "source": source, "entered_at": AT, "persisted_at": AT}


def attachment(point: dict[str, Any]) -> model.Attachment:
    id_ = point["id"].replace("4000", "4001")
    return model.Attachment(
        id=id_, patient=IDRIS, data_point=point["id"], filename="x", media_type="text/plain", size=1, content=b"x"
    )


CODE = model.Code(code="x", text="x")
EVENT = model.EncounterEvent(id="e", type="ADMIT", at=AT, entered_at=AT)


def points(team: str) -> list[Any]:
    """One data point of each kind that a team supplied, and the file of its document."""
    document = common(4, team)
    request = common(5, team)
    return [
        model.Appointment(**common(0, team), start_at=AT),
        model.Encounter(**common(1, team), events=(EVENT,)),
        model.LabResult(**common(2, team), at=AT, report="r", code=CODE),
        model.RadiologyReport(**common(3, team), at=AT, title="x"),
        attachment(document),
        model.Document(**document, at=AT, type="CLINIC_LETTER", title="x", attachment=attachment(document).id),
        model.QuestionnaireRequest(**request, at=AT, questionnaire=CHECK_IN, message="m"),
        model.QuestionnaireResponse(**common(6, team), at=AT, questionnaire=CHECK_IN, request=request["id"]),
        model.Message(**common(7, team), at=AT, conversation="k", subject="x", sender=NORTHMOOR_ID),
        model.Measurement(**common(8, team), at=AT, type="weight", code=CODE, value=Decimal(70), unit="kg"),
        model.Medication(**common(9, team), substance=CODE),
        model.Allergy(**common(10, team), allergen=CODE),
        model.CarePlan(**common(11, team), name="x", created_at=AT, last_edited_at=AT),
    ]


def supplied(number: int) -> str:
    id_: str = common(number, RENAL)["id"]
    return id_


SEARCHES = {
    f"Appointment?patient={IDRIS}": 0,
    f"Encounter?patient={IDRIS}": 1,
    f"Observation?patient={IDRIS}&category={LABORATORY}": 2,
    f"Observation/$group?patient={IDRIS}&category={LABORATORY}": 2,
    f"DiagnosticReport?patient={IDRIS}&category=x|RADIOLOGY": 3,
    f"DocumentReference?patient={IDRIS}": 4,
    f"QuestionnaireResponse?patient={IDRIS}": 6,
    "QuestionnaireResponse": 6,
    f"Communication?patient={IDRIS}": 7,
}
"""Search of the Facade → the data point that it shows."""

LISTS = {
    f"/v2-beta/measurements/{IDRIS}": 8,
    f"/v1/medications/forPatient/{IDRIS}": 9,
    f"/v1/medications/forPatient/{IDRIS}/active": 9,
    f"/v2-beta/allergies/forPatient/{IDRIS}": 10,
    f"/v2-beta/careplans/{IDRIS}": 11,
    f"/treatmentPlans/forPatient/{IDRIS}": 11,
    f"/v1/tests/results/forPatient/byTestIds?patientId={IDRIS}&testIds=x": 2,
}
"""Path of the Custom REST API → the data point that it lists."""


@pytest.fixture(params=STATES)
def store(pkb: Client, request: pytest.FixtureRequest) -> Store:
    """A record in one of the states, with what the renal team and another team supplied; the renal team has no more."""
    store = pkb.server.workspaces.default.store
    for kind in (model.Appointment, model.QuestionnaireRequest, model.QuestionnaireResponse, model.Message):
        for point in list(store.all(kind)):
            store.delete(point)
    for entity in (*points(RENAL), *points(GENERAL)):
        store.put(entity)
    for act in STATES[request.param]:
        act(store)
    return store


def facade(pkb: Client, caller: str, path: str) -> httpx.Response:
    if caller == "professional":
        headers = {"Authorization": f"Bearer {pkb.user_token(OWEN, 'stepwise-clinic')}"}
        return pkb.http.get(f"/fhir/{path}", headers=headers)
    return pkb.facade(f"/{path}", client=partner(pkb))


def partner(pkb: Client) -> str:
    """The client of a partner that the renal team alone granted."""
    issued = pkb.http.post("/_sandbox/credentials", json={"kind": "system-client", "name": "Renal letters"}).json()
    store = pkb.server.workspaces.default.store
    credential = store.get(model.Credential, issued["client_id"])
    grant = {"partner": credential.partner, "organisation": NORTHMOOR_ID, "team": RENAL}
    assert pkb.http.post("/_sandbox/grants", json=grant).status_code == 201
    client_id: str = issued["client_id"]
    return client_id


def ids(response: httpx.Response) -> list[str]:
    assert response.status_code == 200, response.text
    return [entry["resource"]["id"] for entry in response.json().get("entry", [])]


def references(value: Any) -> set[str]:
    """Every reference in a resource."""
    if isinstance(value, dict):
        own = {value["reference"]} if isinstance(value.get("reference"), str) else set()
        return own.union(*(references(part) for part in value.values()))
    return set().union(*(references(part) for part in value)) if isinstance(value, list) else set()


@pytest.mark.parametrize("caller", ["professional", "partner"])
def test_the_facade_shows_it_and_what_it_refers_to(pkb: Client, store: Store, caller: str):
    named: set[str] = set()
    for path, number in SEARCHES.items():
        response = facade(pkb, caller, path)
        assert ids(response) == [supplied(number)], path
        named |= references(response.json())
    assert f"Patient/{IDRIS}" in named
    for reference in sorted(named):
        assert facade(pkb, caller, reference).status_code == 200, reference
    request = facade(pkb, caller, f"ProcedureRequest/{supplied(5)}")
    assert request.status_code == 200
    assert facade(pkb, caller, f"ProcedureRequest/{common(5, GENERAL)['id']}").status_code == 404
    assert ids(facade(pkb, caller, f"Patient?identifier={NHS}|{NUMBER}")) == [IDRIS]


@pytest.mark.parametrize("caller", ["professional", "partner"])
def test_the_facade_shows_nothing_else_of_the_patient(pkb: Client, store: Store, caller: str):
    assert ids(facade(pkb, caller, f"Consent?patient={IDRIS}")) == []


def rest(pkb: Client, path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {pkb.user_token(OWEN, 'stepwise-clinic')}"}
    return pkb.http.get(f"/json{path}", headers=headers)


def rows(response: httpx.Response) -> list[dict[str, Any]]:
    assert response.status_code == 200, response.text
    body = response.json()
    results: list[dict[str, Any]] = body["results"] if isinstance(body, dict) else body
    return results


def test_custom_rest_shows_it_and_the_patient(pkb: Client, store: Store):
    for path, number in LISTS.items():
        assert [row["id"] for row in rows(rest(pkb, path))] == [legacy_id(supplied(number))], path
    stream = rows(rest(pkb, "/messages/after/2026-02-28T00:00:00Z"))
    assert {row["id"] for row in stream} == {legacy_id(supplied(4)), legacy_id(supplied(7))}
    patient = store.get(model.Patient, IDRIS)
    for path in (f"/v1/users/{IDRIS}", f"/v1/users/{patient.legacy_id}"):
        assert rest(pkb, path).json()["lastName"] == patient.name.family
    by_number = rest(pkb, f"/v2-beta/users/byNationalId/{NUMBER}/NHS_NUMBER").json()
    assert (by_number["id"], by_number["weightKg"]) == (str(patient.legacy_id), "70")
    file = attachment(common(4, RENAL)).id
    assert rest(pkb, f"/attachments/{file}").content == b"x"
    assert rest(pkb, f"/attachments/{attachment(common(4, GENERAL)).id}").status_code == 404


def test_custom_rest_shows_nothing_else_of_the_patient(pkb: Client, store: Store):
    assert rest(pkb, f"/v1/consents/byPatient/{IDRIS}").status_code == 404
    assert IDRIS not in str(rest(pkb, "/v1/users/self/patients").json())
    headers = {"Authorization": f"Bearer {pkb.user_token(OWEN, 'stepwise-clinic')}"}
    body = {"apiRef": "weight", "value": 71}
    assert pkb.http.post(f"/json/v2-beta/measurements/{IDRIS}", json=body, headers=headers).status_code == 404


def test_of_a_patient_to_whom_it_supplied_nothing_a_team_sees_nothing(pkb: Client):
    noor = "c5df01a4-efc3-421a-8827-6c4aa06cf228"
    assert facade(pkb, "professional", f"Patient/{noor}").status_code == 404
    assert facade(pkb, "partner", f"Patient/{noor}").status_code == 404
    assert rest(pkb, f"/v1/users/{noor}").status_code == 404
    assert rest(pkb, f"/v2-beta/measurements/{noor}").status_code == 404
