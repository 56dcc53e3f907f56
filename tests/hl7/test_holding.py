"""Soft matching, auto create, and the review queue. Source: *Soft Matching*, pkbdev.atlassian.net pages/4213014614."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from sandbox.model import Identifier, Patient
from tests.hl7.clinical import ADEYEMI, NOBODY, PID, accepted, configure, message, record, refused
from tests.hl7.samples import example
from tests.support import Client

SIU = example("siu_s12")
OTHER_BIRTH = SIU.replace("19880214", "19990101")


@pytest.fixture
def soft(pkb: Client) -> Client:
    configure(pkb, options={"soft_matching": ["date_of_birth"]})
    return pkb


def held(pkb: Client, outcome: str = "held") -> list[dict[str, Any]]:
    messages: list[dict[str, Any]] = pkb.control(f"/hl7/review?outcome={outcome}")["held"]
    return messages


def decide(pkb: Client, decision: str) -> dict[str, Any]:
    (waiting,) = held(pkb)
    response = pkb.http.post(f"/_sandbox/hl7/review/{waiting['id']}/{decision}")
    assert response.status_code == 200, response.text
    outcome_row: dict[str, Any] = response.json()
    return outcome_row


def test_another_date_of_birth_is_acknowledged_and_held(soft: Client):
    before = record(soft)
    accepted(soft, OTHER_BIRTH)
    assert record(soft) == before
    (waiting,) = held(soft)
    assert (waiting["message_type"], waiting["patient"]) == ("SIU^S12", "Ms Tola Adeyemi")
    assert waiting["differences"] == ["message: 1999-01-01", "record: 1988-02-14"]


def test_the_same_date_of_birth_passes(soft: Client):
    accepted(soft, SIU)
    assert len(record(soft)["appointments"]) == 1


def test_a_missing_date_of_birth_is_refused(soft: Client):
    refused(soft, SIU.replace("19880214", ""), "PID-7.1 (date of birth) must be provided. You provided []")


def test_a_message_that_would_be_refused_is_not_held(soft: Client):
    refused(
        soft,
        OTHER_BIRTH.replace("202604020930", "").replace("SIU^S12", "SIU^S15"),
        "SCH-11.4 (start time) must be provided. You provided []",
    )
    assert held(soft) == []


def test_demographic_messages_are_not_compared(soft: Client):
    accepted(soft, message("ADT^A31").replace("19880214", "19990101"))
    assert held(soft) == []


def test_approval_lets_the_message_in_and_later_ones_about_the_same(soft: Client):
    accepted(soft, OTHER_BIRTH)
    decided = decide(soft, "approve")
    assert (decided["outcome"], decided["ack"]) == ("approved", "AA")
    assert [appointment["status"] for appointment in record(soft)["appointments"]] == ["ACTIVE"]
    accepted(soft, OTHER_BIRTH.replace("SIU^S12", "SIU^S15"))
    assert [appointment["status"] for appointment in record(soft)["appointments"]] == ["CANCELLED"]
    assert held(soft) == []


def test_rejection_drops_the_message_and_later_ones_about_the_same(soft: Client):
    accepted(soft, OTHER_BIRTH)
    assert decide(soft, "reject")["outcome"] == "rejected"
    accepted(soft, OTHER_BIRTH)
    assert (record(soft)["appointments"], held(soft)) == ([], [])
    accepted(soft, OTHER_BIRTH.replace("APT-77120", "APT-2"))
    assert len(held(soft)) == 1


def test_a_later_message_that_matches_releases_those_that_wait(soft: Client):
    accepted(soft, OTHER_BIRTH)
    accepted(soft, SIU.replace("SIU^S12", "SIU^S26"))
    assert [appointment["status"] for appointment in record(soft)["appointments"]] == ["DNA"]
    assert (held(soft), len(held(soft, "released"))) == ([], 1)


def test_a_decision_is_made_once(soft: Client):
    accepted(soft, OTHER_BIRTH)
    (waiting,) = held(soft)
    path = f"/_sandbox/hl7/review/{waiting['id']}"
    assert soft.http.post(f"{path}/reject").status_code == 200
    assert soft.http.post(f"{path}/approve").status_code == 409
    assert soft.http.post("/_sandbox/hl7/review/x/approve").status_code == 404
    assert soft.http.get("/_sandbox/hl7/review?outcome=lost").status_code == 400


def test_a_held_message_that_cannot_be_applied_stays_held(soft: Client):
    accepted(
        soft, message("SIU^S13", "SCH|A1||||||||||^^^202604020930", "PV1|||^^^^^^^^W").replace("19880214", "19990101")
    )
    (waiting,) = held(soft)
    store = soft.server.workspaces.default.store
    (patient,) = store.find(Patient, "identifier", ("NHS", ADEYEMI))
    store.put(replace(patient, identifiers=(Identifier(type="NHS", value="9998120012"),)))
    decided = soft.http.post(f"/_sandbox/hl7/review/{waiting['id']}/approve").json()
    assert (decided["outcome"], decided["ack"]) == ("held", "AR")
    assert "No patient found for PID segment" in decided["ack_text"]


@pytest.mark.parametrize(
    ("component", "old", "new"), [("family_name", "Adeyemi", "Smith"), ("given_initial", "^Tola", "^Bola")]
)
def test_names_may_be_compared_too(pkb: Client, component: str, old: str, new: str):
    configure(pkb, options={"soft_matching": [component]})
    accepted(pkb, SIU, SIU.replace("APT-77120", "A2").replace(old, new))
    assert (len(record(pkb)["appointments"]), len(held(pkb))) == (1, 1)


def test_an_unverified_number_is_held_with_status_checking(pkb: Client):
    configure(pkb, options={"nhs_status_checking": True})
    accepted(pkb, SIU.replace("{status:01}", "{status:02}"))
    assert [message["message_type"] for message in held(pkb)] == ["SIU^S12"]


@pytest.mark.parametrize("ids", ["0101701233^^^CHI^CHI", "9991001379^^^NHS^NH{status:01}~0101701233^^^CHI^CHI"])
def test_status_checking_is_about_nhs_numbers_alone(pkb: Client, ids: str):
    accepted(
        pkb,
        SIU.replace("9991001379^^^NHS^NH{status:01}", "9991001379^^^NHS^NH{status:01}~0101701233^^^CHI^CHI").replace(
            "SIU^S12", "ADT^A31"
        ),
    )
    configure(pkb, options={"nhs_status_checking": True})
    accepted(pkb, SIU.replace("9991001379^^^NHS^NH{status:01}", ids))
    assert (held(pkb), len(record(pkb)["appointments"])) == ([], 1)


def test_of_a_decided_message_the_beginning_stays(pkb: Client):
    configure(pkb, options={"soft_matching": ["date_of_birth"]})
    accepted(pkb, OTHER_BIRTH + f"\rNTE|||{'x' * 100_000}")
    (waiting,) = held(pkb)
    assert len(waiting["text"]) > 100_000
    decided = pkb.http.post(f"/_sandbox/hl7/review/{waiting['id']}/approve").json()
    assert (decided["ack"], len(decided["text"])) == ("AA", 65_536)


def test_an_unknown_patient_is_refused_without_auto_create(pkb: Client):
    assert pkb.send(SIU.replace(PID, NOBODY)).detail.endswith("No patient found for PID segment")


def test_auto_create_makes_the_patient(pkb: Client):
    configure(pkb, options={"auto_create": True})
    accepted(pkb, SIU.replace(PID, NOBODY + "|F"))
    created = record(pkb, "9998120039")
    assert (created["patient"]["name"]["family"], len(created["appointments"])) == ("Adeyemi", 1)
    assert created["patient"]["organisations"] == [pkb.organisation()]


@pytest.mark.parametrize(
    ("pid", "detail"),
    [
        (NOBODY.replace("{status:01}", "") + "|F", "No patient found for PID segment"),
        (NOBODY, "Cannot create patient missing these fields: gender"),
        (NOBODY.replace("Adeyemi^Tola", "^") + "|F", "Cannot create patient missing these fields: givenName, surname"),
    ],
    ids=["not verified", "no sex", "no names"],
)
def test_auto_create_needs_a_verified_number_names_birth_and_sex(pkb: Client, pid: str, detail: str):
    configure(pkb, options={"auto_create": True})
    assert pkb.send(SIU.replace(PID, pid)).detail == f"Parsing or validation error: {detail}"


def test_clinical_data_does_not_join_the_patient_to_the_sender(pkb: Client):
    before = record(pkb)["patient"]["organisations"]
    assert pkb.send(SIU, user="org_eastgate").code == "AA"
    assert record(pkb)["patient"]["organisations"] == before


KHATUN = "9998120012"
"""Another patient of Northmoor, made by the example of ADT^A28."""
SUBJECTS = {
    "appointment": SIU,
    "encounter": example("adt_a01"),
    "laboratory report": example("oru_r01_laboratory"),
    "radiology report": example("oru_r01_radiology"),
    "document": example("mdm_t02_document"),
    "care plan": example("mdm_t02_care_plan"),
    "measurement": message("ORU^R01", "OBR|1|||OBS", "OBX|1|NM|27113001^Weight^SNOMED CT||68|kg|||||F|||20260305"),
}
"""A message about Adeyemi for each kind of data point; that of the measurement has no order number."""


def of_khatun(text: str) -> str:
    """The same message about Khatun, whose date of birth matches."""
    pid = "PID|||9998120012^^^NHS^NH{status:01}||Khatun^Rina||19910623|F"
    lines = [pid if line.startswith("PID|") else line for line in text.splitlines()]
    return "\r".join(lines)


def born_otherwise(text: str) -> str:
    return text.replace("19880214", "19990101").replace("19910623", "19990101")


@pytest.mark.parametrize("kind", SUBJECTS)
@pytest.mark.parametrize("decision", ["approve", "reject"])
def test_a_decision_on_one_patients_message_holds_for_no_other_patient(pkb: Client, kind: str, decision: str):
    accepted(pkb, example("adt_a28"))
    configure(pkb, options={"soft_matching": ["date_of_birth"]})
    accepted(pkb, born_otherwise(SUBJECTS[kind]))
    decide(pkb, decision)
    before = record(pkb, KHATUN)
    accepted(pkb, born_otherwise(of_khatun(SUBJECTS[kind])))
    assert record(pkb, KHATUN) == before
    assert [message["patient"] for message in held(pkb)] == ["Mrs Rina Khatun"]


@pytest.mark.parametrize("kind", SUBJECTS)
def test_a_good_message_about_one_patient_releases_nothing_of_another(pkb: Client, kind: str):
    accepted(pkb, example("adt_a28"))
    configure(pkb, options={"soft_matching": ["date_of_birth"]})
    accepted(pkb, born_otherwise(SUBJECTS[kind]))
    before = record(pkb)
    accepted(pkb, of_khatun(SUBJECTS[kind]))
    assert (record(pkb), len(held(pkb)), held(pkb, "released")) == (before, 1, [])


def test_measurements_without_an_order_number_are_decided_one_by_one(soft: Client):
    first = born_otherwise(SUBJECTS["measurement"])
    accepted(soft, first)
    decide(soft, "reject")
    accepted(soft, first.replace("||68|", "||69|"))
    assert len(held(soft)) == 1
    accepted(soft, SUBJECTS["measurement"].replace("||68|", "||70|"))
    assert len(held(soft)) == 1
    assert [
        str(measurement["value"])
        for measurement in record(soft)["measurements"]
        if measurement["at"].startswith("2026-03-05")
    ] == ["70"]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("document", SUBJECTS["care plan"].replace("CP-5520", "DOC-30077")),
        ("laboratory report", SUBJECTS["radiology report"].replace("RAD-55102", "26H0044871")),
    ],
)
def test_a_decision_holds_for_one_kind_of_data(soft: Client, first: str, second: str):
    accepted(soft, born_otherwise(SUBJECTS[first]))
    decide(soft, "reject")
    accepted(soft, born_otherwise(second))
    assert len(held(soft)) == 1


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        (SIU.replace("APT-77120", " "), "SCH-1.1 (placer ID) must be provided. You provided []"),
        (example("adt_a01").replace("VIS-88041", "  "), "PV1-19.1 (visit ID) must be provided. You provided []"),
        (
            example("oru_r01_laboratory").replace("26H0044871", " "),
            "OBR[1]: You need to provide at least one of: ORC.3.1 (filler order number), OBR.3.1 (filler order number)",
        ),
    ],
    ids=["appointment", "encounter", "report"],
)
def test_a_blank_id_counts_as_missing(pkb: Client, text: str, detail: str):
    refused(pkb, text, detail)
