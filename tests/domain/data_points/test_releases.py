"""Release delays: in order of time, over all kinds of data points, and without reading those of other times."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sandbox.domain.data_points import releases
from sandbox.domain.record import Record
from sandbox.model import Code, Document, LabResult, RadiologyReport, Source
from tests.domain.small_world import FIRST, NOW, patient, world

DAY = timedelta(days=1)


def point(record: Record, kind: type[Any], id_: str, released_at: datetime | None, **values: Any) -> None:
    entered = {"entered_at": NOW, "persisted_at": NOW, "at": NOW, "source": Source(organisation=FIRST)}
    record.store.put(kind(id=id_, patient="p-1", released_at=released_at, **entered, **values))


def filled() -> Record:
    record = world()
    patient(record)
    point(record, RadiologyReport, "x-ray", NOW + 3 * DAY, title="Foot, plain film")
    point(record, Document, "letter", NOW + DAY, type="CL", title="Clinic letter")
    point(record, LabResult, "sodium", NOW + 2 * DAY, report="r", code=Code(code="NA", text="Sodium"))
    point(record, LabResult, "potassium", NOW + 2 * DAY, report="r", code=Code(code="K"), deleted=True)
    point(record, LabResult, "urea", None, report="r", code=Code(code="UREA"))
    return record


def texts(record: Record, after: datetime, until: datetime | None = None) -> list[str]:
    return [release.text for release in releases.releases_after(record.store, after, until)]


def test_releases_of_all_kinds_are_in_order_of_time():
    expected = ["document Clinic letter", "laboratory result Sodium", "radiology report Foot, plain film"]
    assert texts(filled(), NOW) == expected


def test_the_start_is_excluded_and_the_end_included():
    assert texts(filled(), NOW + DAY, NOW + 2 * DAY) == ["laboratory result Sodium"]


def test_a_changed_or_deleted_delay_is_followed():
    record = filled()
    point(record, Document, "letter", NOW + 9 * DAY, type="CL", title="Clinic letter")
    record.store.delete(record.store.get(LabResult, "sodium"))
    assert texts(record, NOW) == ["radiology report Foot, plain film", "document Clinic letter"]


def test_lines_name_the_patient():
    record = filled()
    assert releases.describe_between(record.store, NOW, NOW + DAY) == ["Released to Ada Byrne: document Clinic letter"]
    assert releases.describe_between(record.store, NOW + DAY, NOW) == []


def test_more_than_a_hundred_lines_are_counted():
    record = filled()
    for number in range(150):
        point(record, Document, f"d-{number}", NOW + DAY, type="CL", title=str(number))
    lines = releases.describe_between(record.store, NOW, NOW + DAY)
    assert len(lines) == 101
    assert lines[-1] == "Released: 51 more data points"
