"""NHS-number status checking: which messages about people are held for review."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sandbox.model import Organisation
from tests.hl7.messages.test_adt_a28 import KWABENA
from tests.hl7.samples import (
    IDS,
    NEW,
    ORGANISATIONS,
    PREFIX_AR,
    header,
    message,
    pid,
    state,
    stored,
)
from tests.support import Client

# --- NHS-number status checking ---


@pytest.fixture
def checking(pkb: Client) -> Client:
    """The running sandbox, with NHS-number status checking on at Northmoor."""
    store = pkb.server.workspaces.default.store
    northmoor = store.get(Organisation, ORGANISATIONS["northmoor"])
    store.put(replace(northmoor, options=replace(northmoor.options, nhs_status_checking=True)))
    return pkb


CHECKED = {
    "verified": (IDS, False),
    "traced but not verified": (IDS.replace(":01", ":02"), True),
    "to be traced": (IDS.replace(":01", ":03"), True),
    "without status": (IDS.replace("{status:01}", ""), True),
    "local number of a record with an NHS number": ("NM00401^^^NORTHMOOR^MR", True),
    "local number of a record without one": (f"{KWABENA}^^^NORTHMOOR^MR", False),
    "local number of nobody": ("NM00999^^^NORTHMOOR^MR", False),
}


@pytest.mark.parametrize(("ids", "held"), CHECKED.values(), ids=CHECKED.keys())
def test_with_status_checking_only_verified_numbers_pass(checking: Client, ids: str, held: bool):
    before = state(checking)
    ack = checking.send(message(pid(ids, "Held^Person"), "AL1|1||1^New", "ZTM|northmoor_default"))
    assert (ack.code, ack.detail) == ("AA", "")
    after = state(checking)
    queue = after.pop("held_messages")
    assert len(queue) == int(held)
    before.pop("held_messages")
    assert (after == before) is held


@pytest.mark.parametrize("ids", [ids for ids, _ in CHECKED.values()], ids=CHECKED.keys())
def test_without_status_checking_nothing_is_held(pkb: Client, ids: str):
    assert pkb.send(message(pid(ids, "Not^Held"))).code == "AA"
    assert state(pkb)["held_messages"] == {}


def test_a_held_message_waits_with_what_disagrees(checking: Client):
    text = message(pid(IDS.replace(":01", ":02"))).replace("\r", "\n")
    checking.send(text)
    (held,) = state(checking)["held_messages"].values()
    assert (held.message_type, held.credential, held.text) == ("ADT^A28", "org_northmoor", text)
    assert (held.organisation, held.patient) == (ORGANISATIONS["northmoor"], "Rina Khatun")
    assert held.differences == ("status 02", "status 01 expected")


NEVER_HELD = {
    "no names": (pid(IDS.replace(":01", ":02"), ""), "Cannot create patient missing these fields: givenName, surname"),
    "the e-mail of another": (
        pid(IDS.replace(":01", ":02"), fields={13: "^NET^^tola.adeyemi@example.org"}),
        "Patient email address [tola.adeyemi@example.org] already active in PKB",
    ),
    "an unknown team": (pid(IDS.replace(":01", ":02")) + "\rZTM||nowhere", "Unknown team alias [nowhere]"),
    "no allergen": (
        pid(IDS.replace(":01", ":02")) + "\rAL1|1||",
        "You need to provide at least one of: AL1.3.1 (Allergen code ID), AL1.3.2 (Allergen code text)",
    ),
}


@pytest.mark.parametrize(("segments", "detail"), NEVER_HELD.values(), ids=NEVER_HELD.keys())
def test_an_invalid_message_is_refused_and_never_held(checking: Client, segments: str, detail: str):
    before = state(checking)
    ack = checking.send(f"{header()}\r{segments}")
    assert (ack.code, ack.detail) == ("AR", PREFIX_AR + detail)
    assert state(checking) == before


def test_checking_is_an_option_of_one_organisation(checking: Client):
    assert checking.send(message(pid(f"{NEW}^^^NHS^NH{{status:02}}")), "org_eastgate").code == "AA"
    assert stored(checking, NEW).organisations == (ORGANISATIONS["eastgate"],)
