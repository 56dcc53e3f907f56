"""Pages about patients in worlds other than the default one, and what looking leaves behind: nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.model import Appointment, Patient
from tests.console.patients.support import TOLA, addresses, page, words
from tests.console.patients.test_acts import act
from tests.support import Client

TABS = ("", "/doors", "/access", "/identifiers", "/outbox", "/history", "/acts")


@pytest.fixture
def second(pkb: Client) -> Iterator[str]:
    assert pkb.http.post("/_sandbox/workspaces", json={"name": "second"}).status_code == 201
    yield "second"
    pkb.http.delete("/_sandbox/workspaces/second")


@pytest.mark.parametrize("tab", TABS)
def test_every_page_stays_in_its_world(pkb: Client, second: str, tab: str):
    element = page(pkb, f"patients/{TOLA}{tab}", workspace=second)
    assert "World second" in words(element)
    inside = [address for address in addresses(element) if "/console/patients" in address]
    assert inside
    assert all("workspace=second" in address for address in inside), inside
    for form in element.iter("form"):
        hidden = [field.get("value") for field in form.iter("input") if field.get("name") == "workspace"]
        assert hidden == [second] or "workspace=second" in form.get("action", "")


def test_doors_and_views_are_those_of_the_world(pkb: Client, second: str):
    world = pkb.server.workspaces.named(second)
    (appointment,) = world.store.find(Appointment, "patient", TOLA)
    world.store.delete(appointment)
    address = {"kind": "appointment", "id": appointment.id}
    assert '"resourceType": "Appointment"' in words(page(pkb, f"patients/{TOLA}/doors", **address))
    assert "Renal clinic review" not in words(page(pkb, f"patients/{TOLA}/access", workspace=second))
    assert "shown" in words(page(pkb, f"patients/{TOLA}/access", workspace=second))


def test_looking_at_a_record_leaves_no_trace(pkb: Client):
    world = pkb.server.workspaces.default
    patient = world.store.get(Patient, TOLA)
    for tab in TABS:
        page(pkb, f"patients/{TOLA}{tab}")
    assert len(world.exchanges) == 0
    assert world.store.get(Patient, TOLA) is patient
    derived = {getattr(step.after, "endpoint", "") for step in world.checkpoints.changes()}
    assert derived <= {"aggregated"}, "what Aggregated works out when it is first read, and nothing of a record"


def test_an_act_changes_the_world_of_its_page(pkb: Client):
    act(pkb, "freeze")
    assert pkb.control(f"/records/{TOLA}")["patient"]["access_frozen"] is True


def test_a_world_without_patients_says_how_to_create_one(pkb: Client):
    store = pkb.server.workspaces.default.store
    for patient in list(store.all(Patient)):
        store.delete(patient)
    text = words(page(pkb, "patients"))
    assert "This world has no patients yet" in text
    assert "pkb-sandbox hl7 send adt_a28" in text
