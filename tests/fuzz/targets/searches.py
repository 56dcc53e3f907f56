"""Searches: names and values of parameters, on endpoints with stored and with rendered resources."""

from __future__ import annotations

import json
from functools import cache
from typing import Any
from urllib.parse import unquote_to_bytes

from hypothesis import strategies as st

from sandbox.errors import Invalid
from sandbox.fhir.base import capability
from sandbox.fhir.base.query_string import first_pairs, read_form, read_query
from sandbox.fhir.rendered.query.controls import describe_ignored, shape_of
from sandbox.fhir.rendered.query.parameters import check_query
from sandbox.fhir.search import search, searchset
from sandbox.fhir.search.definitions import parameters_of
from sandbox.fhir.search.escape import split, unescape
from tests.fhir.search.world import BASE, NOW, World
from tests.fuzz.strategies import encoded, pieces
from tests.fuzz.target import Target

TYPES = ("Patient", "Observation", "Encounter")
RESOURCES: tuple[dict[str, Any], ...] = (
    {
        "resourceType": "Patient",
        "id": "1",
        "name": [{"family": "Ng", "given": ["Ann"]}],
        "birthDate": "2020",
        "identifier": [{"system": "urn:x", "value": "a,b|c$d"}],
        "generalPractitioner": [{"reference": "Practitioner/9"}],
        "meta": {"profile": ["http://x.test/a"], "tag": [{"code": "t"}]},
    },
    {
        "resourceType": "Observation",
        "id": "2",
        "status": "final",
        "subject": {"reference": "Patient/1"},
        "code": {"coding": [{"system": "http://loinc.org", "code": "718-7"}], "text": "Hb"},
        "valueQuantity": {"value": 1.5, "code": "g"},
        "effectivePeriod": {"start": "2026-01-01"},
    },
)
NAMES = sorted(
    {
        *parameters_of("r4", "Patient"),
        *parameters_of("r4", "Observation"),
        "_has:Observation:patient:code",
        "subject:Patient.name",
        "_sort",
        "subject.general-practitioner.name",
        "_include",
        "_revinclude",
        "_summary",
        "_elements",
        "_count",
        "_page",
        "_total",
        "_include:iterate",
        "_filter",
        "_text",
        "code-value-quantity",
        "_id",
        "_format",
        "",
    }
)
MODIFIERS = (
    "",
    ":missing",
    ":not",
    ":exact",
    ":contains",
    ":text",
    ":above",
    ":below",
    ":in",
    ":identifier",
    ":Patient",
    ":",
    ":of-type",
)
VALUES = (
    "a", "|", "urn:x|", "|718-7", "http://loinc.org|718-7", ",", "\\,", "$", "\\$", "\\", "Patient/1",
    "http://pkb.test/fhir/Patient/1", "ge2026", "ap1.5", "ne", "sa2020-01-01T00:00",
    "1.5|http://unitsofmeasure.org|g", "1e-5", "true", "-name", "*", "Patient:link", "718-7$gt1", "9" * 40,
    "2026-03-10T12:00:00+01:00", "0", "1001", "-1", "accurate", "urn:uuid:", "%",
)  # fmt: skip


def _quoted(parts: list[tuple[str, str, str]]) -> str:
    return "&".join(f"{name}{modifier}={value}" for name, modifier, value in parts)


PAIRS = st.lists(
    st.tuples(
        st.sampled_from(NAMES) | st.text(max_size=5),
        st.sampled_from(MODIFIERS),
        st.lists(st.sampled_from(VALUES) | st.text(max_size=4), max_size=4).map("".join),
    ),
    min_size=1,
    max_size=4,
)
QUERIES = encoded(st.builds(lambda type_, parts: f"{type_}?{_quoted(parts)}", st.sampled_from(TYPES), PAIRS))
WORDS = tuple(word.encode() for word in (*NAMES, *MODIFIERS, *VALUES, "&", "=", "%00", "%ff", "+"))


@cache
def _worlds() -> tuple[World, ...]:
    return World("r4").put(*RESOURCES), World("stu3").put(*RESOURCES)


@cache
def _facade() -> capability.Capabilities:
    return capability.load("facade")


def _search(data: bytes) -> int:
    """A search gives a Bundle of both releases; the pairs may stand in the address or in a form."""
    named, _, query = data.decode("latin-1").partition("?")
    pairs = read_query(query)
    type_ = named if named in TYPES else "Patient"
    total = 0
    for world in _worlds():
        for strict in (False, True):
            result = search(world.view, type_, pairs, strict=strict)
            total += json.loads(searchset(result, path="/fhir", base=BASE, now=NOW)).get("total", 0)
    return total


def _rendered(data: bytes) -> int:
    """A query of each type of the Facade is checked or refused."""
    pairs = read_query(data.decode("latin-1").partition("?")[2])
    describe_ignored(pairs)
    shape_of(pairs)
    number, refusal = 0, None
    for offered in _facade().types.values():
        try:
            number += len(check_query(pairs, offered).criteria)
        except Invalid as error:
            refusal = error
    if refusal and not number:
        raise refusal
    return number


def _pairs(data: bytes) -> int:
    first_pairs(data)
    for name, value in read_form(data):
        for separator in (",", "$", "|"):
            assert separator.join(split(value, separator)) == value
        unescape(name)
    return len(read_query(unquote_to_bytes(data).decode("latin-1")))


TARGETS: tuple[Target, ...] = (
    Target(name="search-stored", run=_search, refusals=(Invalid,), words=WORDS, strategy=QUERIES),
    Target(name="search-rendered", run=_rendered, refusals=(Invalid,), words=WORDS, strategy=QUERIES),
    Target(
        name="query-string",
        run=_pairs,
        refusals=(Invalid,),
        words=WORDS,
        strategy=QUERIES | pieces(("&", "=", "%", "+", ";", "a", "\\", "%e9")),
    ),
)
