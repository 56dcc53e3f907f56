"""QRY^A19 with STA: the patients of an organisation and whether they are registered, in pages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from tests.hl7.messages.test_qry_a19 import TOLA, ids, members, query
from tests.hl7.samples import stored
from tests.support import Ack, Client


def statuses(ack: Ack) -> list[str]:
    return [segment[1] for segment in ack.segments if segment[0] == "ZRS"]


def test_sta_says_behind_each_patient_whether_they_are_registered(pkb: Client):
    ack = pkb.send(query("STA"))
    kinds = [segment[0] for segment in ack.segments if segment[0] in ("PID", "ZRS")]
    assert kinds == ["PID", "ZRS"] * len(members(pkb))
    expected = ["REGISTERED" if p.registered else "NOT_REGISTERED" for p in members(pkb)]
    assert statuses(ack) == expected
    assert ack.segment("ZRS") == ["ZRS", "REGISTERED", "20260105090000+0000"]


@pytest.mark.parametrize(("status", "registered"), [("REGISTERED", True), ("NOT_REGISTERED", False)])
def test_sta_with_a_status_lists_those_who_have_it(pkb: Client, status: str, registered: bool):
    ack = pkb.send(query("STA", status=status))
    assert ids(ack) == [p.id for p in members(pkb) if p.registered is registered]
    assert set(statuses(ack)) == {status}


def test_sta_with_a_start_lists_those_updated_since(pkb: Client):
    ack = pkb.send(query("STA", qrf="QRF||20260115"))
    assert ids(ack) == [p.id for p in members(pkb) if p.updated_at >= datetime(2026, 1, 15, tzinfo=UTC)]


def test_sta_with_both_lists_those_whose_status_was_set_since(pkb: Client):
    store = pkb.server.workspaces.default.store
    changed = replace(stored(pkb, TOLA), registration_changed_at=datetime(2026, 2, 1, tzinfo=UTC))
    store.put(changed)
    ack = pkb.send(query("STA", status="REGISTERED", qrf="QRF||20260131"))
    assert ids(ack) == [changed.id]
    assert ack.segment("ZRS")[2] == "20260201000000+0000"


@pytest.mark.parametrize("rows", [1, 3, 5])
@pytest.mark.parametrize("status", ["", "REGISTERED"])
def test_sta_is_continued_to_the_end(pkb: Client, rows: int, status: str):
    whole = ids(pkb.send(query("STA", status=status)))
    seen: list[str] = []
    qrf = "QRF||20260101"
    for _ in range(len(whole) + 1):
        ack = pkb.send(query("STA", rows=f"{rows}^RD", status=status, qrf=qrf))
        seen += ids(ack)
        if ack.segments[-1][0] != "DSC":
            break
        assert len(ids(ack)) == rows
        assert ack.segments[-1] == ["DSC", seen[-1]]
        qrf = f"QRF||20260101|||{ack.segments[-1][1]}"
    assert seen == whole


def test_a_limit_that_holds_everyone_needs_no_continuation(pkb: Client):
    for rows in (f"{len(members(pkb))}^RD", "10000^RD", "99999^RD", ""):
        assert "DSC" not in [segment[0] for segment in pkb.send(query("STA", rows=rows)).segments]


@pytest.mark.parametrize("rows", ["0^RD", "-1^RD", "1.5^RD", "ten^RD", "^RD", "10", "10^XX", "10000000000^RD"])
def test_an_invalid_limit_is_refused(pkb: Client, rows: str):
    ack = pkb.send(query("STA", rows=rows))
    assert ack.code == "AR"
    assert "QRD-7." in ack.detail
