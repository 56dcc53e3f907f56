"""The values of elements for each type of search parameter, and what a search makes of several."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sandbox.errors import Invalid
from sandbox.fhir.search import number, quantity, token
from sandbox.fhir.search.limits import DEFAULT_LIMITS
from sandbox.fhir.search.number import LEAST, MOST
from tests.fhir.search.world import World, patient

NUMBERS: list[tuple[str, Any, tuple[Decimal, Decimal] | None]] = [
    ("decimal", 1.5, (Decimal("1.5"), Decimal("1.5"))),
    ("integer", 2, (Decimal(2), Decimal(2))),
    ("decimal", True, None),
    ("decimal", "1", None),
    ("decimal", Decimal("NaN"), None),
    ("decimal", {"low": {"value": 1}}, None),
    ("Range", {"low": {"value": 1}, "high": {"value": 2}}, (Decimal(1), Decimal(2))),
    ("Range", {"low": {"value": 1}}, (Decimal(1), MOST)),
    ("Range", {"high": {"value": 2}}, (LEAST, Decimal(2))),
    ("Range", {"low": "1", "high": {}}, None),
    ("Range", 3, (Decimal(3), Decimal(3))),
]


@pytest.mark.parametrize(("datatype", "datum", "ends"), NUMBERS)
def test_a_number_or_a_range_has_two_ends(datatype: str, datum: Any, ends: tuple[Decimal, Decimal] | None):
    values = number.values(datatype, datum, "r4")
    assert values == ({} if ends is None else {"": (number.Amount(*ends),)})


KG = {"system": "u", "code": "kg", "unit": "kilo"}
QUANTITIES: list[tuple[str, Any, tuple[Any, Any, str, str, str] | None]] = [
    ("Quantity", {"value": 1, **KG}, (1, 1, "u", "kg", "kilo")),
    ("Quantity", {"value": 1, "comparator": "<=", **KG}, (LEAST, 1, "u", "kg", "kilo")),
    ("Quantity", {"value": 1, "comparator": ">", "system": 3}, (1, MOST, "", "", "")),
    ("Money", {"value": 1, "currency": "GBP"}, (1, 1, quantity.CURRENCY, "GBP", "")),
    ("Range", {"low": {"value": 1, **KG}}, (1, MOST, "u", "kg", "kilo")),
    ("Range", {"high": {"value": 2, **KG}}, (LEAST, 2, "u", "kg", "kilo")),
    ("Range", {"low": {"value": 1}, "high": {"value": 2, **KG}}, (1, 2, "", "", "")),
    ("Range", {"low": {}, "high": "x"}, None),
    ("SampledData", {"value": 1}, None),
    ("Quantity", {"value": "1"}, None),
    ("Quantity", 1, None),
]


@pytest.mark.parametrize(("datatype", "datum", "parts"), QUANTITIES)
def test_a_quantity_has_two_ends_and_a_unit(datatype: str, datum: Any, parts: tuple[Any, ...] | None):
    values = quantity.values(datatype, datum, "r4")
    assert values == ({} if parts is None else {"": (parts,)})
    if parts is not None:
        assert quantity.sort_key(quantity.Measured(*parts)) == parts[0]


def tokens(datatype: str, datum: Any, release: str = "r4") -> dict[str, list[tuple[str, str]]]:
    """Return the tokens of an element, and the texts for `:text`, by suffix."""
    values = token.reader(datatype, release)(datum)
    return {suffix: [_plain(value) for value in row] for suffix, row in values.items()}


def _plain(value: Any) -> tuple[str, str]:
    return (value.system, value.code) if isinstance(value, token.SearchToken) else ("", value.exact)


TOKENS: list[tuple[str, Any, dict[str, list[tuple[str, str]]]]] = [
    ("code", "A", {"": [("*", "A")]}),
    ("string", "A", {"": [("", "a")]}),
    ("boolean", True, {"": [("*", "true")]}),
    ("code", 1, {}),
    ("ContactPoint", {"value": "A"}, {"": [("", "A")]}),
    ("ContactPoint", {"value": ""}, {}),
    ("ContactPoint", {"value": 1}, {}),
    ("Coding", {"system": "s", "code": "c", "display": "D"}, {"": [("s", "c")], ":text": [("", "D")]}),
    ("Coding", {"system": "s"}, {"": [("s", "")]}),
    ("Coding", {"code": ["x"], "display": "D"}, {":text": [("", "D")]}),
    ("Coding", {}, {}),
    ("CodeableConcept", {"text": "T"}, {":text": [("", "T")]}),
    ("CodeableConcept", {"coding": [{"code": "c"}], "text": "T"}, {"": [("", "c")], ":text": [("", "T")]}),
    ("CodeableConcept", {"coding": [{"code": "c"}, {"code": "d", "display": "D"}, "x"], "text": "T"},
     {"": [("", "c"), ("", "d")], ":text": [("", "D"), ("", "T")]}),
    ("CodeableConcept", {"coding": "x"}, {}),
    ("Identifier", {"system": "s", "value": "v"}, {"": [("s", "v")]}),
    ("Identifier", {"system": "s", "value": "v", "type": {"text": "T", "coding": [{"system": "t", "code": "c"}]}},
     {"": [("s", "v")], ":text": [("", "T")], ":of-type": [("t|c", "v")]}),
    ("Identifier", {"type": {"coding": [{"code": "c"}]}}, {}),
    ("Identifier", {"value": "v", "type": "x"}, {"": [("", "v")]}),
    ("Age", {"value": 1}, {}),
]  # fmt: skip


@pytest.mark.parametrize(("datatype", "datum", "expected"), TOKENS, ids=str)
def test_an_element_has_tokens_and_texts(datatype: str, datum: Any, expected: dict[str, list[tuple[str, str]]]):
    assert tokens(datatype, datum) == expected


def test_codes_of_stu3_are_folded_and_those_of_r4_are_not():
    assert tokens("Coding", {"code": "Ab"}, "stu3") == {"": [("", "ab")]}
    assert tokens("ContactPoint", {"value": "Ab"}, "stu3") == {"": [("", "ab")]}
    assert tokens("code", "Ab", "stu3") == {"": [("*", "ab")]}
    assert tokens("id", "Ab", "stu3") == tokens("id", "Ab") == {"": [("", "Ab")]}
    assert tokens("code", "x" * 2000) == {"": [("*", "x" * 2000)]}, "long ones are not remembered"
    assert tokens("Coding", {"system": "x" * 2000, "code": "c"}) == {"": [("x" * 2000, "c")]}


def test_of_several_values_the_lowest_is_sorted_by_and_backwards_the_highest():
    names = {"a": ["M"], "b": ["A", "Z"], "c": ["N"]}
    world = World().put(*[patient(id_, row[0], name=[{"family": name} for name in row]) for id_, row in names.items()])
    assert world.ids("Patient?_sort=family") == ["b", "a", "c"]
    assert world.ids("Patient?_sort=-family") == ["b", "c", "a"]


@pytest.mark.parametrize(("question", "values"), [("gender=a,b,c", 3), ("gender=a&family=b,c", 3), ("gender=a", 1)])
def test_all_lists_of_a_search_have_so_many_values(question: str, values: int):
    world = World()
    for most in (values, values - 1):
        world.view = replace(world.view, limits=replace(DEFAULT_LIMITS, values=most))
        if most == values:
            assert world.ids(f"Patient?{question}") == []
        else:
            with pytest.raises(Invalid, match="at most"):
                world.search(f"Patient?{question}")
