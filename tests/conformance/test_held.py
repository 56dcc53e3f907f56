"""The act that approves held messages: only those of the client, and only those that the step is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sandbox.conformance import cast
from sandbox.conformance.acts import perform
from sandbox.conformance.profile import profiles
from sandbox.conformance.stages import Stage
from sandbox.model import Credential, HeldMessage
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from tests.hl7.samples import A28


def test_only_held_messages_of_the_client_with_the_text_are_approved():
    workspace = Workspace("mine", Settings(clock="2026-03-10T12:00:00Z"))
    company = cast.choose_cast(workspace, profiles()["demographics"], None)
    store, client = workspace.store, company.credential
    other = next(c for c in store.find(Credential, "kind", client.kind) if c.id != client.id)
    held = HeldMessage(
        id="theirs", at=datetime(2026, 3, 10, tzinfo=UTC), organisation=company.organisation.id, credential=client.id,
        message_type="ADT^A28", patient="Rina Khatun", reason="r", differences=(), text=A28,
    )  # fmt: skip
    store.put(held)
    store.put(replace(held, id="of another client", credential=other.id))
    store.put(replace(held, id="another text", text=A28.replace("Khatun", "Someone")))
    perform(Stage(workspace=workspace, cast=company), {"act": "approve-held", "contains": "Khatun"})
    outcomes = {entry.id: entry.outcome for entry in store.all(HeldMessage)}
    assert outcomes == {"theirs": "approved", "of another client": "held", "another text": "held"}
