"""`_sort`, pages, links and totals: https://hl7.org/fhir/R4/search.html#sort"""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sandbox.errors import Invalid
from sandbox.fhir.search import searchset
from tests.fhir.search.world import BASE, NOW, World, patient, ward

BORN = {"a": "1980", "b": "1970-05", "c": None, "d": "1990-01-01", "e": "1970-05"}


def born(release: str = "r4", copies: int = 1) -> World:
    world = World(release)
    for number in range(copies):
        for id_, date in BORN.items():
            world.put(
                patient(f"{id_}{number}", "Allen" if id_ in "ab" else "Baker", **({"birthDate": date} if date else {}))
            )
    return world


@pytest.mark.parametrize(
    ("sort", "order"),
    [
        ("birthdate", "beadc"),
        ("-birthdate", "dabec"),
        ("family,birthdate", "baedc"),
        ("-family,-birthdate", "decab"),
        ("-_id", "edcba"),
        ("_id", "abcde"),
    ],
)
def test_matches_are_sorted_and_those_without_a_value_come_last(sort: str, order: str):
    """Those without a value come last, equals in the order in which they came."""
    assert "".join(id_[0] for id_ in born().ids(f"Patient?_sort={sort}")) == order


@pytest.mark.parametrize("sort", ["birthdate", "-birthdate", "family,-birthdate", "-name", "-_id", "gender"])
def test_many_are_sorted_as_few_are(sort: str):
    """Of many only the first are read; they are the first that sorting everything gives."""
    world = born(copies=150)
    whole = world.ids(f"Patient?_sort={sort}&_count=1000")
    assert len(whole) == 750
    for page in (1, 2, 6, 15):
        assert world.ids(f"Patient?_sort={sort}&_count=50&page={page}") == whole[(page - 1) * 50 : page * 50]
    filtered = [id_ for id_ in whole if id_[0] != "c"]
    assert world.ids(f"Patient?birthdate:missing=false&_sort={sort}&_count=70") == filtered[:70]


@pytest.mark.parametrize("sort", ["colour", "", "-", "birthdate,colour"])
def test_sorting_by_an_unknown_parameter_is_refused(sort: str):
    with pytest.raises(Invalid):
        born().search(f"Patient?_sort={sort}")


def test_a_composite_has_no_order():
    with pytest.raises(Invalid):
        World().search("Observation?_sort=code-value-quantity")


def pages(world: World, question: str) -> list[str]:
    """The ids of all pages, following `next` from the first to the last."""
    ids: list[str] = []
    while question:
        page = world.search(question)
        bundle = json.loads(searchset(page, path="/customer/x/fhir", base=BASE, now=NOW))
        ids += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        question = links.get("next", "").removeprefix("/customer/x/fhir/")
    return ids


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    "query", ["", "family=allen&", "_sort=-birthdate&", "birthdate=1970,1980,1990&gender:missing=true&"]
)
def test_pages_hold_everything_once(count: int, query: str):
    world = born(copies=2)
    assert pages(world, f"Patient?{query}_count={count}") == world.ids(f"Patient?{query}")


@pytest.mark.parametrize("query", ["", "family=allen&", "family=allen&gender:missing=true&"])
def test_a_resource_added_while_paging_comes_last(query: str):
    world = born()
    first = world.ids(f"Patient?{query}_count=2")
    world.put({**patient("a0", "Allen"), "birthDate": "2000"})
    world.put(patient("z", "Allen"))
    assert world.ids(f"Patient?{query}_count=2") == first
    assert world.ids(f"Patient?{query}")[-1] == "z"


def links(question: str) -> dict[str, str]:
    bundle = json.loads(searchset(born().search(question), path="/fhir", base=BASE, now=NOW))
    return {link["relation"]: link["url"] for link in bundle["link"]}


def test_a_page_in_the_middle_has_five_links():
    question = "Patient?name=a%2Cb&_count=1&page=3"
    expected = {
        relation: f"/fhir/Patient?name=a,b&_count=1&page={page}"
        for relation, page in {"first": 1, "self": 3, "next": 4, "previous": 2, "last": 5}.items()
    }
    assert links(question) == expected


def test_the_only_page_links_to_itself_and_the_first():
    assert links("Patient?identifier=http://s%7C1") == {
        "first": "/fhir/Patient?identifier=http://s%7C1&page=1",
        "self": "/fhir/Patient?identifier=http://s%7C1",
    }


def test_a_page_beyond_the_last_is_empty():
    assert links("Patient?_count=2&page=9")["previous"] == "/fhir/Patient?_count=2&page=3"
    assert born().ids("Patient?_count=2&page=9") == []


def test_the_bundle_is_written_around_the_stored_texts():
    world = World().put({"resourceType": "Patient", "id": "1", "multipleBirthInteger": 1})
    stored = world.view.resource("own/Patient/1")
    assert stored is not None
    world.store.put(replace(stored, text='{"resourceType":"Patient","id":"1","x":1.10}'))
    text = searchset(world.search("Patient"), path="/fhir", base=BASE, now=NOW)
    assert '"resource":{"resourceType":"Patient","id":"1","x":1.10}' in text
    bundle = json.loads(text)
    assert bundle["type"] == "searchset"
    assert bundle["total"] == 1
    assert bundle["meta"] == {"lastUpdated": "2026-01-01T00:00:00.000+00:00", "versionId": "0"}
    address = f"{BASE}/Patient/1"
    assert bundle["entry"][0]["fullUrl"] == address
    assert bundle["entry"][0]["link"] == [{"relation": "self", "url": address}]
    assert bundle["entry"][0]["search"] == {"mode": "match"}


def test_an_empty_bundle_has_no_entries():
    assert "entry" not in json.loads(searchset(World().search("Patient"), path="/fhir", base=BASE, now=NOW))


@pytest.mark.parametrize("parameter", ["_summary=count", "_count=0"])
def test_a_count_has_no_entries(parameter: str):
    result = ward().search(f"Observation?{parameter}&_include=Observation:subject")
    bundle = json.loads(searchset(result, path="/fhir", base=BASE, now=NOW))
    assert bundle["total"] == 4
    assert "entry" not in bundle


@pytest.mark.parametrize(("mode", "is_counted"), [("none", False), ("estimate", True), ("accurate", True)])
def test_the_total_is_counted_unless_none_is_asked_for(mode: str, is_counted: bool):
    bundle = json.loads(searchset(ward().search(f"Patient?_total={mode}"), path="/fhir", base=BASE, now=NOW))
    assert bundle.get("total") == (3 if is_counted else None)
