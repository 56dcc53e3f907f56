"""Reports and results that are sent again, corrected and deleted, without a server."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from sandbox.domain.data_points import radiology, results
from sandbox.model import (
    Attachment,
    Code,
    LabReport,
    LabResult,
    OutboxItem,
    RadiologyReport,
)
from tests.domain.data_points.points import COMMON, LATER, OTHER_PDF, PAGE, PDF, ada, mails, record_of
from tests.domain.small_world import NOW, sender

# --- reports and results ---


def radiology_report(id_: str, **values: Any) -> RadiologyReport:
    return RadiologyReport(id=id_, **{**COMMON, "title": "Chest", "at": NOW, **values})


@pytest.mark.parametrize(
    ("changes", "files", "is_news"),
    [
        ({}, [PDF], False),
        ({"persisted_at": LATER}, [PDF], False),
        ({"title": "Hand"}, [PDF], True),
        ({}, [OTHER_PDF], True),
        ({}, [], True),
        ({}, [PDF, PAGE], True),
    ],
    ids=str,
)
def test_a_radiology_report_that_is_sent_again_keeps_its_id(changes: dict[str, Any], files: list[Any], is_news: bool):
    record = record_of()
    radiology.file(record, ada(record), sender(record), radiology_report("r-1"), [PDF])
    record.clock.advance(timedelta(days=1))
    radiology.file(record, ada(record), sender(record), radiology_report("r-2", **changes), files)
    (after,) = record.store.all(RadiologyReport)
    assert (after.id, len(after.attachments)) == ("r-1", len(files))
    assert record.store.count(Attachment) == len(files)
    assert mails(record) == 1 + is_news


def test_a_report_after_a_deletion_is_a_new_one():
    record = record_of()
    radiology.file(record, ada(record), sender(record), radiology_report("r-1"), [])
    assert radiology.delete(record, ada(record), sender(record), "x-1")
    assert not radiology.delete(record, ada(record), sender(record), "x-1")
    radiology.file(record, ada(record), sender(record), radiology_report("r-2"), [])
    assert [(row.id, row.deleted) for row in record.store.all(RadiologyReport)] == [("r-1", True), ("r-2", False)]


def result(id_: str, code: str = "K", **values: Any) -> LabResult:
    return LabResult(id=id_, **{**COMMON, "report": "l-1", "code": Code(code=code), "at": NOW, **values})


@pytest.mark.parametrize(
    ("changes", "versions"),
    [({}, 0), ({"persisted_at": LATER}, 0), ({"value": Decimal(2)}, 1), ({"comments": "C"}, 1)],
    ids=str,
)
def test_a_corrected_result_keeps_its_id_and_its_versions(changes: dict[str, Any], versions: int):
    record, frame = record_of(), LabReport(id="l-1", **COMMON)
    results.file(record, frame, [result("1")])
    for _ in range(2):
        results.file(record, frame, [result("2", **changes)])
    (after,) = record.store.all(LabResult)
    assert (after.id, len(after.versions)) == ("1", versions)
    assert record.store.count(OutboxItem) == 1 + versions


def test_results_of_other_tests_are_added_and_a_deleted_one_is_kept_for_audit():
    record, frame = record_of(), LabReport(id="l-1", **COMMON)
    record.store.put(frame)
    results.file(record, frame, [result("1"), result("2", "Na")])
    assert results.delete(record, ada(record), sender(record), "x-1") == 2
    assert results.delete(record, ada(record), sender(record), "x-1") == 0
    assert results.delete(record, ada(record), sender(record), "x-2") == 0
    results.file(record, frame, [result("3")])
    assert [(row.id, row.deleted) for row in record.store.all(LabResult)] == [("1", True), ("2", True), ("3", False)]


@pytest.mark.parametrize(
    ("first", "second", "is_same"),
    [
        (Code(code="K", text="a"), Code(code="K", text="b"), True),
        (Code(code="K", system="s"), Code(code="K"), False),
        (Code(text="a"), Code(text="a"), True),
        (Code(text="a"), Code(text="b"), False),
        (Code(text="K"), Code(code="K"), False),
    ],
)
def test_a_test_is_its_code_or_its_text(first: Code, second: Code, is_same: bool):
    assert (results.test_of(first) == results.test_of(second)) is is_same


@pytest.mark.parametrize(("discipline", "is_stored"), [("", False), ("Renal", True)])
def test_a_report_is_stored_again_if_it_changed(discipline: str, is_stored: bool):
    record = record_of()
    before = results.report(record, ada(record), sender(record), LabReport(id="l-1", **COMMON))
    incoming = LabReport(id="l-2", **{**COMMON, "persisted_at": LATER}, discipline=discipline)
    assert results.report(record, ada(record), sender(record), incoming).id == "l-1"
    assert (record.store.get(LabReport, "l-1") != before) is is_stored
