"""Resources are made when they are looked at, and again only when something that they show has changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from sandbox import model
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.facade import rendering
from sandbox.fhir.facade.rendering import matches
from sandbox.fhir.facade.resources import document_reference
from sandbox.model import Attachment, Document, Organisation, Patient, Team
from tests.fhir.facade.inprocess import InProcess
from tests.fhir.facade.samples import NORTHMOOR_ID, RENAL, RHYS

LETTER = "79b3236f-1e61-495c-b8c5-9e3a13c51948"


class Counting:
    """A partner's look at one document, counting how often its resource was made."""

    def __init__(self) -> None:
        self.facade = InProcess()
        self.store = self.facade.workspace.store
        self.rendered = 0

    def look(self, user: str = "") -> Any:
        principal = (
            self.facade.user(RHYS, "PATIENT") if user else self.facade.partner().acting_for(NORTHMOOR_ID, frozenset())
        )
        viewer = Viewer.of(principal, self.facade.workspace)
        (resource,) = matches([self.store.get(Document, LETTER)], self._counted).page(viewer)
        return resource

    def _counted(self, *arguments: Any) -> Any:
        self.rendered += 1
        return document_reference.to_stu3(*arguments)

    def change(self, kind: type[Any], id_: str, **changes: Any) -> None:
        self.store.put(replace(self.store.get(kind, id_), **changes))


@pytest.fixture
def counting() -> Counting:
    return Counting()


def test_a_resource_is_made_once(counting: Counting):
    assert counting.look() is counting.look()
    assert counting.rendered == 1


CHANGES: dict[str, Callable[[Counting], None]] = {
    "the data point": lambda c: c.change(Document, LETTER, status="READ"),
    "the patient's name": lambda c: c.change(Patient, RHYS, name=model.Name(given="Rhys")),
    "the organisation's name": lambda c: c.change(Organisation, NORTHMOOR_ID, name="Northmoor"),
    "the team's name": lambda c: c.change(Team, RENAL, name="Kidneys"),
    "the file": lambda c: c.change(Attachment, c.store.get(Document, LETTER).attachment, filename="x.pdf"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_it_is_made_again_when_something_in_it_has_changed(counting: Counting, change: Callable[[Counting], None]):
    before = counting.look()
    change(counting)
    assert counting.look() != before
    assert counting.rendered == 2


def test_a_change_of_something_else_leaves_the_resource(counting: Counting):
    before = counting.look()
    for _ in range(2):
        other = next(point for point in counting.store.all(Document) if point.id != LETTER)
        counting.change(Document, other.id, status="READ")
        assert counting.look() is before
    assert counting.rendered == 1


def test_a_withheld_document_is_rendered_separately_for_each_reader(counting: Counting):
    counting.change(Document, LETTER, released_at=datetime(2099, 1, 1, tzinfo=UTC))
    titles = [counting.look(user)["content"][0]["attachment"].get("title") for user in ("", RHYS, "", RHYS)]
    assert titles == ["discharge-summary.pdf", None, "discharge-summary.pdf", None]
    assert counting.rendered == 2
    counting.change(Document, LETTER, released_at=datetime(2020, 1, 1, tzinfo=UTC))
    assert counting.look(RHYS)["content"][0]["attachment"]["title"] == "discharge-summary.pdf"


def test_a_reset_brings_the_old_resource_back(counting: Counting):
    before = counting.look()
    counting.change(Document, LETTER, status="READ")
    assert counting.look() != before
    counting.facade.workspace.reset(("store",))
    assert counting.look() == before


def test_the_cache_of_renderings_is_bounded(counting: Counting, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rendering, "MOST", 1)
    counting.look()
    counting.look(RHYS)
    counting.change(Document, LETTER, released_at=datetime(2099, 1, 1, tzinfo=UTC))
    counting.look(RHYS)
    kept = rendering._remembered[counting.store]
    assert len(kept) == 1


def test_a_page_makes_what_is_on_it(counting: Counting):
    principal = counting.facade.user(RHYS, "PATIENT")
    viewer = Viewer.of(principal, counting.facade.workspace)
    letter = counting.store.get(Document, LETTER)
    letters = [replace(letter, id=f"d{number}") for number in range(10)]
    page = list(matches(letters, counting._counted).page(viewer, 2, 5))
    assert ([resource["id"] for resource in page], counting.rendered) == (["d2", "d3", "d4"], 3)
