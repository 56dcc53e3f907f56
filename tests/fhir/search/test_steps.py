"""What a search costs: its steps, the places where others run, and the text that it may return."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.fhir.search import budget, criteria, sorting, uri
from sandbox.fhir.search.criteria import Criterion, Missing, Not, OneOfIds, select
from sandbox.fhir.search.search import search_in_steps
from sandbox.worlds.slices import at_once
from tests.fhir.search.world import World, observation, patient, ward

ENOUGH = 10**9


def concept(code: str) -> dict[str, Any]:
    return {"coding": [{"system": "http://c", "code": code}]}


def measured() -> World:
    """Four observations: two of a code, with a value each."""
    return World().put(
        patient("ann", "Allen"),
        observation("1", "Patient/ann", code=concept("x"), valueCodeableConcept=concept("p")),
        observation("2", "Patient/ann", code=concept("x"), valueCodeableConcept=concept("q")),
        observation("3", "Patient/ann", code=concept("y"), valueQuantity={"value": 5}),
        observation("4", "Patient/ann", code=concept("z"), valueQuantity={"value": 5}),
    )


def steps_of(world: World, question: str) -> int:
    """Return the steps that a search takes."""
    with budget.budget(ENOUGH):
        world.search(question)
        left = budget._BUDGET.get()
        assert left is not None
        return ENOUGH - left.rest


STEPS = {
    "an index that answers alone": ("Observation?code=x", 0),
    "an address": ("ValueSet?url=http://x", 0),
    "addresses below one": ("ValueSet?url:below=http://x", 0),
    "the beginning of a name": ("Patient?family=all", 0),
    "a part of a name": ("Patient?family:contains=lle", 1 + 1),
    "a whole name": ("Patient?family:exact=Allen", 1 + 1),
    "any code of a system": ("Observation?code=http://c|", 0),
    "a code with capitals": ("Observation?code=X", 1 + 2),
    "a number": ("Observation?value-quantity=5", 1 + 2),
    "everything": ("Observation", 0),
    "a system and a code": ("Observation?code=http://c|x", 1 + 2),
    "a condition without an index": ("Observation?subject:missing=false", 1 + 4),
    "its contrary": ("Observation?code:not=x", 1 + 4),
    "an index and a condition": ("Observation?code=x&subject:missing=false", 2 + 2 * 2),
    "the shorter of two indexes": ("Observation?code=x&code=y", 2 + 2),
    "an index of as many rows as there are resources": ("Observation?code=x,x&subject:missing=false", 3 + 4 * 3),
    "a list of seven values": ("Observation?code=a,b,c,d,e,f,x&subject:missing=false", 8 + 2 * 8),
    "a list of eight values": ("Observation?code=a,b,c,d,e,f,g,x&subject:missing=false", 9 + 2 * 2),
    "a list of eight ranges": ("Observation?date=1,1,1,1,1,1,1,1&subject:missing=false".replace("1", "2020"), 9),
    "a list of eight texts": ("Patient?family:contains=a,b,c,d,e,f,g,h", 8 + 8),
    "a composite of codes": ("Observation?code-value-concept=x$q", 1 + 2),
    "a composite that begins with a code": ("Observation?code-value-quantity=y$5", 1 + 1),
    "references to follow": ("Observation?code=x&_include=Observation:subject", 2 * (1 + 1)),
    "references to look for": ("Patient?family=allen&_revinclude=Observation:subject", 1 + 4),
    "an id": ("Patient?_id=ann", 1 + 1),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_search_takes_no_more_steps_than_it_needs(name: str):
    question, steps = STEPS[name]
    assert steps_of(measured(), question) == steps


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("code-value-concept=x$q", ["2"]),
        ("code-value-concept=y$q", []),
        ("code-value-quantity=y$5", ["3"]),
        ("code=a,b,c,d,e,f,g,x", ["1", "2"]),
        ("code=a,b,c,d,e,f,g,http://c|x", ["1", "2"]),
        ("code=a,b,c,d,e,f,g,http://d|x", []),
        ("value-quantity=5,1,1,1,1,1,1,1", ["3", "4"]),
    ],
)
def test_a_search_by_an_index_compares_the_rest_of_what_it_asks(question: str, ids: list[str]):
    assert measured().ids(f"Observation?{question}") == ids
    assert measured().ids(f"Observation?{question}&_id=1,2,3,4") == ids


CONDITIONS: dict[str, tuple[Criterion, list[str]]] = {
    "missing": (Missing("gender", missing=True), ["1", "2", "3", "4"]),
    "present": (Missing("gender", missing=False), []),
    "not an id": (Not(OneOfIds(frozenset({"2"}))), ["1", "3", "4"]),
}


@pytest.mark.parametrize("name", CONDITIONS)
@pytest.mark.parametrize("complete", [True, False])
def test_a_condition_without_an_index_reads_every_resource(name: str, complete: bool):
    world = World().put(*[patient(id_, "Allen") for id_ in "1234"])
    object.__setattr__(world.view, "complete", complete)
    condition, ids = CONDITIONS[name]
    rows = at_once(select(world.view, "Patient", [condition]))
    assert [resource.logical_id for resource in rows] == ids


@pytest.mark.parametrize(("resources", "slices"), [(1, 0), (2, 0), (3, 1), (4, 1), (5, 1), (6, 2)])
def test_others_run_after_so_many_steps_of_a_search(resources: int, slices: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(criteria, "SLICE_STEPS", 3)
    world = World().put(*[patient(str(number), "Allen") for number in range(resources)])
    assert sum(1 for _ in select(world.view, "Patient", [Missing("gender", missing=True)])) == slices


def test_others_run_between_the_resources_of_a_page():
    world = ward()
    assert sum(1 for _ in search_in_steps(world.view, "Patient", [])) == 3
    assert sum(1 for _ in search_in_steps(world.view, "Patient", [("_count", "2")])) == 2
    assert sum(1 for _ in search_in_steps(world.view, "Patient", [("_sort", "_id")])) == 2 * 3


@pytest.mark.parametrize("size", [4, 5, 6])
@pytest.mark.parametrize("sort", ["birthdate", "-birthdate"])
def test_of_many_resources_only_the_first_are_read_to_sort_them(sort: str, size: int, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sorting, "FEW", 4)
    world = World().put(*[patient(str(number), "Allen", birthDate=f"200{number}") for number in range(size)])
    read = 0
    of_view = type(world.view).resource

    def resource(self: Any, key: str) -> Any:
        nonlocal read
        read += 1
        return of_view(self, key)

    monkeypatch.setattr(type(world.view), "resource", resource)
    first = "0" if sort == "birthdate" else str(size - 1)
    assert world.ids(f"Patient?_sort={sort}&_count=1") == [first]
    # To know that the second comes later, the places of both are read.
    assert read == (4 if size == 4 else 3)


def test_a_search_may_return_so_many_characters():
    with budget.budget(1):
        budget.spend_text(budget.MOST_TEXT)
        budget.spend(1)
        for spend in (budget.spend_text, budget.spend):
            with pytest.raises(Invalid, match="more than 20,971,520 characters"):
                spend(1)
    budget.spend_text(budget.MOST_TEXT + 1)  # outside of a request nothing is counted


def test_each_row_that_is_counted_is_a_step():
    with budget.budget(3):
        assert list(budget.spend_per_row("abc")) == ["a", "b", "c"]
        with pytest.raises(Invalid, match="more than 3 steps"):
            list(budget.spend_per_row("d"))


@pytest.mark.parametrize("observation_", ["o4", "o3"])
def test_a_reference_to_another_server_or_type_leads_to_no_resource_here(observation_: str):
    world = ward().put({"resourceType": "Device", "id": "ann"}, {"resourceType": "Device", "id": "bob"})
    expected = {"o3": ["bob"], "o4": []}[observation_]
    assert world.ids(f"Patient?_has:Observation:subject:_id={observation_}") == expected
    assert world.ids(f"Device?_has:Observation:subject:_id={observation_}") == []
    assert world.included("Device?_revinclude=Observation:subject") == []
    assert world.included(f"Observation?_id={observation_}&_include=Observation:subject") == [
        f"Patient/{id_}" for id_ in expected
    ]
    assert world.included(f"Observation?_id={observation_}&_include=Observation:subject:Group") == []
    referring = [id_ for id_ in ("ann", "bob") if f"Observation/{observation_}" in world.included(
        f"Patient?_id={id_}&_revinclude=Observation:subject"
    )]  # fmt: skip
    assert referring == expected


@pytest.mark.parametrize(("slashes", "reads"), [(uri.MOST_STEPS, 1), (uri.MOST_STEPS + 1, 3)])
def test_of_a_short_address_only_those_above_it_are_read(slashes: int, reads: int):
    address = "http:/" + "/x" * (slashes - 1)
    others = [{"resourceType": "ValueSet", "id": str(n), "url": f"urn:{n}"} for n in range(2)]
    world = World().put({"resourceType": "ValueSet", "id": "v", "url": "http://x"}, *others)
    assert world.ids(f"ValueSet?url:above={address}") == ["v"]
    assert steps_of(world, f"ValueSet?url:above={address}") == 1 + reads
