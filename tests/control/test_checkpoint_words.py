"""Differences in clinical words: additions, changes and removals of each kind, through the doors of PKB."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.control.test_checkpoints import checkpoint, difference
from tests.fhir.aggregated.support import feed, observation, patient
from tests.hl7.samples import example
from tests.journeys.test_four_doors import BRIGHT, CHECK_IN, SAMIRA, STEPWISE_TEAM, TOLA_ID
from tests.rest.support import ask
from tests.support import Client

Json = dict[str, Any]
Act = Callable[[Client], Any]
RENAL = "b1fca6de-884d-4803-b760-ebd7f8cac475"


def hl7(name: str, *changes: tuple[str, str], ends: str = "") -> Act:
    """An example message about Tola Adeyemi, with some of its texts replaced."""

    def send(pkb: Client) -> None:
        text = example(name).replace("9998120012", "9991001379").replace("NM00901", "NM00401")
        text = text.replace("Khatun^Rina^Lee^^Mrs||19910623", "Adeyemi^Tola||19880214").replace(
            "rina.khatun", "tola.adeyemi"
        )
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new)
        ack = pkb.send(text + ends)
        assert ack.code == "AA", ack.detail

    return send


def web(act: str, **body: Any) -> Act:
    def send(pkb: Client) -> None:
        response = pkb.http.post(f"/_sandbox/records/{TOLA_ID}/{act}", json=body or None)
        assert response.status_code in (200, 201), response.text

    return send


def newest(key: str, act: str) -> Act:
    """An act of the patient on the newest data point of a kind."""

    def send(pkb: Client) -> None:
        id_ = pkb.control(f"/records/{TOLA_ID}")[key][-1]["id"]
        web(act.format(id_))(pkb)

    return send


def rest(method: str, path: str, caller: str = "PATIENT", **body: Any) -> Act:
    return lambda pkb: ask(pkb, method, path, caller, json=body or None)


def resource(**more: Any) -> Act:
    def send(pkb: Client) -> None:
        endpoint = feed(pkb, "northmoor-r4")
        endpoint.put(patient())
        endpoint.put(observation(**more))

    return send


NEXT_YEAR = ("20260311090000", "20270311090000")
PERSON = ("Khatun^Rina", "Adeyemi^Tola")
A31 = hl7("adt_a31", PERSON, NEXT_YEAR)
BOOK, LAB = hl7("siu_s12"), hl7("oru_r01_laboratory")
LETTER, PLAN = hl7("mdm_t02_document"), hl7("mdm_t02_care_plan")
TAKE_BACK = ("HAE|F", "HAE|R")
HELD: Act = lambda pkb: (  # noqa: E731 - a row of the table
    pkb.http.put(
        f"/_sandbox/organisations/{pkb.organisation()}/configuration",
        json={"options": {"soft_matching": ["family_name"]}},
    ),
    pkb.send(example("siu_s12").replace("Adeyemi^Tola", "Quaye^Tola")),
)
DECIDE: Act = lambda pkb: pkb.http.post(  # noqa: E731 - a row of the table
    f"/_sandbox/hl7/review/{pkb.control('/hl7/review')['held'][0]['id']}/reject"
)

WORDS: list[tuple[str, list[Act], Act, str, str, str]] = [
    ("appointment booked", [], BOOK, "added", "appointment",
     "1 appointment booked: Knee clinic review, 2 April 09:30 (SIU^S12 · Facade Appointment)"),
    ("appointment booked by a pre-admission", [], hl7("adt_a05"), "added", "appointment",
     "1 appointment booked: In patient, 10 March 08:00 (ADT^A05 · Facade Appointment)"),
    ("appointment moved", [BOOK], hl7("siu_s13"), "changed", "appointment",
     "1 appointment moved from 2 April 09:30 to 9 April 10:30 (SIU^S13, SCH-11.4 · Facade Appointment.start)"),
    ("appointment moved into another year", [BOOK], hl7("siu_s13", ("202604091030", "202704091030")), "changed",
     "appointment",
     "1 appointment moved from 2 April 09:30 to 9 April 2027 10:30 (SIU^S13, SCH-11.4 · Facade Appointment.start)"),
    ("appointment cancelled", [BOOK], hl7("siu_s15"), "changed", "appointment",
     "1 appointment cancelled: Knee clinic review, 2 April 09:30 (SIU^S15 · Facade Appointment.status)"),
    ("appointment missed", [BOOK], hl7("siu_s26"), "changed", "appointment",
     "1 appointment missed by the patient: Knee clinic review, 2 April 09:30 (SIU^S26 · Facade Appointment.status)"),
    ("appointment booked again", [BOOK, hl7("siu_s15")],
     hl7("siu_s13", ("202604091030^202604091050", "202604020930^202604020950")), "changed", "appointment",
     "1 appointment booked again: Knee clinic review, 2 April 09:30 (SIU^S13 · Facade Appointment.status)"),
    ("attendee changed", [BOOK], hl7("siu_s14", ("Lindqvist^Maja^^^Dr", "Osei^Adwoa^^^Dr")), "changed", "appointment",
     "attendees changed from Dr Maja Lindqvist (Consultant) to Dr Adwoa Osei (Consultant) (SIU^S14, AIP-3.2, AIP-3.3"),
    ("encounter", [], hl7("adt_a01"), "added", "encounter",
     "1 encounter added: VIS-88041, admission 10 March 14:00 Elm Ward (ADT^A01 · Facade Encounter)"),
    ("transfer", [hl7("adt_a01")], hl7("adt_a02"), "changed", "encounter",
     "1 encounter (VIS-88041) event transfer 11 March 08:45 Oak Ward added (ADT^A02 · Facade Encounter)"),
    ("transfer cancelled", [hl7("adt_a01"), hl7("adt_a02")], hl7("adt_a12"), "changed", "encounter",
     "1 encounter (VIS-88041) event transfer 11 March 08:45 Oak Ward removed (ADT^A12"),
    ("lab result", [], LAB, "added", "lab result",
     "1 lab result added: Haemoglobin, 131 g/L, 3 March 11:20 (ORU^R01 laboratory · Facade Observation)"),
    ("lab result with a comparator", [], LAB, "added", "lab result",
     "1 lab result added: D-dimer, <0.19 mg/L, 3 March 11:20 (ORU^R01 laboratory · Facade Observation)"),
    ("lab result corrected", [LAB], hl7("oru_r01_laboratory", ("||139|", "||139.4|")), "changed", "lab result",
     "1 lab result (Sodium) corrected from 139 mmol/L to 139.4 (ORU^R01 laboratory, OBX-5)"),
    ("unit corrected", [LAB], hl7("oru_r01_laboratory", ("||139|mmol/L", "||13.9|mmol/dL")), "changed", "lab result",
     "1 lab result (Sodium) corrected from 139 mmol/L to 13.9 mmol/dL (ORU^R01 laboratory, OBX-5)"),
    ("lab result taken back", [LAB], hl7("oru_r01_laboratory", TAKE_BACK), "removed", "lab result",
     "1 lab result removed: Haemoglobin, 131 g/L, 3 March 11:20 (ORU^R01 laboratory · Facade Observation)"),
    ("lab report", [], LAB, "added", "lab report", "1 lab report added: 26H0044871, HAE (ORU^R01 laboratory)"),
    ("measurement", [], hl7("oru_r01_measurements"), "added", "measurement",
     "1 measurement added: bloodPressure, 128 mmHg, 81 mmHg, 5 March 08:05 (ORU^R01 laboratory)"),
    ("measurement of a person", [], web("measurements", type="weight", value="70.5", at="2026-03-06T08:00:00Z"),
     "added", "measurement", "1 measurement added: weight, 70.5 kg, 6 March 08:00"),
    ("measurement changed", [rest("POST", "/v1/measurements", apiRef="weight", value="70.5", unit="kg")],
     lambda pkb: ask(pkb, "PUT", "/v1/measurements", "PATIENT", json={
         "id": ask(pkb, "GET", "/v2-beta/measurements?apiRefs=weight", "PATIENT")[0]["id"],
         "apiRef": "weight", "value": "71", "unit": "kg"}),
     "changed", "measurement",
     "1 measurement (weight) corrected from 70.5 kg to 71 (PUT /v1/measurements, value)"),
    ("measurement deleted", [rest("POST", "/v1/measurements", apiRef="weight", value="70.5", unit="kg")],
     lambda pkb: ask(pkb, "DELETE", "/v1/measurements/"
                     + ask(pkb, "GET", "/v2-beta/measurements?apiRefs=weight", "PATIENT")[0]["id"], "PATIENT"),
     "removed", "measurement", "1 measurement removed: weight, 70.5 kg, "),
    ("radiology report", [], hl7("oru_r01_radiology"), "added", "radiology report",
     "1 radiology report added: Left knee X-ray, 6 March 10:15 (ORU^R01 radiology · Facade DiagnosticReport)"),
    ("document", [], LETTER, "added", "document",
     "1 document added: Knee clinic letter, 7 March 10:00 (MDM^T02 document · Facade DocumentReference)"),
    ("new version of a document", [LETTER], hl7("mdm_t02_document", ("JVBERi0xLjQK", "JVBERi0xLjUK")), "changed",
     "document", "1 document (Knee clinic letter) replaced by a new version (MDM^T02 document, OBX-5.5)"),
    ("document read", [LETTER], newest("documents", "documents/{}/read"), "changed", "document",
     "1 document (Knee clinic letter) read by the patient (Facade DocumentReference.extension(document-status)"),
    ("document deleted", [LETTER], hl7("mdm_t11"), "removed", "document",
     "1 document removed: Knee clinic letter, 7 March 10:00 (MDM^T11 · Facade DocumentReference)"),
    ("care plan", [], PLAN, "added", "care plan", "1 care plan added: Knee rehabilitation plan (MDM^T02 care plan)"),
    ("new version of a care plan", [PLAN], hl7("mdm_t02_care_plan", ("20 minutes", "30 minutes")),
     "changed", "care plan",
     "1 care plan (Knee rehabilitation plan) replaced by a new version (MDM^T02 care plan, OBX-5.5)"),
    ("allergy", [], web("allergies", allergen="Peanuts"), "added", "allergy", "1 allergy added: Peanuts"),
    ("allergies replaced", [], hl7("adt_a28"), "removed", "allergy",
     "1 allergy removed: Allergy to penicillin (ADT^A28)"),
    ("diagnosis", [], hl7("adt_a28"), "added", "diagnosis",
     "1 diagnosis added: Asthma, 10 January 2005 (ADT^A28 · Aggregated Condition)"),
    ("medication", [], hl7("adt_a28"), "added", "medication",
     "1 medication added: Salbutamol inhaler, Twice daily (ADT^A28 · Aggregated MedicationStatement)"),
    ("medication changed",
     [rest("POST", "/v1/medications", substance={"displayText": "Zinc"}, doseValue="5", doseUnit="mg")],
     lambda pkb: ask(pkb, "PUT", "/v1/medications", "PATIENT", json={
         "id": next(row["id"] for row in ask(pkb, "GET", "/v1/medications", "PATIENT")["results"]
                    if row["substance"]["displayText"] == "Zinc"),
         "substance": {"displayText": "Zinc"}, "doseValue": "10", "doseUnit": "mg"}),
     "changed", "medication",
     "1 medication (Zinc) dose changed from 5 mg to 10 (PUT /v1/medications, doseValue · Aggregated "),
    ("message", [], web("messages", recipients=[BRIGHT], subject="My knee", content="Better"), "added", "message",
     "1 message written: My knee, by Ms Tola Adeyemi to Dr Owen Bright (Facade Communication)"),
    ("message read", [web("messages", recipients=[BRIGHT], subject="My knee", content="Better")],
     newest("messages", "messages/{}/read"), "changed", "message", "1 message (My knee) read by its recipient"),
    ("questionnaire answered", [], web(f"questionnaires/{CHECK_IN}/answer", answers={"concern": "My sleep"}), "added",
     "questionnaire response",
     "1 questionnaire response given: Renal clinic check-in, concern: My sleep (Facade QuestionnaireResponse)"),
    ("consent granted", [], web("consents", grantee={"kind": "team", "id": STEPWISE_TEAM}, labels=["GENERAL_HEALTH"]),
     "added", "consent", "1 consent granted to Stepwise Health: general health (Facade Consent)"),
    ("consent changed", [], web("consents", grantee={"kind": "team", "id": RENAL}, labels=["GENERAL_HEALTH"]),
     "changed", "consent",
     "1 consent (Northmoor Renal) privacy label social care removed (Facade Consent.except.securityLabel.code)"),
    ("consent ended", [], web("consents", grantee={"kind": "team", "id": RENAL}, labels=[]), "changed", "consent",
     "1 consent (Northmoor Renal) ended: no privacy label is granted any more (Facade Consent."),
    ("discharge", [], hl7("adt_a31", PERSON, NEXT_YEAR, ends="ZTM||northmoor_renal\r"), "changed", "consent",
     "1 consent (Northmoor Renal) ended by discharge (ADT^A31, ZTM-1 or ZTM-2 · Facade Consent.status)"),
    ("carer removed", [web("consents", grantee={"kind": "carer", "id": SAMIRA}, labels=["GENERAL_HEALTH"])],
     web("sharing", disabled=True), "removed", "consent",
     "1 consent removed: Mrs Samira Halloran, general health (Facade Consent)"),
    ("patient registered as new", [], lambda pkb: pkb.send(example("adt_a28")), "added", "patient",
     ("1 patient registered as new: Mrs Rina Lee Khatun, 23 June 1991, NHS 9998120012, Northmoor hospital number"
     " NM00901 (ADT^A28 · Facade Patient)")),
    ("name changed", [], hl7("adt_a31", ("Khatun^Rina", "Okoro^Tola"), NEXT_YEAR), "changed", "patient",
     "name changed from Ms Tola Grace Adeyemi to Ms Tola Grace Okoro (ADT^A31, PID-5.1 · Facade Patient.name.family)"),
    ("name changed by REST", [], rest("PUT", "/v1/users", id="5001", lastName="Okoro"), "changed", "patient",
     ("1 patient name changed from Ms Tola Grace Adeyemi to Ms Tola Grace Okoro (PUT /v1/users, lastName"
     " · Facade Patient.name.family)")),
    ("died", [], hl7("adt_a28", ("|||||||||||||||N", "||||||||||||||202603111015|Y")), "changed", "patient",
     "died: 11 March 10:15 (ADT^A28, PID-30 or PID-29 · Facade Patient.deceasedBoolean)"),
    ("e-mail address added", [], hl7("adt_a31", PERSON, NEXT_YEAR, ("^PRS", "^PRS~^NET^^tola.two@example.org")),
     "changed",
     "patient", ("e-mail address tola.two@example.org added (ADT^A31, PID-13.4 or PID-13.1 or PID-14.4 or PID-14.1"
     " · Facade Patient.telecom(email).value")),
    ("sharing disabled", [], web("sharing", disabled=True), "changed", "patient",
     "1 patient disabled sharing (Facade Patient.extension(sharing-disabled).valueBoolean)"),
    ("access frozen", [], web("freeze", frozen=True), "changed", "patient",
     "1 patient froze access (Aggregated Patient.extension(access-frozen).valueBoolean)"),
    ("message held", [], HELD, "added", "held message", "1 held message held for review: SIU^S12, Ms Tola Adeyemi, "),
    ("held message rejected", [HELD], DECIDE, "changed", "held message", "1 held message (SIU^S12) rejected"),
    ("resource of a Customer", [], resource(), "added", "resource",
     "1 resource added: Observation, o, northmoor-r4 (update Observation)"),
    ("resource changed", [resource()], resource(code={"text": "Height"}), "changed", "resource",
     ("1 resource (Observation, o) code.text changed from Weight to Height"
     " (update Observation · Customer Observation.code.text)")),
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _year(running: Client) -> Iterator[None]:
    """Times are printed without the year where it is that of the world: all examples are of 2026."""
    yield
    running.http.put("/_sandbox/clock", json={"mode": "real"})


@pytest.mark.parametrize(
    ("starts", "act", "where", "kind", "words"), [row[1:] for row in WORDS], ids=[row[0] for row in WORDS]
)
def test_a_change_is_told_in_clinical_words(
    pkb: Client, starts: list[Act], act: Act, where: str, kind: str, words: str
):
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-11-27T12:00:00Z"})
    pkb.tokens.clear()
    for start in starts:
        start(pkb)
    checkpoint(pkb)
    act(pkb)
    comparison = difference(pkb)
    texts = [entry["text"] for entry in comparison[where] if entry["kind"] == kind]
    assert any(words in text for text in texts), "\n".join(texts)
    patients = {entry["patient"] for entry in comparison[where] if entry["kind"] == kind and words in entry["text"]}
    assert None not in patients
