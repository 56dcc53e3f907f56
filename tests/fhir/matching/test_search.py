"""Chains, includes, sorting, paging and refusals of the search, on a small ward."""

from __future__ import annotations

import json
from collections.abc import Collection, Hashable
from dataclasses import dataclass, replace
from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.fhir.capability import SearchRule
from sandbox.fhir.matching import StoreView, search, searchset
from sandbox.fhir.matching.include import MOST_INCLUDED
from sandbox.fhir.matching.query import MOST_PARAMETERS, MOST_VALUES
from sandbox.fhir.matching.view import Ordered
from sandbox.model import Resource
from tests.fhir.matching.world import BASE, NOW, World, everything

Json = dict[str, Any]


def patient(id_: str, family: str, **more: Any) -> Json:
    return {"resourceType": "Patient", "id": id_, "name": [{"family": family}], **more}


def observation(id_: str, of: str, **more: Any) -> Json:
    return {"resourceType": "Observation", "id": id_, "subject": {"reference": of}, **more}


def ward(release: str = "r4") -> World:
    gp = {"resourceType": "Practitioner", "id": "gp", "name": [{"family": "Evans"}]}
    trust = {
        "resourceType": "Organization",
        "id": "trust",
        "name": "Northmoor",
        "partOf": {"reference": "Organization/nhs"},
    }
    nhs = {"resourceType": "Organization", "id": "nhs", "name": "NHS", "partOf": {"reference": "Organization/trust"}}
    seen_by = {"generalPractitioner": [{"reference": "Practitioner/gp"}]}
    return World(release).put(
        patient("ann", "Allen", birthDate="1980", managingOrganization={"reference": "Organization/trust"}, **seen_by),
        patient("bob", "Baker", birthDate="1970-05"),
        patient("cy", "Cole"),
        observation("o1", "Patient/ann", status="final", code={"coding": [{"code": "x"}]}),
        observation("o2", "Patient/ann", status="preliminary", code={"coding": [{"code": "y"}]}),
        observation("o3", f"{BASE}/Patient/bob", status="final", code={"coding": [{"code": "y"}]}),
        observation("o4", "http://elsewhere.test/fhir/Patient/ann", status="final"),
        gp,
        trust,
        nhs,
    )


# --- chains ---


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("Observation?subject:Patient.family=allen", ["o1", "o2"]),
        ("Observation?subject.family=allen", ["o1", "o2"]),
        ("Observation?patient.family=baker", ["o3"]),
        ("Observation?subject:Patient.family=allen,baker&status=final", ["o1", "o3"]),
        ("Observation?subject:Patient.general-practitioner.family=evans", ["o1", "o2"]),
        ("Observation?patient.organization.partof.name=nhs", ["o1", "o2"]),
        ("Observation?patient.organization.partof.partof.name=northmoor", ["o1", "o2"]),
        ("Observation?subject:Patient.birthdate:missing=false", ["o1", "o2", "o3"]),
        ("Observation?subject:Patient._id=bob", ["o3"]),
        ("Observation?subject:Patient.family=nobody", []),
        ("Patient?_has:Observation:patient:status=final", ["ann", "bob"]),
        ("Patient?_has:Observation:patient:code=x", ["ann"]),
        ("Patient?_has:Observation:subject:code=y&_has:Observation:subject:status=final", ["ann", "bob"]),
        ("Practitioner?_has:Patient:general-practitioner:_has:Observation:patient:code=x", ["gp"]),
        ("Practitioner?_has:Patient:general-practitioner:family=baker", []),
        ("Observation?subject:Patient._has:Observation:patient:code=x", ["o1", "o2"]),
        ("Organization?_has:Patient:organization:general-practitioner.family=evans", ["trust"]),
    ],
)
def test_chains(question: str, found: list[str]):
    assert sorted(ward().ids(question)) == found


@pytest.mark.parametrize(
    "question",
    [
        "Observation?subject:Patient.colour=red",
        "Observation?status.name=x",
        "Observation?subject:Organization.name=x",
        "Observation?subject:Nothing.name=x",
        "Patient?_has:Observation:patient=x",
        "Patient?_has:Observation:colour:code=x",
        "Patient?_has:Observation:patient:colour=x",
        "Patient?_has:Nothing:patient:code=x",
        "Practitioner?_has:Observation:patient:code=x",
        f"Organization?{'.'.join(['partof'] * 7)}.name=x",
        f"Patient?{'_has:Observation:patient:subject:Patient.' * 9}family=x",
    ],
)
def test_a_chain_that_leads_nowhere_is_refused(question: str):
    with pytest.raises(Invalid):
        ward().found(question)


@pytest.mark.parametrize(
    "question",
    [
        "Basic?subject.subject.subject.name=x",
        "&".join(["Observation?subject:Patient.name=x", *["subject:Patient.name=x"] * 60]),
    ],
    ids=["of many types", "many"],
)
def test_chains_have_a_bound_in_all(question: str):
    with pytest.raises(Invalid, match="at most"):
        World().found(question)


def test_a_step_that_leads_to_any_type_takes_those_that_can_be_searched():
    world = ward().put({"resourceType": "Provenance", "id": "p", "target": [{"reference": "Observation/o1"}]})
    assert world.ids("Provenance?target.subject.family=allen") == ["p"]
    assert world.ids("Provenance?target.subject.family=baker") == []


# --- includes ---

FURTHER = "_include:iterate=Patient:organization"


@pytest.mark.parametrize(
    ("question", "included"),
    [
        ("Observation?_id=o1&_include=Observation:subject", ["Patient/ann"]),
        ("Observation?_id=o1&_include=Observation:subject:Patient", ["Patient/ann"]),
        ("Observation?_id=o1&_include=Observation:subject:Group", []),
        ("Observation?_id=o4&_include=Observation:subject", []),
        ("Observation?_id=o3&_include=Observation:patient", ["Patient/bob"]),
        ("Observation?_id=o1&_include=*", ["Patient/ann"]),
        ("Observation?_id=o1&_include=Observation:*", ["Patient/ann"]),
        ("Observation?_id=o1&_include=Observation:patient&_include=Patient:organization", ["Patient/ann"]),
        (
            f"Observation?_id=o1&_include=Observation:patient&{FURTHER}",
            ["Organization/trust", "Patient/ann"],
        ),
        (
            f"Observation?_id=o1&_include=Observation:patient&{FURTHER}&_include:iterate=Organization:partof",
            ["Organization/nhs", "Organization/trust", "Patient/ann"],
        ),
        ("Patient?_id=ann&_revinclude=Observation:patient", ["Observation/o1", "Observation/o2"]),
        ("Patient?_id=bob&_revinclude=Observation:subject", ["Observation/o3"]),
        ("Patient?_id=ann&_revinclude=*", ["Observation/o1", "Observation/o2"]),
        ("Patient?_id=cy&_revinclude=Observation:patient", []),
        (
            "Organization?_id=trust&_revinclude=Patient:organization&_revinclude:iterate=Observation:patient",
            ["Observation/o1", "Observation/o2", "Patient/ann"],
        ),
        ("Organization?_include:recurse=Organization:partof", []),
    ],
)
def test_includes(question: str, included: list[str]):
    assert ward().included(question) == included


@pytest.mark.parametrize(
    "wish",
    [
        "_include=Observation",
        "_include=Observation:code",
        "_include=Nothing:subject",
        "_include:all=Observation:subject",
    ],
)
def test_an_include_of_what_is_no_reference_is_refused(wish: str):
    with pytest.raises(Invalid):
        ward().found(f"Observation?{wish}")


def test_matches_are_counted_and_included_are_not():
    found = ward().found("Observation?_include=Observation:subject")
    assert found.total == 4
    assert [one.logical_id for one in found.included] == ["ann", "bob"]


def test_includes_have_a_bound():
    world = World().put(patient("ann", "Allen"))
    world.put(*(observation(f"o{number}", "Patient/ann") for number in range(MOST_INCLUDED + 5)))
    assert len(world.found("Patient?_revinclude=Observation:patient").included) == MOST_INCLUDED


# --- sorting ---

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
def test_sorting(sort: str, order: str):
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
def test_sorting_by_what_is_no_parameter_is_refused(sort: str):
    with pytest.raises(Invalid):
        born().found(f"Patient?_sort={sort}")


def test_a_composite_has_no_order():
    with pytest.raises(Invalid):
        World().found("Observation?_sort=code-value-quantity")


# --- pages ---


def pages(world: World, question: str) -> list[str]:
    """The ids of all pages, following `next` from the first to the last."""
    found: list[str] = []
    while question:
        page = world.found(question)
        bundle = json.loads(searchset(page, path="/customer/x/fhir", base=BASE, now=NOW))
        found += [entry["resource"]["id"] for entry in bundle.get("entry", [])]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        question = links.get("next", "").removeprefix("/customer/x/fhir/")
    return found


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
@pytest.mark.parametrize(
    "query", ["", "family=allen&", "_sort=-birthdate&", "birthdate=1970,1980,1990&gender:missing=true&"]
)
def test_pages_hold_everything_once(count: int, query: str):
    world = born(copies=2)
    assert pages(world, f"Patient?{query}_count={count}") == world.ids(f"Patient?{query}")


@pytest.mark.parametrize("query", ["", "family=allen&", "family=allen&gender:missing=true&"])
def test_what_comes_while_paging_comes_last(query: str):
    world = born()
    first = world.ids(f"Patient?{query}_count=2")
    world.put({**patient("a0", "Allen"), "birthDate": "2000"})
    world.put(patient("z", "Allen"))
    assert world.ids(f"Patient?{query}_count=2") == first
    assert world.ids(f"Patient?{query}")[-1] == "z"


def links(question: str) -> dict[str, str]:
    bundle = json.loads(searchset(born().found(question), path="/fhir", base=BASE, now=NOW))
    return {link["relation"]: link["url"] for link in bundle["link"]}


def test_links_of_a_page_in_the_middle():
    question = "Patient?name=a%2Cb&_count=1&page=3"
    shown = {
        relation: f"/fhir/Patient?name=a,b&_count=1&page={page}"
        for relation, page in {"first": 1, "self": 3, "next": 4, "previous": 2, "last": 5}.items()
    }
    assert links(question) == shown


def test_links_of_the_only_page():
    assert links("Patient?identifier=http://s%7C1") == {
        "first": "/fhir/Patient?identifier=http://s%7C1&page=1",
        "self": "/fhir/Patient?identifier=http://s%7C1",
    }


def test_a_page_beyond_the_last():
    assert links("Patient?_count=2&page=9")["previous"] == "/fhir/Patient?_count=2&page=3"
    assert born().ids("Patient?_count=2&page=9") == []


def test_the_bundle_is_written_around_the_stored_texts():
    world = World().put({"resourceType": "Patient", "id": "1", "multipleBirthInteger": 1})
    stored = world.view.resource("own/Patient/1")
    assert stored is not None
    world.store.put(replace(stored, text='{"resourceType":"Patient","id":"1","x":1.10}'))
    text = searchset(world.found("Patient"), path="/fhir", base=BASE, now=NOW).decode()
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
    assert "entry" not in json.loads(searchset(World().found("Patient"), path="/fhir", base=BASE, now=NOW))


@pytest.mark.parametrize("wish", ["_summary=count", "_count=0"])
def test_only_the_count(wish: str):
    found = ward().found(f"Observation?{wish}&_include=Observation:subject")
    bundle = json.loads(searchset(found, path="/fhir", base=BASE, now=NOW))
    assert bundle["total"] == 4
    assert "entry" not in bundle


@pytest.mark.parametrize(("wish", "told"), [("none", False), ("estimate", True), ("accurate", True)])
def test_the_total(wish: str, told: bool):
    bundle = json.loads(searchset(ward().found(f"Patient?_total={wish}"), path="/fhir", base=BASE, now=NOW))
    assert bundle.get("total") == (3 if told else None)


# --- what is refused, and what is not ---


@pytest.mark.parametrize(
    "question",
    [
        "Patient?birthdate=yesterday",
        "Patient?birthdate=2020-13",
        "Patient?birthdate=2020-02-30",
        "Patient?birthdate=2020-02-03T10",
        "Patient?birthdate=2020-02-03T25:00",
        "Patient?birthdate=2020-02-03T10:00%2B15:00",
        "Patient?birthdate=xx2020",
        "Patient?birthdate=0000",
        "Patient?birthdate:exact=2020",
        "Patient?gender:exact=male",
        "Patient?gender:in=http://v.test",
        "Patient?gender:not-in=http://v.test",
        "Patient?gender:below=x",
        "Patient?gender:above=x",
        "Patient?gender:missing=maybe",
        "Patient?gender=|",
        "Patient?name:text=x",
        "Patient?identifier:of-type=x|y",
        "Patient?identifier:of-type=|y|z",
        "Patient?general-practitioner:Patient=x",
        "Patient?organization:nothing=x",
        "Observation?subject:Patient=Group/1",
        "Observation?value-quantity=much",
        "Observation?value-quantity=1|2|3|4",
        "Observation?value-quantity=1e9999",
        f"Observation?value-quantity={'1' * 101}",
        "Observation?code-value-quantity=x",
        "Observation?code-value-quantity=x$",
        "Observation?code-value-quantity=x$1$2",
        "Observation?code-value-quantity:exact=x$1",
        "ValueSet?url:below=urn:oid:1",
        "ValueSet?url:contains=x",
        "RiskAssessment?probability:exact=1",
        "Patient?_text=x",
        "Patient?_content=x",
        "Patient?_filter=name eq x",
        "Patient?_query=x",
        "Patient?_list=1",
        "Patient?_contained=both",
        "Patient?_id:exact=1",
        "Patient?_id:missing=maybe",
        "Patient?_count=-1",
        "Patient?_count=many",
        "Patient?page=0",
        "Patient?_total=some",
        "Patient?gender=,",
        f"Patient?gender={'x,' * (MOST_VALUES + 1)}",
        "Patient?" + "&".join(["gender=x"] * (MOST_PARAMETERS + 1)),
    ],
    ids=lambda question: question[:60],
)
def test_what_is_refused(question: str):
    with pytest.raises(Invalid) as refused:
        World().found(question)
    assert refused.value.rule.startswith("search.")
    assert refused.value.text


def test_stu3_knows_no_of_type():
    with pytest.raises(Invalid):
        World("stu3").found("Patient?identifier:of-type=a|b|c")


def test_an_unknown_parameter_is_ignored_unless_strict():
    world = ward()
    assert world.found("Patient?colour=red&family=cole").total == 1
    assert world.found("Patient?colour=red").query.ignored == ["colour"]
    with pytest.raises(Invalid, match="colour"):
        world.found("Patient?colour=red", strict=True)


@pytest.mark.parametrize("question", ["Patient?family=", "Patient?_format=json&_pretty=true&_elements=id&_timeout=5"])
def test_what_selects_nothing(question: str):
    assert ward().found(question, strict=True).total == 3


def test_a_list_means_or_and_repetition_and():
    world = ward()
    assert world.ids("Patient?family=allen,baker,nobody") == ["ann", "bob"]
    assert world.ids("Patient?family=allen&family=baker") == []
    assert sorted(world.ids("Observation?code=x,y&code=y")) == ["o2", "o3"]


def test_escapes():
    world = World().put(patient("1", "a,b"), patient("2", "a"), patient("3", "$|\\"))
    assert world.ids("Patient?family:exact=a\\,b") == ["1"]
    assert world.ids("Patient?family:exact=a,b") == ["2"]
    assert world.ids("Patient?family:exact=\\$\\|\\\\") == ["3"]
    code = {"coding": [{"system": "http://s.test/a|b", "code": "c$d"}]}
    world.put({"resourceType": "Observation", "id": "1", "code": code, "valueString": "e,f"})
    assert world.ids("Observation?code=http://s.test/a\\|b|c\\$d") == ["1"]
    assert world.ids("Observation?code-value-string=http://s.test/a\\|b|c\\$d$e\\,f") == ["1"]


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("_id=ann,cy", ["ann", "cy"]),
        ("_id:not=ann,cy", ["bob"]),
        ("_id:missing=true", []),
        ("_id:missing=false&_id=ann", ["ann"]),
        ("_id=ANN", []),
    ],
)
def test_ids(question: str, found: list[str]):
    assert ward().ids(f"Patient?{question}") == found


def test_parameters_of_every_type():
    meta = {
        "lastUpdated": "2024-05-01T10:00:00.123456Z",
        "tag": [{"system": "http://s.test", "code": "t"}],
        "security": [{"system": "http://s.test", "code": "s"}],
        "profile": ["http://s.test/p|2"],
        "source": "http://s.test/from",
    }
    world = World().put({"resourceType": "Basic", "id": "1", "meta": meta})
    for question in (
        "_lastUpdated=2024-05-01T10:00:00.123456Z",
        "_lastUpdated=ge2024-05-01&_lastUpdated=lt2024-05-02",
        "_tag=http://s.test|t",
        "_security=s",
        "_profile=http://s.test/p",
        "_profile=http://s.test/p|2",
        "_profile:below=http://s.test/",
        "_source=http://s.test/from",
    ):
        assert world.ids(f"Basic?{question}") == ["1"], question
    assert world.ids("Basic?_lastUpdated=gt2024-05-01T10:00:00.123456Z") == []


def test_a_quantity_with_a_comparator_is_a_range():
    less = {"value": 5, "comparator": "<", "unit": "mg"}
    world = World().put({"resourceType": "Observation", "id": "1", "valueQuantity": less})
    assert world.ids("Observation?value-quantity=lt3") == ["1"]
    assert world.ids("Observation?value-quantity=5") == []
    assert world.ids("Observation?value-quantity=gt6") == []


def test_a_composite_holds_of_one_element():
    parts = [
        {"code": {"coding": [{"code": code}]}, "valueQuantity": {"value": value}}
        for code, value in (("systolic", 120), ("diastolic", 80))
    ]
    world = World().put({"resourceType": "Observation", "id": "1", "component": parts})
    assert world.ids("Observation?component-code-value-quantity=systolic$gt100") == ["1"]
    assert world.ids("Observation?component-code-value-quantity=diastolic$gt100") == []
    assert world.ids("Observation?component-code=diastolic&component-value-quantity=gt100") == ["1"]


# --- what the statement says ---


def changed(type_: str, **rules: SearchRule | None) -> StoreView:
    """The ward, with other rules for some parameters of one type; None for those that are not offered."""
    known = {**everything("r4")[type_], **rules}
    offered = {name: rule for name, rule in known.items() if rule is not None}
    return replace(ward().view, offered={**everything("r4"), type_: offered})


def test_a_parameter_that_the_statement_does_not_offer_is_unknown():
    view = changed("Patient", family=None)
    assert search(view, "Patient", [("family", "allen")]).query.ignored == ["family"]
    with pytest.raises(Invalid):
        search(view, "Observation", [("subject:Patient.family", "allen")])
    with pytest.raises(Invalid):
        search(view, "Patient", [("_sort", "family")])


def test_a_parameter_that_the_rules_require_must_be_there():
    view = changed("Patient", birthdate=SearchRule(name="birthdate", type="date", optionality="required"))
    with pytest.raises(Invalid, match="birthdate"):
        search(view, "Patient", [("family", "allen")])
    assert search(view, "Patient", [("family", "allen"), ("birthdate", "1980")]).total == 1


# --- a view that hides something ---


@dataclass(frozen=True)
class Hiding(StoreView):
    """The ward without one patient; the indexes still name it."""

    complete: bool = False

    def resource(self, key: str) -> Resource | None:
        return None if key == "own/Patient/ann" else super().resource(key)

    def of_type(self, type_: str) -> Collection[str]:
        return [key for key in super().of_type(type_) if key != "own/Patient/ann"]

    def with_value(self, type_: str, parameter: str, key: Hashable) -> Collection[str]:
        return super().with_value(type_, parameter, key)

    def between(self, type_: str, parameter: str, order: str, low: Any, high: Any) -> Ordered:
        return super().between(type_, parameter, order, low, high)


@pytest.mark.parametrize(
    ("type_", "name", "value", "total"),
    [
        ("Patient", "family", "allen", 0),
        ("Patient", "_id", "ann", 0),
        ("Patient", "_sort", "-birthdate", 2),
        ("Patient", "_total", "accurate", 2),
        ("Patient", "_has:Observation:patient:status", "final", 1),
        ("Observation", "subject:Patient.family", "allen", 0),
        ("Observation", "subject", "Patient/ann", 2),
    ],
)
def test_what_a_view_hides_is_neither_found_nor_counted(type_: str, name: str, value: str, total: int):
    whole = ward().view
    view = Hiding(store=whole.store, endpoint="own", release="r4", base=BASE, now=NOW, offered=whole.offered)
    found = search(view, type_, [(name, value)])
    assert found.total == len(found.matches) == total
    wished = search(view, "Observation", [("_include", "Observation:subject")])
    assert [one.logical_id for one in wished.included] == ["bob"]
