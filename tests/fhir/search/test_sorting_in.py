"""A search sorts in what it reads: only one that compares, sorts or follows values makes the server extract them."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from urllib.parse import parse_qsl

import pytest

from sandbox.fhir.base.json import render
from sandbox.fhir.search import search
from sandbox.fhir.search.deferred import DeferredValues
from sandbox.fhir.search.sorting_in import sort_in
from sandbox.model import Resource
from tests.fhir.search.world import World, observation, patient

PAGES = ("", "_count=1", "_count=1&page=2", "_summary=count", "_total=none", "_elements=status&_format=json")
VALUES = (
    "status=final",
    "_sort=_id",
    "_id=1",
    "status:missing=true",
    "_include=Observation:subject",
    "subject.family=A",
)


def unread_world() -> World:
    """Two observations of a patient, whose values nobody has read yet."""
    world = World().put(patient("ann", "Allen"))
    for id_ in "12":
        content = observation(id_, "Patient/ann", status="final")
        (stored,) = World().put(content).store.all(Resource)
        text = render(content)
        world.store.put(replace(stored, text=text, values=DeferredValues("r4", text, {})))
    return world


def unread(world: World, question: str) -> int:
    """Return the number of observations whose values wait after what they need for a question was sorted in."""
    asyncio.run(sort_in(world.view, "Observation", parse_qsl(question)))
    return sum(1 for resource in world.store.all(Resource) if resource.unread)


@pytest.mark.parametrize("question", PAGES)
def test_to_count_and_page_a_type_no_value_is_extracted(question: str):
    world = unread_world()
    assert unread(world, question) == 2
    assert search(world.view, "Observation", parse_qsl(question)).total == 2
    assert unread(world, question) == 2, "the search itself read no value either"


@pytest.mark.parametrize("question", VALUES)
def test_any_other_search_finds_its_values_sorted_in(question: str):
    assert unread(unread_world(), question) == 0


def test_values_are_sorted_in_by_the_first_search_that_reads_them():
    world = unread_world()
    assert unread(world, "_count=1") == 2
    assert unread(world, "status=final") == 0
    assert search(world.view, "Observation", [("status", "final")]).total == 2
