"""The partner's link of an appointment: with the identity of a patient who can have NHS login, and of nobody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from sandbox.domain.notifications import outbox as mail
from sandbox.model import Appointment, Patient, Source
from tests.domain.small_world import NOW
from tests.support import Client

URL = "https://manage.example/visit"
TOLA = "9991001379"


def stored(pkb: Client, **values: Any) -> Patient:
    """Tola with other attributes."""
    workspace = pkb.server.workspaces.default
    patient = workspace.store.get(Patient, pkb.control(f"/records/{TOLA}")["patient"]["id"])
    workspace.store.put(replace(patient, **values))
    return workspace.store.get(Patient, patient.id)


@pytest.mark.parametrize(
    ("values", "has_identity"),
    [
        ({}, True),
        ({"registered": False}, False),
        ({"deceased": True}, False),
        ({"date_of_birth": date(2099, 1, 1)}, False),
        ({"date_of_birth": None}, True),
    ],
    ids=str,
)
def test_a_link_asserts_who_the_patient_is_if_they_can_have_nhs_login(
    pkb: Client, values: dict[str, Any], has_identity: bool
):
    patient, record = stored(pkb, **values), pkb.server.workspaces.default.record
    common: dict[str, Any] = {"patient": patient.id, "source": Source(), "entered_at": NOW, "persisted_at": NOW}
    record.store.put(Appointment(id="a-1", management_url=URL, **common))
    record.store.put(Appointment(id="a-2", **common))
    first, second = pkb.control(f"/records/{TOLA}")["appointments"][-2:]
    assert first["links"]["return"] == f"{pkb.server.base_url}/listAppointments.action"
    assert first["links"]["manage"].startswith(f"{URL}?assertedLoginIdentity=") is has_identity
    assert (first["links"]["manage"] == URL) is not has_identity
    assert "links" not in second


@pytest.mark.parametrize(("to", "has_identity"), [("id", True), ("email", True), ("somebody@example.org", False)])
def test_an_item_of_the_outbox_asserts_it_to_the_patient_alone(pkb: Client, to: str, has_identity: bool):
    patient, record = stored(pkb), pkb.server.workspaces.default.record
    address = getattr(patient, to, to)
    mail.post(record, "letter", to=address, patient=patient.id, organisation="", text="", link="/inbox", url=URL)
    inside, outside = pkb.control("/outbox")["items"][-1]["links"]
    assert inside == f"{pkb.server.base_url}/inbox"
    assert outside.startswith(f"{URL}?assertedLoginIdentity=") is has_identity


def test_an_item_about_nobody_keeps_its_link(pkb: Client):
    record = pkb.server.workspaces.default.record
    mail.post(record, "letter", to="a@example.org", patient="gone", organisation="", text="", url=URL)
    assert pkb.control("/outbox")["items"][-1]["links"] == [URL]
