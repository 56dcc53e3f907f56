"""ADT events of an encounter, in any order. Source: *Encounters*, http://dev.patientsknowbest.com/home/hl7-api/encounters."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.hl7.clinical import accepted, configure, message, record, refused
from tests.support import Client

EVENT = {
    "A01": "ADMIT",
    "A02": "TRANSFER",
    "A03": "DISCHARGE",
    "A05": "PRE_ADMIT",
    "A14": "PENDING_ADMIT",
    "A08": "UPDATE",
}
CANCEL = {"A11": "ADMIT", "A12": "TRANSFER", "A13": "DISCHARGE", "A38": "PRE_ADMIT", "A27": "PENDING_ADMIT"}


def pv1(ward: str = "Elm", admit: str = "", discharge: str = "", class_: str = "I", visit: str = "V1") -> str:
    fields = ["PV1", "1", class_, f"^^^^^^^^{ward}", *[""] * 6, "ORTHO", *[""] * 8, visit, *[""] * 24, admit, discharge]
    return "|".join(fields)


def adt(trigger: str, *segments: str, at: str = "20260310101500") -> str:
    return message(f"ADT^{trigger}", *(segments or (pv1(),)), at=at)


def events(pkb: Client) -> list[dict[str, Any]]:
    encounters = record(pkb)["encounters"]
    return encounters[0]["events"] if encounters else []


def test_an_admission_holds_every_field(pkb: Client):
    fields = pv1("Elm", "202603101000").split("|")
    fields[7:10] = "^Lindqvist^Maja^^^Dr", "^Bright^Owen", "^Farrow^Dilys"
    doctors = "|".join(fields)
    accepted(pkb, adt("A01", doctors))
    (encounter,) = record(pkb)["encounters"]
    assert encounter["external_id"] == "V1"
    (event,) = encounter["events"]
    assert (event["type"], event["class"], event["location"]) == ("ADMIT", "IN_PATIENT", "Elm")
    assert event["at"] == "2026-03-10T10:00:00Z"
    assert [participant["role"] for participant in event["participants"]] == ["ATTENDER", "REFERRER", "CONSULTANT"]


@pytest.mark.parametrize("trigger", ["A01", "A03", "A05", "A14"])
def test_an_event_sent_once_is_replaced(pkb: Client, trigger: str):
    accepted(pkb, adt(trigger), adt(trigger, pv1("Oak")))
    (event,) = events(pkb)
    assert (event["type"], event["location"]) == (EVENT[trigger], "Oak")


@pytest.mark.parametrize("trigger", ["A02", "A08"])
def test_transfers_and_updates_are_always_added(pkb: Client, trigger: str):
    accepted(pkb, adt(trigger), adt(trigger))
    assert [event["type"] for event in events(pkb)] == [EVENT[trigger]] * 2


@pytest.mark.parametrize("trigger", CANCEL)
def test_cancelling_a_missing_event_is_accepted_and_does_nothing(pkb: Client, trigger: str):
    before = record(pkb)
    accepted(pkb, adt(trigger))
    assert record(pkb) == before


@pytest.mark.parametrize("trigger", [*EVENT, *CANCEL])
def test_the_visit_id_is_required(pkb: Client, trigger: str):
    refused(pkb, adt(trigger, pv1(visit="")), "PV1-19.1 (visit ID) must be provided. You provided []")


@pytest.mark.parametrize("field", [7, 8, 9])
def test_a_doctor_needs_a_family_name(pkb: Client, field: int):
    fields = pv1().split("|")
    fields[field] = "^^Maja"
    refused(pkb, adt("A01", "|".join(fields)), f"PV1-{field}.2 (family name) must be provided. You provided []")


def test_an_update_corrects_the_times_of_admission_and_discharge(pkb: Client):
    accepted(pkb, adt("A01", pv1(admit="202603101000")), adt("A03", pv1(discharge="202603121000")))
    accepted(pkb, adt("A08", pv1("Ash", "202603100900", "202603121100")))
    rows = [(event["type"], event["at"][:16], event["location"]) for event in events(pkb)]
    assert rows[:2] == [("ADMIT", "2026-03-10T09:00", "Elm"), ("DISCHARGE", "2026-03-12T11:00", "Elm")]
    assert rows[2][0::2] == ("UPDATE", "Ash")


def test_the_latest_transfer_is_cancelled_first(pkb: Client):
    for ward, at in (("Oak", "20260312"), ("Ash", "20260314"), ("Elm", "20260313")):
        accepted(pkb, adt("A02", f"EVN|A02|20260310||||{at}", pv1(ward)))
    accepted(pkb, adt("A12"))
    assert [event["location"] for event in events(pkb)] == ["Oak", "Elm"]


@pytest.mark.parametrize(("book", "cancel"), [("A05", "A38"), ("A14", "A27")])
def test_an_announced_admission_has_an_appointment(pkb: Client, book: str, cancel: str):
    accepted(pkb, adt(book, pv1(), "PV2||||||||202604010800"))
    (booked,) = record(pkb)["appointments"]
    assert (booked["subject"], booked["location"], booked["start_at"][:16]) == ("In patient", "Elm", "2026-04-01T07:00")
    assert booked["external_id"] == ""
    accepted(pkb, adt(book, f"EVN|{book}|20260310|202604020800", pv1("Oak")))
    (moved,) = record(pkb)["appointments"]
    assert (moved["id"], moved["location"], moved["start_at"][:16]) == (booked["id"], "Oak", "2026-04-02T07:00")
    accepted(pkb, adt(cancel))
    (cancelled,) = record(pkb)["appointments"]
    assert (cancelled["status"], record(pkb)["encounters"]) == ("CANCELLED", [])


def test_these_messages_never_change_demographics(pkb: Client):
    before = record(pkb)["patient"]
    accepted(pkb, adt("A01").replace("Adeyemi^Tola", "Other^Name"))
    assert record(pkb)["patient"] == before


@pytest.mark.parametrize(("code", "class_"), [("I", "IN_PATIENT"), ("E", "EMERGENCY"), ("X", "OTHER"), ("", "OTHER")])
def test_an_event_has_the_patient_class_of_its_code(pkb: Client, code: str, class_: str):
    accepted(pkb, adt("A01", pv1(class_=code)))
    assert events(pkb)[0]["class"] == class_


@given(st.lists(st.sampled_from([*EVENT, *CANCEL]), max_size=12))
def test_any_order_of_messages_gives_the_documented_events(running, triggers: list[str]):
    """Against an oracle that only counts: one of each type that stands once, any number of the others."""
    pkb: Client = running
    pkb.http.post("/_sandbox/reset")
    expected: dict[str, int] = {}
    for trigger in triggers:
        accepted(pkb, adt(trigger))
        if trigger in EVENT:
            type_ = EVENT[trigger]
            expected[type_] = expected.get(type_, 0) + 1 if type_ in ("TRANSFER", "UPDATE") else 1
        elif expected.get(CANCEL[trigger]):
            expected[CANCEL[trigger]] -= 1
    types = [event["type"] for event in events(pkb)]
    assert {type_: types.count(type_) for type_ in types} == {type_: n for type_, n in expected.items() if n}


def test_an_encounter_has_the_label_of_the_latest_message_that_names_a_service(pkb: Client):
    configure(
        pkb, code_sets={"hospital_services": {"GUM": {"label": "SEXUAL_HEALTH"}, "ORTHO": {"label": "SOCIAL_CARE"}}}
    )
    for type_, service, label in (
        ("A01", "GUM", "SEXUAL_HEALTH"),
        ("A02", "", "SEXUAL_HEALTH"),
        ("A08", "ORTHO", "SOCIAL_CARE"),
    ):
        accepted(pkb, adt(type_, pv1(admit="202603101000").replace("ORTHO", service)))
        (encounter,) = record(pkb)["encounters"]
        assert encounter["label"] == label, type_
