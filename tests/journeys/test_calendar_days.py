"""A day that is sent without a time is that day at every door, in summer time too.

Source: *Time stamp values*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013095
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.fhir.aggregated.support import Aggregated
from tests.fhir.messaging import samples
from tests.hl7.samples import IDS, example, message, pid
from tests.journeys.test_four_doors import LEGACY_ID, TOLA_ID, aggregated, facade, rest
from tests.rest.support import ask
from tests.support import Client

TOLA = "9991001379"
EVE, DAY = "2025-06-11", "2025-06-12"
SUMMER = "20250612"
SENT = pid(f"{TOLA}^^^NHS^NH", "Adeyemi^Tola")
LISTS = message(
    SENT,
    f"AL1|1||91936005^Penicillin allergy^SNOMED CT|||{SUMMER}",
    f"DG1|1||195967001^Asthma^SNOMED CT||{SUMMER}",
    f"ZRX|^Twice daily^^{SUMMER}^20250612|^Salbutamol inhaler",
)
OTHERS = {
    "an appointment": ("siu_s12", "202604020930^202604020950", f"{SUMMER}^{SUMMER}"),
    "a laboratory result": ("oru_r01_laboratory", "202603031120", SUMMER),
    "a document": ("mdm_t02_document", "202603071000", SUMMER),
    "a care plan": ("mdm_t02_care_plan", "202603", "202506"),
    "an encounter": ("adt_a01", "202603101400", SUMMER),
}


def doors(pkb: Client) -> str:
    """Everything that the doors show of Tola Adeyemi."""
    return json.dumps([facade(pkb), rest(pkb), aggregated(pkb), pkb.control(f"/records/{TOLA_ID}")])


def dated_point(pkb: Client, kind: str) -> dict[str, Any]:
    """The data point of the record with a day of the test."""
    (point,) = [point for point in pkb.control(f"/records/{TOLA_ID}")[kind] if "precision" in point]
    return point


def test_the_lists_of_a_message_keep_their_days(pkb: Client):
    assert pkb.send(LISTS).code == "AA"
    by_door = doors(pkb)
    assert EVE not in by_door
    assert by_door.count(DAY) > 8
    aggregated = Aggregated(pkb)
    (condition,) = aggregated.of("Condition", more=f"&onset-date={DAY}")
    (statement,) = aggregated.of("MedicationStatement", more=f"&effective={DAY}")
    assert condition["onsetDateTime"] == DAY
    assert statement["effectivePeriod"] == {"start": DAY, "end": DAY}
    (medication,) = [row for row in ask(pkb, "GET", "/v1/medications", "PATIENT")["results"] if row["startDate"] == DAY]
    assert medication["endDate"] == DAY
    (row,) = [
        row
        for row in ask(pkb, "GET", f"/v2-beta/allergies/forPatient/{LEGACY_ID}", "CLINICIAN")
        if (row["onsetOfSymptoms"] or "").startswith(DAY)
    ]
    assert row["onsetOfSymptoms"] == f"{DAY}T00:00:00.000+01:00"
    assert dated_point(pkb, "medications")["precision"] == {"start_at": "day", "end_at": "day"}
    assert dated_point(pkb, "diagnoses")["diagnosed_at"] == f"{DAY}T00:00:00+01:00"


@pytest.mark.parametrize(("name", "time", "day"), OTHERS.values(), ids=OTHERS.keys())
def test_other_messages_keep_their_days(pkb: Client, name: str, time: str, day: str):
    text = example(name)
    assert time in text
    assert pkb.send(text.replace(time, day)).code == "AA"
    assert EVE not in doors(pkb)


@pytest.mark.parametrize(
    ("text", "precision", "day"),
    [("20250612", "day", DAY), ("202506", "month", "2025-06-01"), ("2025", "year", "2025-01-01")],
)
def test_a_death_is_on_its_day(pkb: Client, text: str, precision: str, day: str):
    assert pkb.send(message(pid(IDS, fields={29: text}))).code == "AA"
    patient = pkb.control("/records/9998120012")["patient"]
    assert patient["precision"] == {"died_at": precision}
    assert patient["died_at"].startswith(f"{day}T00:00:00")
    system = samples.NHS
    resource = pkb.facade("/Patient", params={"identifier": f"{system}|9998120012"}).json()["entry"][0]["resource"]
    assert resource["deceasedDateTime"] == day
    (aggregated_patient,) = Aggregated(pkb).of("Patient", "9998120012")
    assert aggregated_patient["deceasedDateTime"] == day


@pytest.mark.parametrize(
    ("text", "precision", "day"),
    [("2025-06-12", "day", DAY), ("2025-06", "month", "2025-06-01"), ("2025", "year", "2025-01-01")],
)
def test_messaging_and_hl7_write_the_same_death(pkb: Client, text: str, precision: str, day: str):
    assert samples.send(pkb, samples.person(deceasedDateTime=text)).status_code == 201
    sent_by_messaging = pkb.control("/records/9998120012")["patient"]
    assert (sent_by_messaging["deceased"], sent_by_messaging["precision"]) == (True, {"died_at": precision})
    assert pkb.send(message(pid(IDS, fields={29: text.replace("-", "")}))).code == "AA"
    assert pkb.control("/records/9998120012")["patient"]["died_at"] == sent_by_messaging["died_at"]
    (patient,) = Aggregated(pkb).of("Patient", "9998120012")
    assert patient["deceasedDateTime"] == day


def entered(act: str, **body: Any) -> Callable[[Client], None]:
    def send(pkb: Client) -> None:
        response = pkb.http.post(f"/_sandbox/records/{LEGACY_ID}/{act}", json=body)
        assert response.status_code == 201, response.text

    return send


def medication(pkb: Client) -> None:
    concept = {"displayText": "Salbutamol"}
    ask(pkb, "POST", "/v1/medications", "PATIENT", json={"substance": concept, "startDate": DAY, "endDate": DAY})


ENTRIES = {
    "an allergy": entered("allergies", allergen="Penicillin", onset=DAY),
    "a diagnosis": entered("diagnoses", diagnosis="Asthma", at=DAY),
    "a measurement": entered("measurements", type="weight", value=70, at=DAY),
    "a medication": medication,
}


@pytest.mark.parametrize("enter", ENTRIES.values(), ids=ENTRIES.keys())
def test_an_entered_day_stays_the_same_at_every_door(pkb: Client, enter: Callable[[Client], None]):
    enter(pkb)
    by_door = doors(pkb)
    assert EVE not in by_door
    assert DAY in by_door


def test_a_date_of_birth_has_no_zone(pkb: Client):
    assert pkb.send(message(pid(IDS, fields={7: "20250612"}))).code == "AA"
    assert pkb.control("/records/9998120012")["patient"]["date_of_birth"] == DAY
    assert EVE not in json.dumps(Aggregated(pkb).of("Patient", "9998120012"))


def test_a_time_is_still_an_instant(pkb: Client):
    assert pkb.send(message(pid(IDS, fields={29: "202506120030"}))).code == "AA"
    patient = pkb.control("/records/9998120012")["patient"]
    assert (patient["died_at"], "precision" in patient) == ("2025-06-11T23:30:00Z", False)
