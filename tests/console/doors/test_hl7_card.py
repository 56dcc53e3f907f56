"""The card of the fields in which HL7 messages bring an entity, where the journal has no message about it."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.console.doors.data import EntityData
from sandbox.console.doors.hl7_card import card_of
from sandbox.facts import ledger
from sandbox.model import Allergy, Appointment, Code, Consent, Grantee, Message, Source
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces
from tests.domain.small_world import NOW

POINT: dict[str, Any] = {"id": "e-1", "patient": "p-1", "source": Source(), "entered_at": NOW, "persisted_at": NOW}


@pytest.fixture(scope="module")
def workspace() -> Workspace:
    return Workspaces(Settings()).default


def test_an_appointment_has_fields_and_no_reason_to_have_none(workspace: Workspace):
    card = card_of(workspace, EntityData(store=workspace.store, entity=Appointment(start_at=NOW, **POINT)), "p-1", "")
    assert card.absent is None
    assert "SCH-11.4" in ", ".join(row.fields for row in card.rows)
    assert card.standing == ledger()["doors.hl7"].standing


def test_a_message_between_people_comes_by_no_hl7_message(workspace: Workspace):
    message = Message(conversation="c", at=NOW, subject="", sender="p-1", **POINT)
    card = card_of(workspace, EntityData(store=workspace.store, entity=message), "p-1", "")
    assert (card.absent, list(card.rows)) == (ledger()["doors.hl7-web"], [])


def test_the_time_of_entry_alone_comes_with_any_message(workspace: Workspace):
    empty = card_of(workspace, EntityData(store=workspace.store, entity=Allergy(allergen=Code(), **POINT)), "p-1", "")
    assert empty.absent == ledger()["doors.hl7-web"]
    named = Allergy(allergen=Code(text="Latex"), **POINT)
    assert card_of(workspace, EntityData(store=workspace.store, entity=named), "p-1", "").absent is None


def test_a_consent_has_fields_and_no_time_of_entry(workspace: Workspace):
    consent = Consent(id="c", patient="p-1", grantee=Grantee(kind="team", id="t"), updated_at=NOW)
    assert card_of(workspace, EntityData(store=workspace.store, entity=consent), "p-1", "").absent is None
