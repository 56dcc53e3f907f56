"""Data points as resources, element by element.

Sources: *Facade Appointment*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364946225 ; *Facade Encounter*,
.../3364946356 ; *Observation*, .../3363864676 ; *Entity: Radiology Report*, .../3743186945 ; *Entity: Document*,
.../3743121409 ; Communication, http://dev.patientsknowbest.com/home/fhir-api/fhir-api-resources/communication
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sandbox.model import Appointment, Code, Document, Encounter, EncounterEvent, LabResult, Message, Source
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


def test_an_appointment(pkb: Client):
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
def test_the_status_of_an_appointment(pkb: Client, status: str, expected: str):
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


def history(*runs: tuple[str, str, str]) -> list[Json]:
    return [
        {
            "url": f"{STRUCTURE}/specialty-history",
            "extension": [
                {"url": "specialty", "valueCoding": {"code": code}},
                {"url": "period", "valuePeriod": {"start": start, **({"end": end} if end else {})}},
            ],
        }
        for code, start, end in runs
    ]


def act(code: str) -> Json:
    return {"system": "http://hl7.org/fhir/v3/ActCode", "code": code}


def test_an_encounter_has_the_histories_of_specialty_and_class_and_no_label(pkb: Client):
    head = meta("2026-01-27T16:00:00Z", source(NORTHMOOR_ID, RENAL))
    del head["security"]
    assert match_with(pkb, f"/Encounter?patient={RHYS}", ENCOUNTER) == {
        "resourceType": "Encounter",
        "id": ENCOUNTER,
        "meta": head,
        "extension": history(
            ("180", "2026-01-24T21:10:00Z", "2026-01-25T11:00:00Z"), ("361", "2026-01-25T11:00:00Z", "")
        ),
        "status": "unknown",
        "class": act("IMP"),
        "classHistory": [
            {"class": act("EMER"), "period": {"start": "2026-01-24T21:10:00Z", "end": "2026-01-25T02:40:00Z"}},
            {"class": act("IMP"), "period": {"start": "2026-01-25T02:40:00Z"}},
        ],
        "subject": to_rhys(),
        "period": {"start": "2026-01-24T21:10:00Z", "end": "2026-01-27T15:30:00Z"},
    }


def test_an_open_encounter_of_another_class_has_neither_class_nor_end(pkb: Client):
    encounter = match_with(pkb, f"/Encounter?patient={RHYS}", OTHER_ENCOUNTER)
    assert encounter.keys().isdisjoint({"class", "classHistory", "extension"})
    assert encounter["period"] == {"start": "2026-02-18T08:45:00Z"}


def event(hour: int, class_: str, specialty_: str = "", type_: str = "TRANSFER") -> EncounterEvent:
    at = datetime(2026, 3, 1, hour, tzinfo=UTC)
    return EncounterEvent(id=f"e{hour}", type=type_, at=at, class_=class_, specialty=specialty_, entered_at=at)


def with_events(pkb: Client, *events: EncounterEvent) -> Json:
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Encounter, ENCOUNTER), events=events))
    return match_with(pkb, f"/Encounter?patient={RHYS}", ENCOUNTER)


CLASSES = {
    "IN_PATIENT": "IMP",
    "OUT_PATIENT": "AMB",
    "AMBULATORY": "AMB",
    "EMERGENCY": "EMER",
    "HOME": "HH",
    "FIELD": "FLD",
    "DAYTIME": "SS",
    "VIRTUAL": "VR",
}


@pytest.mark.parametrize(("class_", "code"), CLASSES.items())
def test_the_class_of_the_newest_event(pkb: Client, class_: str, code: str):
    assert with_events(pkb, event(9, class_), event(8, "OTHER"))["class"] == act(code)


def test_runs_are_of_the_mapped_class_and_end_where_the_next_begins(pkb: Client):
    encounter = with_events(pkb, event(12, "HOME"), event(8, "OUT_PATIENT"), event(9, "AMBULATORY"), event(10, "OTHER"))
    assert [(run["class"]["code"], run["period"]) for run in encounter["classHistory"]] == [
        ("AMB", {"start": "2026-03-01T08:00:00Z", "end": "2026-03-01T10:00:00Z"}),
        ("HH", {"start": "2026-03-01T12:00:00Z"}),
    ]


def test_specialties_are_case_sensitive_and_a_missing_one_starts_no_run(pkb: Client):
    encounter = with_events(
        pkb, event(8, "HOME", "abc"), event(9, "HOME", "ABC"), event(10, "HOME"), event(11, "HOME", "abc")
    )
    codes = [run["extension"][0]["valueCoding"]["code"] for run in encounter["extension"]]
    periods = [run["extension"][1]["valuePeriod"] for run in encounter["extension"]]
    assert codes == ["abc", "ABC", "abc"]
    assert periods[1] == {"start": "2026-03-01T09:00:00Z", "end": "2026-03-01T10:00:00Z"}


PERIODS = {
    "eq2026-01": True,
    "eq2026-01-25": False,
    "2026": True,
    "gt2026-01-26": True,
    "gt2026-01-27": False,
    "lt2026-01-25": True,
    "lt2026-01-24": False,
}


@pytest.mark.parametrize(("value", "matches"), PERIODS.items())
def test_date_compares_the_period_of_an_encounter(pkb: Client, value: str, matches: bool):
    ids = {e["id"] for e in search(pkb, f"/Encounter?patient={RHYS}&date={value}")}
    assert (ENCOUNTER in ids) == matches


def test_an_encounter_that_has_not_ended_goes_on(pkb: Client):
    ids = {e["id"] for e in search(pkb, f"/Encounter?patient={RHYS}&date=gt2090-01-01")}
    assert ids == {OTHER_ENCOUNTER}


def test_an_encounter_without_events_is_not_shown(pkb: Client):
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Encounter, ENCOUNTER), events=()))
    assert {e["id"] for e in search(pkb, f"/Encounter?patient={RHYS}")} == {OTHER_ENCOUNTER}


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


def test_a_code_of_a_system_without_an_address_and_its_alternate(pkb: Client):
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


def test_a_radiology_report(pkb: Client):
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


def test_a_document(pkb: Client):
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


def test_a_message(pkb: Client):
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
