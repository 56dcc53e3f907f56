"""Data points as resources, element by element.

Sources: *Facade Appointment*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364946225 ; *Facade Encounter*,
.../3364946356 ; *Observation*, .../3363864676 ; *Entity: Radiology Report*, .../3743186945 ; *Entity: Document*,
.../3743121409 ; Communication, http://dev.patientsknowbest.com/home/fhir-api/fhir-api-resources/communication
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.model import Appointment, Code, Document, LabResult, Message, Source
from tests.fhir.facade.samples import (
    CODES,
    DIABETES,
    EASTGATE_ID,
    LABORATORY,
    NOOR,
    NORTHMOOR_ID,
    OWEN,
    RADIOLOGY,
    RENAL,
    RHYS,
    SAMIRA,
    STRUCTURE,
    TOLA,
    Json,
    match_with,
    meta,
    search,
    source,
    specialty,
    to_rhys,
)
from tests.support import Client

APPOINTMENT, ENCOUNTER, OTHER_ENCOUNTER, LETTER = (
    "d24c7620-28de-4ca7-8a61-b145b06e06f9",
    "c898b9c1-9aa5-4368-b7cb-234431a8e8df",
    "96a06c98-d81b-45cf-b976-d6740f6d3647",
    "79b3236f-1e61-495c-b8c5-9e3a13c51948",
)
CREATININE, HIDDEN_RESULT, FILM = (
    "d8604553-c43b-4b74-a662-9248ef62b8fa",
    "90ad5e1d-4dd5-47a0-a46a-b62c33c22fa7",
    "bac966e1-665e-4343-bc72-8eaac3fa3a4f",
)
FOOT = "f19a278c-e122-4768-8cdc-7ca62094637c"


def test_an_appointment_is_returned_with_every_element(pkb: Client):
    assert match_with(pkb, f"/Appointment?patient={RHYS}", APPOINTMENT) == {
        "resourceType": "Appointment",
        "id": APPOINTMENT,
        "meta": meta("2026-02-02T08:15:00Z", source(NORTHMOOR_ID, RENAL)),
        "extension": [specialty("361")],
        "status": "booked",
        "reason": [{"coding": [{"display": "Renal clinic review"}]}],
        "start": "2026-09-14T09:30:00Z",
        "end": "2026-09-14T09:50:00Z",
        "comment": "Please bring your list of medicines.",
        "participant": [
            {"actor": to_rhys(), "status": "accepted"},
            {"actor": {"display": "Dr Mirela Ostrowe"}, "status": "accepted"},
            {"actor": {"display": "Renal Outpatients, Level 2"}, "status": "accepted"},
        ],
    }


@pytest.mark.parametrize(("status", "expected"), [("ACTIVE", "booked"), ("CANCELLED", "cancelled"), ("DNA", "noshow")])
def test_an_appointment_has_the_status_of_fhir(pkb: Client, status: str, expected: str):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Appointment, APPOINTMENT), status=status))
    assert match_with(pkb, f"/Appointment?patient={RHYS}", APPOINTMENT)["status"] == expected


def test_an_appointment_of_which_little_is_known(pkb: Client):
    store = pkb.server.workspaces.default.store
    bare: Json = {
        "specialty": "",
        "description": "",
        "location": "",
        "participants": (),
        "start_at": None,
        "end_at": None,
    }
    store.put(replace(store.get(Appointment, APPOINTMENT), **bare, subject="", source=Source()))
    assert match_with(pkb, f"/Appointment?patient={RHYS}", APPOINTMENT) == {
        "resourceType": "Appointment",
        "id": APPOINTMENT,
        "meta": {k: v for k, v in meta("2026-02-02T08:15:00Z", []).items() if v},
        "status": "booked",
        "participant": [{"actor": to_rhys(), "status": "accepted"}],
    }
    assert APPOINTMENT not in {a["id"] for a in search(pkb, f"/Appointment?patient={RHYS}&date=ge0001-01-01")}


def result(id_: str, code: Json, at: str) -> Json:
    return {
        "resourceType": "Observation",
        "id": id_,
        "meta": meta("2026-02-03T12:00:00Z", source(NORTHMOOR_ID, RENAL)),
        "status": "unknown",
        "category": [{"coding": [{"system": f"{CODES}/observation-category", "code": "LABORATORY"}]}],
        "code": code,
        "subject": to_rhys(),
        "effectiveDateTime": at,
    }


def test_an_observation_says_what_was_tested_and_when_and_no_value(pkb: Client):
    coding = {"system": "http://snomed.info/sct", "code": "1000731000000107", "display": "Creatinine"}
    expected = result(CREATININE, {"coding": [coding], "text": "Creatinine"}, "2026-02-03T08:05:00Z")
    assert match_with(pkb, f"/Observation?patient={RHYS}&{LABORATORY}", CREATININE) == expected
    textual = result(FILM, {"text": "Film comment"}, "2026-02-03T08:10:00Z")
    assert match_with(pkb, f"/Observation?patient={RHYS}&{LABORATORY}", FILM) == textual


def test_a_code_and_its_alternate_are_two_codings(pkb: Client):
    store = pkb.server.workspaces.default.store
    code = Code(code="CREA", system="L", alternate_code="2160-0", alternate_text="Creatinine", alternate_system="LN")
    store.put(replace(store.get(LabResult, CREATININE), code=code, specialty="361"))
    observation = match_with(pkb, f"/Observation?patient={RHYS}&{LABORATORY}", CREATININE)
    loinc = {"system": "http://loinc.org", "code": "2160-0", "display": "Creatinine"}
    assert observation["code"] == {"coding": [{"code": "CREA"}, loinc], "text": "Creatinine"}
    assert observation["extension"] == [specialty("361")]


def test_deleted_results_and_measurements_are_not_shown(pkb: Client):
    names = [o["code"]["text"] for o in search(pkb, f"/Observation?patient={RHYS}&{LABORATORY}")]
    assert sorted(names) == ["Creatinine", "Film comment", "HbA1c", "Light chains", "Sodium"]
    measurements = f"category={CODES}/observation-category%7CMEASUREMENT"
    assert search(pkb, f"/Observation?patient={RHYS}&{measurements}") == []


def test_a_result_that_is_held_back_is_there_for_the_patient_without_its_name(pkb: Client):
    path = f"/Observation?patient={RHYS}&{LABORATORY}"
    assert match_with(pkb, path, HIDDEN_RESULT, user=RHYS)["code"] == {"text": "Laboratory result"}
    assert match_with(pkb, path, HIDDEN_RESULT)["code"]["text"] == "Light chains"


def test_a_radiology_report_is_returned_with_every_element(pkb: Client):
    path = f"/DiagnosticReport?patient={RHYS}&{RADIOLOGY}"
    assert match_with(pkb, path, FOOT) == {
        "resourceType": "DiagnosticReport",
        "id": FOOT,
        "meta": meta("2026-02-25T10:30:00Z", source(EASTGATE_ID, DIABETES)),
        "status": "unknown",
        "category": {"coding": [{"system": f"{CODES}/diagnostic-report-category", "code": "RADIOLOGY"}]},
        "code": {"text": "Foot, plain film"},
        "subject": to_rhys(),
        "effectiveDateTime": "2026-02-25T09:15:00Z",
    }
    assert match_with(pkb, path, FOOT, user=RHYS)["code"] == {"text": "Radiology report"}
    assert len(search(pkb, path)) == 2
    assert len(search(pkb, path.replace("RADIOLOGY", "IMAGING"))) == 2


def test_a_document_is_returned_with_every_element(pkb: Client):
    assert match_with(pkb, f"/DocumentReference?patient={RHYS}", LETTER) == {
        "resourceType": "DocumentReference",
        "id": LETTER,
        "meta": meta("2026-01-27T17:00:00Z", source(NORTHMOOR_ID, RENAL)),
        "extension": [
            {
                "url": f"{STRUCTURE}/document-status",
                "valueCoding": {"system": f"{CODES}/document-status", "code": "UNREAD"},
            },
            specialty("361"),
        ],
        "identifier": [{"system": f"urn:uuid:{NORTHMOOR_ID}", "value": "RNM-D-1001"}],
        "status": "current",
        "type": {
            "coding": [
                {"system": f"{CODES}/document-type", "code": "DISCHARGE_SUMMARY", "display": "Discharge summary"}
            ]
        },
        "subject": to_rhys(),
        "created": "2026-01-27T16:45:00Z",
        "indexed": "2026-01-27T17:00:00Z",
        "content": [{"attachment": {"contentType": "application/pdf", "title": "discharge-summary.pdf"}}],
    }


def test_a_document_that_is_held_back_has_no_title_for_the_patient(pkb: Client):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Document, LETTER), released_at=datetime(2099, 1, 1, tzinfo=UTC)))
    document = match_with(pkb, f"/DocumentReference?patient={RHYS}", LETTER, user=RHYS)
    assert document["content"] == [{"attachment": {"contentType": "application/pdf"}}]
    for user in ("", OWEN):
        content = match_with(pkb, f"/DocumentReference?patient={RHYS}", LETTER, user=user)["content"]
        assert content[0]["attachment"]["title"] == "discharge-summary.pdf"


def test_messages_of_a_conversation_are_returned_with_every_element(pkb: Client):
    owen = {"reference": f"Practitioner/{OWEN}", "display": "Dr Owen Bright"}
    tola = {"reference": f"Patient/{TOLA}", "display": "Ms Tola Adeyemi"}
    first, second = search(pkb, f"/Communication?patient={TOLA}")[::-1]
    assert first == {
        "resourceType": "Communication",
        "id": "ad794163-5db7-4e58-8c3f-d44ce8a6647f",
        "meta": meta("2026-01-22T09:15:00Z", source(NORTHMOOR_ID, RENAL, ("source-person", owen))),
        "extension": [
            {"url": f"{STRUCTURE}/communication-title", "valueString": "Your blood pressure readings"},
            {"url": f"{STRUCTURE}/conversation-id", "valueString": "13c2418b-0c31-42f3-8e96-7e4cfc16de44"},
        ],
        "status": "unknown",
        "subject": tola,
        "recipient": [tola],
        "sent": "2026-01-22T09:15:00Z",
        "sender": owen,
    }
    assert (second["sender"], second["recipient"]) == (tola, [owen])
    (extension,) = second["meta"]["extension"]
    assert extension == {"url": f"{STRUCTURE}/source-person", "valueReference": tola}


def test_a_draft_is_not_shown_even_to_its_sender(pkb: Client):
    assert len(search(pkb, f"/Communication?patient={TOLA}", user=TOLA)) == 2


def test_a_carer_in_a_message_is_one_contained_related_person(pkb: Client):
    store = pkb.server.workspaces.default.store
    message = store.get(Message, "ad794163-5db7-4e58-8c3f-d44ce8a6647f")
    values = {"patient": NOOR, "sender": SAMIRA, "recipients": (SAMIRA, NOOR), "source": Source(person=SAMIRA)}
    store.put(replace(message, **values))  # type: ignore[arg-type]
    (communication,) = search(pkb, f"/Communication?patient={NOOR}")
    samira = {"reference": "#1", "display": "Mrs Samira Halloran"}
    assert communication["contained"] == [
        {
            "resourceType": "RelatedPerson",
            "id": "1",
            "patient": {"reference": f"Patient/{SAMIRA}", "display": "Mrs Samira Halloran"},
            "name": [{"family": "Halloran", "given": ["Samira"], "prefix": ["Mrs"]}],
        }
    ]
    assert (communication["sender"], communication["recipient"][0]) == (samira, samira)
    assert communication["meta"]["extension"] == [{"url": f"{STRUCTURE}/source-person", "valueReference": samira}]


def test_a_deleted_person_is_left_out(pkb: Client):
    store = pkb.server.workspaces.default.store
    message = store.get(Message, "ad794163-5db7-4e58-8c3f-d44ce8a6647f")
    store.put(replace(message, sender="gone", recipients=("gone", TOLA), source=Source(person="gone")))
    communication = match_with(pkb, f"/Communication?patient={TOLA}", message.id)
    assert "sender" not in communication
    assert len(communication["recipient"]) == 1


def test_messages_are_searched_by_when_they_were_sent(pkb: Client):
    assert len(search(pkb, f"/Communication?patient={TOLA}&sent=ge2026-01-22T12:00&sent=lt2026-01-23")) == 1
    assert search(pkb, f"/Communication?patient={TOLA}&sent=2026-01-21") == []


DATED = {
    "Appointment": ("", "start"),
    "Observation": (f"&{LABORATORY}", "effectiveDateTime"),
    "DiagnosticReport": (f"&{RADIOLOGY}", "effectiveDateTime"),
    "DocumentReference": ("", "created"),
}


@pytest.mark.parametrize("type_", ["Encounter", "Communication", "QuestionnaireResponse", *DATED])
def test_an_unknown_patient_has_no_resources(pkb: Client, type_: str):
    rest = DATED[type_][0] if type_ in DATED else ""
    assert search(pkb, f"/{type_}?patient=nobody{rest}") == []


@pytest.mark.parametrize(("type_", "rest", "element"), [(t, *row) for t, row in DATED.items()], ids=DATED)
def test_matches_come_newest_first(pkb: Client, type_: str, rest: str, element: str):
    times = [match[element] for match in search(pkb, f"/{type_}?patient={RHYS}{rest}")]
    assert len(times) > 1
    assert times == sorted(times, reverse=True)


@pytest.mark.parametrize(("type_", "rest", "element"), [(t, *row) for t, row in DATED.items()], ids=DATED)
def test_date_is_about_that_element(pkb: Client, type_: str, rest: str, element: str):
    parameter = "created" if type_ == "DocumentReference" else "date"
    everything = search(pkb, f"/{type_}?patient={RHYS}{rest}")
    for match in everything:
        path = f"/{type_}?patient={RHYS}{rest}&{parameter}=ge{match[element]}&{parameter}=le{match[element]}"
        assert [m["id"] for m in search(pkb, path)] == [m["id"] for m in everything if m[element] == match[element]]
