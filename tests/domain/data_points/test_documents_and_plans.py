"""Documents and care plans that are sent again, without a server."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from sandbox.domain.data_points import care_plans, documents
from sandbox.errors import Conflict
from sandbox.model import (
    Attachment,
    CarePlan,
    Document,
    Source,
)
from tests.domain.data_points.points import COMMON, LATER, OTHER_PDF, PAGE, PDF, ada, document, mails, record_of
from tests.domain.small_world import NOW, sender, world

# --- documents ---


@pytest.mark.parametrize(
    ("changes", "file", "is_news"),
    [
        ({}, PDF, False),
        ({"entered_at": LATER, "persisted_at": LATER}, PDF, False),
        ({"title": "U"}, PDF, True),
        ({}, OTHER_PDF, True),
        ({}, ("b.pdf", *PDF[1:]), True),
    ],
    ids=str,
)
def test_a_document_that_is_sent_again_keeps_its_id(changes: dict[str, Any], file: Any, is_news: bool):
    record = record_of()
    documents.file(record, sender(record), document("d-1"), PDF)
    before = documents.mark_read(record, record.store.get(Document, "d-1"))
    documents.file(record, sender(record), document("d-2", **changes), file)
    (after,) = record.store.all(Document)
    assert after.id == "d-1"
    assert (after == before) is not is_news
    assert documents.is_opened(record, after) is not is_news
    assert [row.content for row in record.store.all(Attachment)] == [file[2]]
    assert mails(record) == 1 + is_news


@pytest.mark.parametrize(("type_", "sms"), [("REFERRAL_LETTER", True), ("CLINIC_LETTER", False)])
def test_a_referral_letter_may_be_announced_by_text_message(type_: str, sms: bool):
    assert documents.news(world(), document("d", type=type_)).sms is sms


@pytest.mark.parametrize(
    ("released_at", "can_open"), [(None, True), (NOW, True), (NOW - timedelta(1), True), (LATER, False)], ids=str
)
def test_a_document_is_opened_from_its_release_on(released_at: datetime | None, can_open: bool):
    record = record_of()
    if can_open:
        opened = documents.mark_read(record, document("d-1", released_at=released_at))
        record.clock.advance(timedelta(hours=1))
        assert documents.mark_read(record, opened).read_at == NOW
    else:
        with pytest.raises(Conflict, match="cannot open the document before"):
            documents.mark_read(record, document("d-1", released_at=released_at))


def test_a_document_is_deleted_by_its_sender_with_its_file():
    record = record_of()
    documents.file(record, sender(record), document("d-1"), PDF)
    assert not documents.delete(record, ada(record), sender(record, "org-second"), "x-1")
    assert not documents.delete(record, ada(record), sender(record), "x-2")
    assert documents.delete(record, ada(record), sender(record), "x-1")
    assert (record.store.count(Document), record.store.count(Attachment)) == (0, 0)


# --- care plans ---


def plan(id_: str, **values: Any) -> CarePlan:
    return CarePlan(id=id_, **{**COMMON, "name": "P", "created_at": NOW, "last_edited_at": NOW, **values})


@pytest.mark.parametrize(
    ("changes", "file", "versions"),
    [({}, PAGE, 0), ({"entered_at": LATER}, PAGE, 0), ({"name": "Q"}, PAGE, 1), ({}, PDF, 1)],
    ids=str,
)
def test_a_changed_plan_keeps_its_id_and_its_versions(changes: dict[str, Any], file: Any, versions: int):
    record = record_of()
    care_plans.file(record, sender(record), plan("c-1"), PAGE)
    for _ in range(2):
        care_plans.file(record, sender(record), plan("c-2", created_at=LATER, **changes), file)
    (after,) = record.store.all(CarePlan)
    assert (after.id, after.created_at, len(after.versions)) == ("c-1", NOW, versions)
    assert [version.versions for version in after.versions] == [()] * versions
    assert mails(record) == 1 + versions


@pytest.mark.parametrize(("file", "text"), [(PAGE, "<p>Grüße</p>"), (PDF, None)])
def test_the_action_plan_is_html_or_nothing(file: Any, text: str | None):
    record = record_of()
    care_plans.file(record, sender(record), plan("c-1"), file)
    (stored,) = record.store.all(CarePlan)
    assert care_plans.action_plan(record, stored) == text
    assert care_plans.action_plan(record, replace(stored, attachment="gone")) is None


@pytest.mark.parametrize(("status", "number"), [("ACTIVE", 1), ("INDRAFT", 0)])
@pytest.mark.parametrize("action", ["", "<p>Rest</p>"])
def test_people_are_told_of_a_plan_that_is_no_draft(status: str, number: int, action: str):
    record = record_of()
    values = {"name": "P", "status": status}
    written = care_plans.write_care_plan(record, ada(record), Source(), "GENERAL_HEALTH", values, action)
    assert mails(record) == number
    assert care_plans.action_plan(record, written) == (action or None)
    assert (written.created_at, written.last_edited_at) == (NOW, NOW)
