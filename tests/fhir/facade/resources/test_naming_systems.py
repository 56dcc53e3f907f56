"""NamingSystem: its date is that of the request, so an answer is good for the rest of the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade.resources.naming_system import to_stu3
from sandbox.model import LocalIdType
from tests.fhir.facade.inprocess import InProcess

MIDNIGHT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("time", [timedelta(0), timedelta(hours=5, minutes=4, seconds=3, microseconds=2)])
def test_an_answer_changes_at_midnight(time: timedelta):
    facade = InProcess()
    kind = next(iter(facade.workspace.store.all(LocalIdType)))
    changes: list[datetime] = []
    viewer = Viewer(facade.partner(), facade.workspace, MIDNIGHT + time, changes_at=changes.append)
    assert to_stu3(viewer, kind)["date"] == "2026-03-01"
    assert changes == [MIDNIGHT, MIDNIGHT + timedelta(days=1)]
