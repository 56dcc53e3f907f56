"""Fields of a form → the body of its control call."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import pytest

from sandbox.console.forms import body_of, filled, query_of, value_of
from sandbox.errors import Invalid
from tests.support import Client

START = "/_sandbox/console/start"
DO = "/_sandbox/console/do"


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ([("name", "first")], {"name": "first"}),
        ([("count:int", "3"), ("ratio:float", "0.5")], {"count": 3, "ratio": 0.5}),
        ([("is_active:bool", "true"), ("is_old:bool", "false")], {"is_active": True, "is_old": False}),
        ([("reset:list", "store, clock\nfaults")], {"reset": ["store", "clock", "faults"]}),
        ([("part:list", "store"), ("part:list", "clock")], {"part": ["store", "clock"]}),
        ([("value.amount:int", "7"), ("value.unit", "kg")], {"value": {"amount": 7, "unit": "kg"}}),
        ([("rules:json", '[{"status": 503}]')], {"rules": [{"status": 503}]}),
        ([("empty", " "), ("_call", "PUT /clock"), ("?organisation", "x")], {}),
    ],
)
def test_a_body_is_built_from_fields(fields: list[tuple[str, str]], body: dict[str, Any]):
    assert body_of(fields) == body


def test_the_query_of_the_call_is_built_from_fields_with_a_question_mark():
    fields = [("?organisation", "x"), ("name", "first"), ("?empty", ""), ("?q", "a"), ("?q", "b")]
    assert query_of(fields) == {"organisation": "x", "q": "b"}


def test_the_first_field_of_a_name_counts():
    assert value_of([("a", "1"), ("b", "2"), ("b", "3")], "b") == "2"
    assert value_of([("a", "1")], "b") == ""


@pytest.mark.parametrize("field", [("count:int", "three"), ("rules:json", "[")])
def test_a_value_of_another_type_is_refused_by_name(field: tuple[str, str]):
    with pytest.raises(Invalid, match=field[0].partition(":")[0]):
        body_of([field])


def test_texts_of_the_answer_are_filled_in():
    answer = {"name": "blue/1", "became_due": ["a", "b"], "count": 3}
    assert filled("{name}: {count} of {became_due}{unknown}", answer) == "blue/1: 3 of a; b"
    assert filled("/bench/{name}", answer, encode=lambda text: quote(text, safe="")) == "/bench/blue%2F1"
    assert filled("Done {name}", None) == "Done"


def post(pkb: Client, **fields: str) -> Any:
    pkb.http.cookies.clear()
    match = re.search(r'data-csrf="([^"]+)"', pkb.http.get(START).text)
    return pkb.http.post(DO, data={"_csrf": match[1] if match else "", **fields})


def test_a_form_makes_its_control_call_and_returns_with_a_notice(pkb: Client):
    response = post(
        pkb, _call="PUT /clock", _back="/bench/clock?x=1", _done="The clock stands still.", mode="frozen",
        at="2026-11-26T09:41:00Z",
    )  # fmt: skip
    assert response.status_code == 303, response.text
    assert response.headers["location"] == "/_sandbox/console/bench/clock?x=1"
    assert pkb.control("/clock")["mode"] == "frozen"
    assert "The clock stands still." in pkb.http.get("/_sandbox/console/start").text
    assert "The clock stands still." not in pkb.http.get("/_sandbox/console/start").text


def test_a_refused_call_says_why(pkb: Client):
    response = post(pkb, _call="PUT /clock", mode="backwards")
    assert response.status_code == 400
    assert "mode" in response.text


@pytest.mark.parametrize(
    "named", ["", "PATCH /clock", "PUT clock", "PUT /clock?workspace=other", "GET http://evil.example/"]
)
def test_a_form_without_a_control_call_is_refused(pkb: Client, named: str):
    assert post(pkb, _call=named).status_code == 400


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "/\\evil.example"])
def test_a_form_returns_to_the_console_only(pkb: Client, back: str):
    response = post(pkb, _call="PUT /clock", _back=back, mode="real")
    assert response.headers["location"] == "/_sandbox/console/"


def test_a_script_gets_the_address_and_leaves_the_notice_to_the_page(pkb: Client):
    pkb.http.cookies.clear()
    match = re.search(r'data-csrf="([^"]+)"', pkb.http.get(START).text)
    fields = {
        "_csrf": match[1] if match else "",
        "_call": "PUT /clock",
        "_back": "/bench",
        "_done": "Yes.",
        "mode": "real",
    }
    response = pkb.http.post(DO, data=fields, headers={"PKB-Sandbox-Console": "script"})
    assert response.status_code == 200
    assert response.headers["location"] == "/_sandbox/console/bench"
    assert pkb.http.get(START, headers={"PKB-Sandbox-Console": "script"}).status_code == 200
    assert "Yes." in pkb.http.get(response.headers["location"]).text
