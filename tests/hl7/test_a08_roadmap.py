"""ADT^A08 as PKB has announced it: http://dev.patientsknowbest.com/home/hl7-api/roadmap/adt-a08."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.server import SandboxServer
from tests.hl7.clinical import accepted, record
from tests.hl7.messages.test_encounters import adt, events, pv1
from tests.support import Client


@pytest.fixture(scope="module")
def announced() -> Iterator[Client]:
    with SandboxServer(port=0, a08_roadmap=True) as server:
        client = Client(server)
        yield client
        client.http.close()


@pytest.fixture
def pkb(announced: Client) -> Client:
    assert announced.http.post("/_sandbox/reset").status_code == 200
    return announced


def events_shown(pkb: Client) -> list[tuple[str, str]]:
    return [(event["type"], event["location"]) for event in events(pkb)]


def test_the_latest_event_takes_the_content(pkb: Client):
    accepted(pkb, adt("A01", pv1("Elm")), adt("A02", pv1("Oak")), adt("A08", pv1("Ash")))
    assert events_shown(pkb) == [("ADMIT", "Elm"), ("TRANSFER", "Ash")]


def test_zvn_names_the_event(pkb: Client):
    accepted(pkb, adt("A01", pv1("Elm")), adt("A02", pv1("Oak")), adt("A08", pv1("Ash"), "ZVN|A01"))
    assert events_shown(pkb) == [("ADMIT", "Ash"), ("TRANSFER", "Oak")]


def test_zvn_names_a_transfer_by_its_time(pkb: Client):
    for ward, at in (("Oak", "20260311"), ("Ash", "20260312")):
        accepted(pkb, adt("A02", f"EVN|A02|20260310||||{at}", pv1(ward)))
    accepted(pkb, adt("A08", pv1("Yew"), "ZVN|A02|||||20260311"))
    assert events_shown(pkb) == [("TRANSFER", "Yew"), ("TRANSFER", "Ash")]


def test_the_appointment_of_an_announced_admission_follows(pkb: Client):
    accepted(pkb, adt("A05", pv1("Elm"), "PV2||||||||202604010800"), adt("A08", pv1("Oak"), "ZVN|A05"))
    assert [appointment["location"] for appointment in record(pkb)["appointments"]] == ["Oak"]


def test_an_unknown_encounter_and_an_unknown_event_are_ignored(pkb: Client):
    accepted(pkb, adt("A08", pv1("Oak")))
    assert record(pkb)["encounters"] == []
    accepted(pkb, adt("A01", pv1("Elm")), adt("A08", pv1("Oak"), "ZVN|A03"))
    assert events_shown(pkb) == [("ADMIT", "Elm")]
