"""The pages of one patient: timeline, identifiers, outbox."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sandbox.domain.data_points.kinds import KINDS
from sandbox.model import Document, LabResult
from tests.console.crawling import PREFIX
from tests.console.patients.support import TOLA, page, rows, words
from tests.hl7.samples import example
from tests.support import Client


def test_the_timeline_has_every_data_point_latest_first(pkb: Client):
    store = pkb.server.workspaces.default.store
    listed = rows(page(pkb, f"patients/{TOLA}"))
    assert len(listed) == sum(len(store.find(kind, "patient", TOLA)) for kind in KINDS.values())
    assert listed[0].startswith("20 Jul 2026, 11:00 appointment Renal clinic review")
    assert "Northmoor Renal" in listed[0]
    assert "general health" in listed[0]


def test_the_timeline_is_filtered_by_kind_source_and_label(pkb: Client):
    assert all("message" in row for row in rows(page(pkb, f"patients/{TOLA}", kind="message")))
    assert len(rows(page(pkb, f"patients/{TOLA}", kind="message"))) == 3
    assert "message (3)" in words(page(pkb, f"patients/{TOLA}"))
    assert len(rows(page(pkb, f"patients/{TOLA}", kind="message", source=TOLA))) == 2
    (row,) = rows(page(pkb, f"patients/{TOLA}", label="SEXUAL_HEALTH"))
    assert "No entry matches" in row


def test_drafts_deletions_and_release_delays_are_chips(pkb: Client):
    store, now = pkb.server.workspaces.default.store, pkb.server.workspaces.default.clock.now()
    (result,), (document,) = store.find(LabResult, "patient", TOLA), store.find(Document, "patient", TOLA)
    store.put(replace(result, deleted=True))
    store.put(replace(document, released_at=now + timedelta(days=3), title="<script>x</script>"))
    text = words(page(pkb, f"patients/{TOLA}"))
    assert "deleted" in text
    assert "draft" in text
    assert "patient sees it from" in text
    assert "<script>x</script>" in text
    assert "<script>x" not in pkb.http.get(f"{PREFIX}patients/{TOLA}").text


def test_identifiers_name_the_pair_of_hl7(pkb: Client):
    text = words(page(pkb, f"patients/{TOLA}/identifiers"))
    assert "9991001379 NHS number NHS, NH" in text
    assert "NM00401 Northmoor hospital number NORTHMOOR, MR" in text
    assert "tola.adeyemi@example.org primary confirmed" in text
    assert "postcode LS0 0ZZ PID-11.5" in text


def test_the_outbox_has_what_was_mailed_and_what_was_not(pkb: Client):
    assert "sent nothing about this patient yet" in words(page(pkb, f"patients/{TOLA}/outbox"))
    message = example("siu_s12").replace("9998120012", "9991001379").replace("NM00901", "NM00401")
    assert pkb.send(message).code == "AA"
    items = pkb.http.get("/_sandbox/outbox", params={"patient": TOLA, "suppressed": "all"}).json()["items"]
    listed = rows(page(pkb, f"patients/{TOLA}/outbox"))
    assert len(listed) == len(items) > 0
    assert "tola.adeyemi@example.org" in " ".join(listed)


@pytest.mark.parametrize("tab", ["", "/timeline", "/identifiers", "/outbox"])
def test_every_patient_of_the_default_world_has_every_page(pkb: Client, tab: str):
    for patient in pkb.control("/world")["patients"]:
        page(pkb, f"patients/{patient['id']}{tab}")
