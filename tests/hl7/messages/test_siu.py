"""SIU^S12 to S26: appointments. Source: *SIU S12*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364947182."""

from __future__ import annotations

from typing import Any

import pytest

from tests.hl7.clinical import accepted, configure, message, record, refused
from tests.hl7.samples import example
from tests.support import Client

FULL = (
    "SCH|A1||||||^Review|NEW^^LOCAL|||^^^202604020930^202604020950||^^^desk@northmoor.example",
    "NTE|1||Bring <b>it</b>",
)
PV1 = "PV1|||^^^^^^^^North Wing|||||||ORTHO"
AIP = ("RGS|1", "AIP|1||^Lindqvist^Maja^^^Dr|^Consultant")
NEW = (*FULL, PV1, *AIP, "ZAP|https://n.example/A1")


def appointment(pkb: Client) -> dict[str, Any]:
    """The one appointment of the record, without its links, which are signed anew whenever they are read."""
    (entry,) = record(pkb)["appointments"]
    return {key: value for key, value in entry.items() if key != "links"}


def without_times(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("id", "entered_at", "persisted_at")}


def test_a_new_appointment_holds_every_field(pkb: Client):
    accepted(pkb, message("SIU^S12", *NEW))
    stored_appointment = appointment(pkb)
    assert (stored_appointment["external_id"], stored_appointment["status"], stored_appointment["subject"]) == (
        "A1",
        "ACTIVE",
        "Review",
    )
    assert (stored_appointment["type"]["code"], stored_appointment["type"]["system"]) == ("NEW", "LOCAL")
    assert (stored_appointment["start_at"], stored_appointment["end_at"]) == (
        "2026-04-02T08:30:00Z",
        "2026-04-02T08:50:00Z",
    )
    assert (stored_appointment["description"], stored_appointment["location"]) == ("Bring <b>it</b>", "North Wing")
    assert (stored_appointment["specialty"], stored_appointment["label"]) == ("ORTHO", "GENERAL_HEALTH")
    assert (stored_appointment["contact_email"], stored_appointment["management_url"]) == (
        "desk@northmoor.example",
        "https://n.example/A1",
    )
    (attendee,) = stored_appointment["participants"]
    assert (attendee["name"]["family"], attendee["role"]) == ("Lindqvist", "Consultant")
    assert stored_appointment["source"]["organisation"] == pkb.organisation()


def test_the_subject_is_appointment_when_none_is_sent(pkb: Client):
    accepted(pkb, message("SIU^S12", "SCH|A1||||||||||^^^202604020930", PV1))
    assert appointment(pkb)["subject"] == "Appointment"


def test_s12_replaces_the_whole_appointment_with_a_new_one(pkb: Client):
    accepted(pkb, message("SIU^S12", *NEW))
    before = appointment(pkb)
    accepted(pkb, message("SIU^S12", "SCH|A1||||||||||^^^202605010900", "PV1|||^^^^^^^^South Wing"))
    after = appointment(pkb)
    assert after["id"] != before["id"]
    assert (after["description"], after["participants"], after["end_at"], after["specialty"]) == ("", [], None, "")


@pytest.mark.parametrize("type_", ["SIU^S13", "SIU^S14"])
def test_an_update_keeps_what_is_blank_and_replaces_attendees(pkb: Client, type_: str):
    accepted(pkb, message("SIU^S12", *NEW), message("SIU^S15", "SCH|A1"))
    before = appointment(pkb)
    assert before["status"] == "CANCELLED"
    accepted(pkb, message(type_, "SCH|A1||||||||||^^^202604030930", "PV1|||"))
    after = appointment(pkb)
    changed = {key for key in before if before[key] != after[key]} - {"entered_at", "persisted_at"}
    assert changed == {"start_at", "status", "participants"}
    assert (after["status"], after["participants"]) == ("ACTIVE", [])


@pytest.mark.parametrize("type_", ["SIU^S13", "SIU^S14"])
def test_an_update_of_an_unknown_appointment_creates_it(pkb: Client, type_: str):
    accepted(pkb, message(type_, *NEW))
    assert appointment(pkb)["status"] == "ACTIVE"


def test_a_management_url_alone_changes_nothing_else(pkb: Client):
    accepted(pkb, message("SIU^S12", *NEW), message("SIU^S26", "SCH|A1"))
    before = appointment(pkb)
    accepted(pkb, message("SIU^S14", "SCH|A1", "ZAP|https://n.example/other"))
    after = appointment(pkb)
    assert after["management_url"] == "https://n.example/other"
    assert {**without_times(after), "management_url": ""} == {**without_times(before), "management_url": ""}


@pytest.mark.parametrize(("type_", "status"), [("SIU^S15", "CANCELLED"), ("SIU^S26", "DNA")])
def test_a_change_of_status_changes_nothing_else(pkb: Client, type_: str, status: str):
    accepted(pkb, message("SIU^S12", *NEW))
    before = appointment(pkb)
    accepted(pkb, message(type_, "SCH|A1||||||^Other subject"))
    assert without_times(appointment(pkb)) == {**without_times(before), "status": status}


@pytest.mark.parametrize(("type_", "status"), [("SIU^S15", "CANCELLED"), ("SIU^S26", "DNA")])
def test_of_an_unknown_appointment_the_whole_is_needed(pkb: Client, type_: str, status: str):
    refused(pkb, message(type_, "SCH|A1"), "SCH-11.4 (start time) must be provided. You provided []")
    assert record(pkb)["appointments"] == []
    accepted(pkb, message(type_, *NEW))
    assert appointment(pkb)["status"] == status


@pytest.mark.parametrize("type_", ["SIU^S12", "SIU^S13", "SIU^S14", "SIU^S15", "SIU^S26"])
def test_the_placer_id_is_required(pkb: Client, type_: str):
    refused(pkb, message(type_, "SCH|"), "SCH-1.1 (placer ID) must be provided. You provided []")


@pytest.mark.parametrize(
    ("segments", "detail"),
    [
        (("SCH|A1", PV1), "SCH-11.4 (start time) must be provided. You provided []"),
        (("SCH|A1||||||||||^^^202604020930",), "PV1 segment must be provided"),
        (("SCH|A1||||||||||^^^202604020930", "PV1|1"), "PV1-3.9 (location) must be provided. You provided []"),
        (("SCH|A1||||||||||^^^2026040209301", PV1), "Invalid timestamp [2026040209301] in SCH-11.4"),
        ((*FULL, PV1, "AIP|1||^^Maja"), "AIP-3.2 (family name) must be provided. You provided []"),
    ],
)
def test_an_appointment_needs_its_required_fields(pkb: Client, segments: tuple[str, ...], detail: str):
    refused(pkb, message("SIU^S12", *segments), detail)


def test_the_hospital_service_brings_the_label(pkb: Client):
    sets = {"hospital_services": {"GUM": {"display": "Sexual health", "label": "SEXUAL_HEALTH"}}}
    configure(pkb, code_sets=sets)
    accepted(pkb, message("SIU^S12", FULL[0], PV1.replace("ORTHO", "GUM")))
    assert appointment(pkb)["label"] == "SEXUAL_HEALTH"
    accepted(pkb, message("SIU^S13", "SCH|A1||||||^Again"))
    assert appointment(pkb)["label"] == "SEXUAL_HEALTH"


def test_zsc_names_the_type_where_sch_does_not(pkb: Client):
    accepted(pkb, message("SIU^S12", "SCH|A1||||||||||^^^202604020930", PV1, "ZSC||||||||FU^^LOCAL"))
    assert appointment(pkb)["type"]["code"] == "FU"


def test_another_organisations_appointment_is_another(pkb: Client):
    text = example("siu_s12")
    accepted(pkb, text)
    assert pkb.send(text, user="org_eastgate").code == "AA"
    assert len({appointment["source"]["organisation"] for appointment in record(pkb)["appointments"]}) == 2
