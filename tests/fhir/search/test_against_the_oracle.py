"""Generated resources and questions: the search answers what looking at each resource would answer."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fhir.search.oracle import Criterion, answer
from tests.fhir.search.world import BASE, World

Json = dict[str, Any]
IDS = ("1", "2", "3")
WORDS = (
    "Eve",
    "eve",
    "Evé",
    "Evelyn",
    "O'Brien",
    "OBRIEN",
    "Carreño Quiñones",
    "Smith-Jones",
    "Jones",
    "Ng",
    "Öz Ng",
    "N  g",
)
SYSTEMS = ("http://a.test", "http://b.test")
CODES = ("x", "X", "y", "xy")
DAYS = (
    "2012",
    "2013",
    "2013-01",
    "2013-02",
    "2013-01-31",
    "2013-02-01",
    "2013-01-31T10:00:00Z",
    "2013-01-31T23:30:00-01:00",
    "2013-02-01T00:30:00+01:00",
    "2013-02-01T00:30:00.5Z",
)
ASKED_DAYS = (*DAYS, "2013-01-31T10:00", "2013-01-31T10:00Z", "2013-02-01T00:30:00.50Z")
NUMBERS = ("0", "1", "1.0", "1.00", "1.04", "1.05", "0.95", "0.949", "2", "-1", "10", "9.5")
PREFIXES = ("", "eq", "ne", "gt", "lt", "ge", "le", "sa", "eb")


def some(**elements: st.SearchStrategy[Any]) -> st.SearchStrategy[Json]:
    """An object with some of the elements, one at least: FHIR knows no empty one."""
    return st.fixed_dictionaries({}, optional=elements).filter(bool)


def lists(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(strategy, min_size=1, max_size=2)


def own(type_: str, elements: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    return st.builds(lambda id_, more: {"resourceType": type_, "id": id_, **more}, st.sampled_from(IDS), elements)


word, system, code, day = (st.sampled_from(values) for values in (WORDS, SYSTEMS, CODES, DAYS))
number = st.sampled_from(NUMBERS).map(Decimal)
concept = some(coding=lists(some(system=system, code=code, display=word)), text=word)
target = st.sampled_from(
    [f"{type_}/{id_}" for type_ in ("Patient", "Group") for id_ in IDS]
    + [f"{base}/Patient/{id_}" for base in (BASE, "http://elsewhere.test/fhir") for id_ in IDS]
)
RESOURCES = st.one_of(
    own(
        "Patient",
        some(
            name=lists(some(family=word, given=lists(word), text=word)),
            gender=code,
            active=st.booleans(),
            identifier=lists(some(system=system, value=code)),
            birthDate=st.sampled_from([day for day in DAYS if "T" not in day]),
        ),
    ),
    own(
        "Observation",
        st.builds(
            lambda most, when: {**most, **when},
            some(
                status=code,
                code=concept,
                subject=st.builds(lambda reference: {"reference": reference}, target),
                valueQuantity=st.builds(
                    lambda value, unit: {"value": value, **unit}, number, some(system=system, code=code, unit=code)
                ),
            ),
            st.one_of(
                st.just({}),
                st.builds(lambda day: {"effectiveDateTime": day}, day),
                st.builds(
                    lambda period: {"effectivePeriod": period},
                    st.one_of(
                        st.builds(lambda start: {"start": start}, day),
                        st.builds(lambda end: {"end": end}, day),
                        st.builds(
                            lambda both: dict(zip(("start", "end"), sorted(both), strict=True)), st.tuples(day, day)
                        ),
                    ),
                ),
            ),
        ),
    ),
    own("RiskAssessment", st.builds(lambda probability: {"prediction": [{"probabilityDecimal": probability}]}, number)),
)

token = st.one_of(
    code,
    st.builds(lambda a, b: f"{a}|{b}", st.sampled_from(("", *SYSTEMS)), code),
    system.map(lambda system: f"{system}|"),
)
when = st.builds(lambda prefix, day: prefix + day, st.sampled_from(PREFIXES), st.sampled_from(ASKED_DAYS))
compared = st.builds(
    lambda prefix, number: prefix + number, st.sampled_from((*PREFIXES, "ap")), st.sampled_from(NUMBERS)
)
measured = st.builds(
    lambda number, unit: number + unit,
    compared,
    st.one_of(st.just(""), st.builds(lambda a, b: f"|{a}|{b}", st.sampled_from(("", *SYSTEMS)), code)),
)
refers = st.one_of(st.sampled_from(IDS), target)
truth = st.sampled_from(("true", "false"))

VALUES: dict[str, dict[str, dict[str, st.SearchStrategy[str]]]] = {
    "Patient": {
        **{name: {"": word, "exact": word, "contains": word} for name in ("given", "family", "name")},
        "gender": {"": token, "not": token},
        "active": {"": truth},
        "identifier": {"": token, "not": token},
        "birthdate": {"": when},
    },
    "Observation": {
        "status": {"": token, "not": token},
        "code": {"": token, "not": token, "text": word},
        "subject": {"": refers, "Patient": st.sampled_from(IDS)},
        "patient": {"": refers},
        "date": {"": when},
        "value-quantity": {"": measured},
    },
    "RiskAssessment": {"probability": {"": compared}},
}


@st.composite
def criteria(draw: st.DrawFn, type_: str, deep: int = 2) -> Criterion:
    if deep and type_ == "Observation" and draw(st.integers(0, 3)) == 0:
        inner = draw(criteria("Patient", deep - 1))
        return Criterion(inner.name, inner.modifier, inner.values, ("subject:Patient", *inner.via))
    if deep and type_ == "Patient" and draw(st.integers(0, 3)) == 0:
        inner = draw(criteria("Observation", deep - 1))
        by = draw(st.sampled_from(("subject", "patient")))
        return Criterion(inner.name, inner.modifier, inner.values, (f"_has:Observation:{by}", *inner.via))
    name = draw(st.sampled_from(sorted(VALUES[type_])))
    modifiers = VALUES[type_][name]
    modifier = draw(st.sampled_from([*sorted(modifiers), "missing"]))
    if modifier == "missing":
        return Criterion(name, modifier, (draw(truth),))
    return Criterion(name, modifier, tuple(draw(st.lists(modifiers[modifier], min_size=1, max_size=2))))


QUESTIONS = st.sampled_from(sorted(VALUES)).flatmap(
    lambda type_: st.tuples(st.just(type_), st.lists(criteria(type_), min_size=1, max_size=3))
)


@pytest.mark.parametrize("release", ["stu3", "r4"])
@settings(max_examples=150, deadline=None)
@given(
    resources=st.lists(RESOURCES, max_size=8, unique_by=lambda resource: (resource["resourceType"], resource["id"])),
    questions=st.lists(QUESTIONS, min_size=1, max_size=4),
)
def test_the_search_finds_what_looking_at_each_resource_finds(
    release: str, resources: list[Json], questions: list[tuple[str, list[Criterion]]]
):
    world = World(release).put(*resources)
    for type_, question in questions:
        query = "&".join(quote(criterion.text(), safe="=") for criterion in question)
        result = world.search(f"{type_}?{query}")
        assert {match.logical_id for match in result.matches} == answer(type_, question, resources, release, BASE), (
            query
        )
        assert result.total == len(result.matches)
