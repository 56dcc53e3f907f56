"""A value in every attribute of every kind is marked on the page in every door whose table names a place for it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree.ElementTree import Element

import pytest

from sandbox.console.patients.entries import KIND_OF
from sandbox.worlds.attributes.kinds import ENTITIES
from sandbox.worlds.attributes.table import table_of
from tests.console.patients.support import TOLA, page
from tests.worlds.attributes.bench import Bench, left_by, started
from tests.worlds.attributes.samples import DEACTIVATED, SAMPLES

DOORS = ("hl7", "facade", "aggregated", "rest")
KINDS = [kind for kind in ENTITIES if kind not in ("held_message", "resource")]
"""Neither a held message nor a Customer's resource has attributes of the model."""


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    yield from started()


def marks(element: Element) -> dict[str, set[str]]:
    """Door → the attributes that are marked in it, without positions in lists."""
    return {
        card.get("data-door", ""): {key for mark in card.iter("mark") for key in plain(mark.get("data-datum", ""))}
        for card in element.iter("section")
    }


def plain(data: str) -> list[str]:
    """The attributes of a mark, as the tables name them but for the underscore of Python's own words."""
    return re.sub(r"\[\d+\]", "", data).split()


@pytest.mark.parametrize("kind", KINDS)
def test_each_attribute_is_marked_in_each_door_that_shows_it(bench: Bench, kind: str):
    table = table_of(kind)
    missing = {
        (row.path.rstrip("_"), door) for row in table.attributes.values() for door in DOORS if getattr(row, door)
    }
    for sample in (sample for sample in SAMPLES if sample.kind == kind and sample is not DEACTIVATED):
        entity = left_by(bench.pkb, sample, table)
        patient = getattr(entity, "patient", TOLA) if kind != "patient" else entity.id
        marked = marks(page(bench.pkb, f"patients/{patient}/doors", kind=kind, id=entity.id))
        missing -= {(path, door) for door, paths in marked.items() for path in paths}
    assert not missing, "\n".join(map(str, sorted(missing)))


def test_every_kind_of_the_timeline_has_doors():
    assert set(KIND_OF.values()) >= set(KINDS)
