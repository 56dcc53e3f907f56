"""One patient, four doors: which kind of data, sent by which route, shows in which API, and in which it must not.

The table is PKB's data model read across its APIs (https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363700789) with
the list of the Aggregated integration guide
(https://pkbdev.atlassian.net/wiki/spaces/api/pages/4644405272/Aggregated+Endpoint). Each row sends something that bears
a mark and looks for the mark behind every door, in everything that the door shows of the patient.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.base import datafiles
from sandbox.fhir.aggregated.intake.upstream import types
from tests.fhir.aggregated.support import TOLA, Aggregated, by, feed, observation, patient
from tests.fhir.messaging import samples
from tests.hl7.samples import example
from tests.rest.support import ask
from tests.support import Client

Json = dict[str, Any]
Send = Callable[[Client, str], None]
TOLA_ID, LEGACY_ID = "4c86625f-13d7-423c-93e9-d58574a12dec", "5001"
RENAL_TEAM, BRIGHT = "b1fca6de-884d-4803-b760-ebd7f8cac475", "f1640ff8-d059-403c-b0d5-295ffc6e627d"
STEPWISE_TEAM = "2ba69b61-2fb9-475d-9286-90dd651ddde1"
SEXUAL, SAMIRA = "6384e0b3-7b55-4bcb-91f1-20682cc85dc0", "9fc8c651-1a1d-47c4-b0c2-1f724601ecf4"
CHECK_IN = "248f29fa-0aa1-47c8-a07d-e0bd3ab3157f"


# --- the doors: everything that an API shows of the patient, by where it shows it ---


def hl7(pkb: Client) -> dict[str, str]:
    """The answer to a demographic query, the one thing that can be read over HL7."""
    return {"QRY^A19": pkb.send(example("qry_a19_dem").replace("9998120012", TOLA)).text}


def facade(pkb: Client) -> dict[str, str]:
    statement = datafiles.read_json(datafiles.path("capability_statements/facade.json"))
    more = {
        "Observation": [f"&category={OBSERVATION}|{code}" for code in ("LABORATORY", "MEASUREMENT")],
        "DiagnosticReport": [f"&category={REPORT}|RADIOLOGY"],
    }
    texts: dict[str, str] = {}
    for row in statement["rest"][0]["resource"]:
        type_ = row["type"]
        names = {parameter["name"] for parameter in row.get("searchParam", ())}
        query = f"identifier={samples.NHS}|{TOLA}" if type_ == "Patient" else f"patient={TOLA_ID}"
        if query.split("=")[0] in names:
            texts[type_] = "".join(facade_text(pkb, f"/{type_}?{query}{suffix}") for suffix in more.get(type_, [""]))
    entries = json.loads(texts["QuestionnaireResponse"]).get("entry", ())
    requests = {reference["reference"] for e in entries for reference in e["resource"].get("basedOn", ())}
    texts["ProcedureRequest"] = "".join(facade_text(pkb, f"/{reference}") for reference in requests)
    return texts


OBSERVATION = "http://fhir.patientsknowbest.com/codesystem/observation-category"
REPORT = "http://fhir.patientsknowbest.com/codesystem/diagnostic-report-category"


def facade_text(pkb: Client, path: str) -> str:
    response = pkb.facade(path)
    assert response.status_code == 200, (path, response.text)
    return response.text


REST = {
    "users": "/v1/users/self",
    "consents": f"/v1/consents/byPatient/{LEGACY_ID}",
    "measurements": "/v2-beta/measurements",
    "medications": "/v1/medications",
    "allergies": f"/v2-beta/allergies/forPatient/{LEGACY_ID}",
    "diagnoses": "/v1/diagnoses/all",
    "care plans": f"/v2-beta/careplans/{LEGACY_ID}",
    "treatment plans": "/v1/treatmentPlans/mine",
    "test results": "/v2-beta/tests/results",
    "messages": "/messages/after/0",
}


def rest(pkb: Client) -> dict[str, str]:
    """As the patient; allergies are for professionals alone."""
    callers = {"allergies": "CLINICIAN"}
    return {name: json.dumps(ask(pkb, "GET", path, callers.get(name, "PATIENT"))) for name, path in REST.items()}


def aggregated(pkb: Client) -> dict[str, str]:
    customer = Aggregated(pkb)
    carers = json.dumps(customer.search(f"/Consent/$carers?patient:Patient.identifier={by(TOLA)}"))
    return {"Consent/$carers": carers, **{type_: json.dumps(customer.search(f"/{type_}")) for type_ in types()}}


DOORS = {"hl7": hl7, "facade": facade, "rest": rest, "aggregated": aggregated}


# --- the routes ---


def message(name: str, *changes: tuple[str, str], ends: str = "") -> Send:
    """An example message with some of its texts replaced, and a last segment; `{}` in the new ones is the mark."""

    def send(pkb: Client, mark: str) -> None:
        text = example(name).replace("9998120012", TOLA)
        for old, new in changes:
            assert old in text, old
            text = text.replace(old, new.format(mark))
        ack = pkb.send(text + ends)
        assert ack.code == "AA", ack.text

    return send


def list_of_a_patient(old: str, new: str) -> Send:
    """The example with lists of allergies, diagnoses and medications, sent about Tola Adeyemi."""
    about = ("Khatun^Rina^Lee^^Mrs||19910623", "Adeyemi^Tola||19880214"), ("NM00901", "NM00401")
    return message("adt_a28", *about, ("rina.khatun@", "tola.adeyemi@"), (old, new))


def web(act: str, **body: Any) -> Send:
    """An act of a person in PKB's web pages."""

    def send(pkb: Client, mark: str) -> None:
        marked_body = json.loads(json.dumps(body).replace("{}", mark))
        response = pkb.http.post(f"/_sandbox/records/{LEGACY_ID}/{act}", json=marked_body)
        assert response.status_code in (200, 201), response.text

    return send


def custom_rest(path: str, method: str = "POST", **body: Any) -> Send:
    def send(pkb: Client, mark: str) -> None:
        ask(pkb, method, path, "PATIENT", json=json.loads(json.dumps(body).replace("{}", mark)))

    return send


def joined(pkb: Client, mark: str) -> None:
    """A message that brings the patient into one more team, and gives it a consent record."""
    message(
        "adt_a31",
        ("Khatun^Rina", "Adeyemi^Tola"),
        ("20260311090000", "20261120090000"),
        ends="ZTM|northmoor_default~northmoor_sexual\r",
    )(pkb, mark)


def joined_by_messaging(pkb: Client, mark: str) -> None:
    teams = samples.aliases("northmoor_default", "northmoor_sexual")
    response = samples.send(pkb, samples.person(identifier=samples.numbered(TOLA), extension=teams, telecom=None))
    assert response.status_code == 200, response.text


def messaging(pkb: Client, mark: str) -> None:
    address = [{"line": ["12 Ropewalk"], "city": "Leeds", "postalCode": mark}]
    response = samples.send(pkb, samples.person(identifier=samples.numbered(TOLA), address=address, telecom=None))
    assert response.status_code == 200, response.text


def questionnaire_request(pkb: Client, mark: str) -> None:
    """By the Facade, with the caller's own identifier; and answered, which alone makes it findable there."""
    parameters = [
        {"name": "requestor", "valueReference": {"reference": f"Practitioner/{BRIGHT}"}},
        {"name": "target", "valueReference": {"reference": f"Patient/{TOLA_ID}"}},
        {"name": "additionalIdentifier", "valueIdentifier": {"system": "urn:x", "value": mark}},
    ]
    body = {"resourceType": "Parameters", "parameter": parameters}
    path = f"/Questionnaire/{CHECK_IN}/$send-questionnaire-request"
    response = pkb.facade(path, method="POST", json=body, headers={"Content-Type": "application/fhir+json"})
    assert response.status_code == 200, response.text
    request = response.json()["parameter"][0]["valueReference"]["reference"].partition("/")[2]
    web(f"questionnaires/{request}/answer", answers={"concern": "Nothing", "fluid": "Yes"})(pkb, mark)


def aggregated_request(pkb: Client, mark: str) -> None:
    customer = Aggregated(pkb)
    (patient,) = customer.of("Patient")
    (questionnaire,) = [
        questionnaire
        for questionnaire in customer.search("/Questionnaire")
        if questionnaire["title"] == "Renal clinic check-in"
    ]
    parameters = [
        {"name": "target", "valueReference": {"reference": f"Patient/{patient['id']}"}},
        {"name": "additionalIdentifier", "valueIdentifier": {"system": "urn:x", "value": mark}},
    ]
    path = f"/Questionnaire/{questionnaire['id']}/$send-questionnaire-request"
    body = {"resourceType": "Parameters", "parameter": parameters}
    assert customer.ask(path, "POST", json=body, headers={"x-team-id": RENAL_TEAM}).status_code == 200


def customer(name: str) -> Send:
    def send(pkb: Client, mark: str) -> None:
        endpoint = feed(pkb, name)
        endpoint.put(patient(TOLA))
        endpoint.put(observation(code={"text": mark}))

    return send


# --- the table ---


@dataclass(frozen=True)
class Row:
    """A kind of data and a route; behind which doors it shows, and where. Behind the others it must not show.

    `marks` are marks that a door has in place of the one that was sent.
    """

    kind: str
    route: str
    send: Send
    mark: str = "Doorstep"
    marks: dict[str, str] = field(default_factory=dict)
    hl7: str = ""
    facade: str = ""
    rest: str = ""
    aggregated: str = ""


DEMOGRAPHICS: dict[str, Any] = {
    "mark": "LS9 9ZZ",
    "hl7": "QRY^A19",
    "facade": "Patient",
    "rest": "users",
    "aggregated": "Patient",
}
CARER = {"rest": '"5006"', "aggregated": '"permit"'}
VALUE = "83.17"
AT = "2026-03-01T09:00:00Z"
TABLE = (
    Row("demographics", "HL7", message("adt_a31", ("Khatun^Rina", "Adeyemi^Tola"), ("LS0 0ZY", "{}"),
        ("20260311090000", "20261120090000")), **DEMOGRAPHICS),
    Row("demographics", "Messaging", messaging, **DEMOGRAPHICS),
    Row("demographics", "Custom REST", custom_rest("/v1/users", "PUT", id=LEGACY_ID, postalCode="{}"), **DEMOGRAPHICS),
    Row("consent", "web", web("consents", grantee={"kind": "team", "id": STEPWISE_TEAM}, labels=["GENERAL_HEALTH"]),
        mark="Stepwise Health", marks={"rest": "2007"}, facade="Consent", rest="consents"),
    Row("consent", "Custom REST", custom_rest("/v1/consents/forPatient/5001", teamId="2007",
        generalHealthConsentGranted=True),
        mark="Stepwise Health", marks={"rest": "2007"}, facade="Consent", rest="consents"),
    Row("membership", "HL7", joined, mark=SEXUAL, marks={"rest": '"2003"'}, facade="Consent", rest="consents"),
    Row("membership", "Messaging", joined_by_messaging, mark=SEXUAL, marks={"rest": '"2003"'},
        facade="Consent", rest="consents"),
    Row("consent to a carer", "web", web("consents", grantee={"kind": "carer", "id": SAMIRA},
        labels=["GENERAL_HEALTH"]),
        mark="Samira", marks=CARER, facade="Consent", rest="consents", aggregated="Consent/$carers"),
    Row("consent to a carer", "Custom REST", custom_rest("/v1/consents/forPatient/5001", carerId="5006",
        generalHealthConsentGranted=True),
        mark="Samira", marks=CARER, facade="Consent", rest="consents", aggregated="Consent/$carers"),
    Row("appointment", "HL7 SIU", message("siu_s12", ("Knee clinic review", "{}")),
        facade="Appointment", aggregated="Appointment"),
    Row("appointment", "HL7 ADT", message("adt_a05", ("Elm Ward", "{}")),
        facade="Appointment", aggregated="Appointment"),
    Row("appointment", "HL7 ADT A14", message("adt_a14", ("Elm Ward", "{}")),
        facade="Appointment", aggregated="Appointment"),
    Row("encounter", "HL7", message("adt_a01", ("ORTHO", "{}")), facade="Encounter"),
    Row("lab result", "HL7", message("oru_r01_laboratory", ("Haemoglobin", "{}")),
        facade="Observation", rest="test results"),
    Row("measurement", "HL7", message("oru_r01_measurements", ("68.4", "{}")), mark=VALUE, rest="measurements"),
    Row("measurement", "Custom REST", custom_rest("/v1/measurements", apiRef="weight", value=VALUE, unit="kg"),
        mark=VALUE, rest="measurements"),
    Row("measurement", "web", web("measurements", type="weight", value=float(VALUE)), mark=VALUE, rest="measurements"),
    Row("radiology report", "HL7", message("oru_r01_radiology", ("Left knee X-ray", "{}")), facade="DiagnosticReport"),
    Row("document", "HL7", message("mdm_t02_document", ("knee-letter.pdf", "{}.pdf"), ("Knee clinic letter", "{}"),
        ("ZPM|202603120900", "")),
        facade="DocumentReference", rest="messages"),
    Row("care plan", "HL7", message("mdm_t02_care_plan", ("Knee rehabilitation plan", "{}")), rest="care plans"),
    Row("care plan", "Custom REST", custom_rest("/v1/treatmentPlans", name="{}", actionPlan="<p>Drink.</p>"),
        rest="treatment plans"),
    Row("allergy", "HL7", list_of_a_patient("Penicillin allergy", "{}"), rest="allergies"),
    Row("allergy", "web", web("allergies", allergen="{}"), rest="allergies"),
    Row("diagnosis", "HL7", list_of_a_patient("^Asthma^", "^{}^"), aggregated="Condition"),
    Row("diagnosis", "web", web("diagnoses", diagnosis="{}"), aggregated="Condition"),
    Row("medication", "HL7", list_of_a_patient("Salbutamol inhaler", "{}"),
        rest="medications", aggregated="MedicationStatement"),
    Row("medication", "Custom REST",
        custom_rest("/v1/medications", substance={"displayText": "{}"}, startDate="2025-09-01"),
        rest="medications", aggregated="MedicationStatement"),
    Row("message", "web", web("messages", recipients=[BRIGHT], subject="{}", content="Hello"),
        facade="Communication", rest="messages"),
    Row("questionnaire response", "web", web(f"questionnaires/{CHECK_IN}/answer", answers={"concern": "{}"}),
        facade="QuestionnaireResponse", aggregated="QuestionnaireResponse"),
    Row("questionnaire request", "Facade", questionnaire_request,
        facade="ProcedureRequest", aggregated="ServiceRequest"),
    Row("questionnaire request", "Aggregated", aggregated_request, aggregated="ServiceRequest"),
    Row("any resource", "Customer, STU3", customer("northmoor-stu3"), aggregated="Observation"),
    Row("any resource", "Customer, R4", customer("northmoor-r4"), aggregated="Observation"),
)  # fmt: skip
ALSO = {
    # A response bears the identifier of its request; an answered request is how the Facade leads to it.
    ("questionnaire request", "aggregated"): {"QuestionnaireResponse"},
    # A treatment plan is a care plan, and a care plan is shown under both names.
    ("care plan", "rest"): {"care plans", "treatment plans"},
    # The latest weight stands among a user's own data.
    ("measurement", "rest"): {"users"},
    # Diagnoses of 2014 have no name, so the mark cannot show in Custom REST; its own tests see that they show at all.
}


@pytest.mark.parametrize("row", TABLE, ids=[f"{row.kind} by {row.route}" for row in TABLE])
def test_what_is_sent_shows_behind_its_doors_and_no_others(pkb: Client, row: Row):
    marks = {name: row.marks.get(name, row.mark) for name in DOORS}
    for name, door in DOORS.items():
        assert not marked(door(pkb), marks[name]), f"the mark would prove nothing: {name} shows it already"
    row.send(pkb, row.mark)
    for name, door in DOORS.items():
        expected, shown_by = {getattr(row, name)} - {""}, marked(door(pkb), marks[name])
        assert expected <= shown_by, (name, shown_by)
        assert shown_by <= expected | (ALSO.get((row.kind, name), set()) if expected else set()), (name, shown_by)


def marked(texts: dict[str, str], mark: str) -> set[str]:
    """Where the mark shows."""
    return {where for where, text in texts.items() if mark in text}
