"""Fault rules over the control API: what is taken, what is listed, and what is refused in which words."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.control import faults
from sandbox.control.openapi import schemas
from tests.control.test_control_api import assert_problem
from tests.support import Client

Json = dict[str, Any]
RULES: list[Json] = [
    {"api": "facade", "operation": "read Patient", "client": "letterbox-facade", "status": 503, "retry_after": 0},
    {"patient": "4C86625F-13D7-423C-93E9-D58574A12DEC", "method": "MLLP", "ack": "AR"},
    {"path": "/fhir/*", "first": 1, "every": 2, "probability": 0.25, "seed": 0, "drop": "before"},
    {"until": "2026-07-01T12:00:00Z", "drop": "after-commit"},
    {"reset": True, "delay_ms": 0},
    {"duplicate": True, "delay_ms": 12.5},
    {"expire_token": True, "delay_ms": {"uniform": [10, 20]}},
    {"truncate": 0, "delay_ms": {"lognormal": [200, 0.5]}},
    {"malformed": True, "slow_body": 1},
    {"delay_ms": 100},
    {"slow_body": 1024},
    {"api": "hl7", "ack": "AE"},
    {"status": 599},
]


def refused(pkb: Client, body: Any, detail: str) -> None:
    assert_problem(pkb.http.put("/_sandbox/faults", json=body), 400, detail)


def test_rules_are_listed_as_they_were_set_with_id_and_hits(pkb: Client):
    response = pkb.http.put("/_sandbox/faults", json={"rules": RULES})
    assert response.status_code == 200, response.text
    listed = response.json()["rules"]
    assert [{key: value for key, value in rule.items() if key not in ("id", "hits")} for rule in listed] == RULES
    assert [rule["hits"] for rule in listed] == [0] * len(RULES)
    assert len({rule["id"] for rule in listed}) == len(RULES)
    assert pkb.control("/faults") == response.json()


def test_the_schema_takes_the_same_rules_and_has_the_same_keys():
    schema = {"$ref": "#/components/schemas/FaultRule", "components": {"schemas": schemas()["schemas"]}}
    assert list(schemas()["schemas"]["FaultRule"]["properties"]) == list(faults.KEYS)
    for rule in RULES:
        Draft202012Validator(schema).validate(rule)


def test_setting_replaces_all_rules(pkb: Client):
    before = pkb.http.put("/_sandbox/faults", json={"rules": RULES[:2]}).json()["rules"]
    after = pkb.http.put("/_sandbox/faults", json={"rules": RULES[1:2]}).json()["rules"]
    assert len(after) == 1
    assert after[0]["id"] not in {rule["id"] for rule in before}


def test_rules_are_taken_away_one_by_one_and_all_at_once(pkb: Client):
    first, *others = pkb.http.put("/_sandbox/faults", json={"rules": RULES[:3]}).json()["rules"]
    assert pkb.http.delete(f"/_sandbox/faults/{first['id']}").status_code == 204
    assert pkb.control("/faults")["rules"] == others
    assert_problem(pkb.http.delete(f"/_sandbox/faults/{first['id']}"), 404, "The fault rule does not exist")
    assert pkb.http.delete("/_sandbox/faults").status_code == 204
    assert pkb.control("/faults") == {"rules": []}


def test_hits_are_counted(pkb: Client):
    pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "facade", "first": 2, "status": 500}, {"delay_ms": 1}]})
    for _ in range(5):
        pkb.http.get("/fhir/metadata")
    assert [rule["hits"] for rule in pkb.control("/faults")["rules"]] == [2, 3]


@pytest.mark.parametrize(
    ("body", "is_cleared"), [({}, True), ({"reset": ["faults"]}, True), ({"reset": ["store"]}, False)]
)
def test_a_reset_takes_the_rules_away(pkb: Client, body: Json, is_cleared: bool):
    pkb.http.put("/_sandbox/faults", json={"rules": RULES[:1]})
    pkb.http.post("/_sandbox/reset", json=body)
    assert (pkb.control("/faults")["rules"] == []) == is_cleared


ALLOWED = ", ".join(faults.KEYS)
BAD: dict[str, tuple[Any, str]] = {
    "no rules": ({}, "rules must be a list of at most 1000 rules"),
    "no list": ({"rules": {}}, "rules must be a list of at most 1000 rules"),
    "too many": ({"rules": [{"delay_ms": 1}] * 1001}, "rules must be a list of at most 1000 rules"),
    "a key beside": ({"rules": [], "rule": {}}, "Unknown key 'rule'; allowed: rules"),
    "no object": ({"rules": [{"delay_ms": 1}, 5]}, "rules[1] must be an object"),
    "no effect": ({"rules": [{"api": "hl7"}]}, "rules[0]: an effect is missing; allowed: status, ack, drop, reset"),
    "an unknown key": ({"rules": [{"statuss": 503}]}, f"rules[0]: unknown key 'statuss'; allowed: {ALLOWED}"),
    "an id": ({"rules": [{"id": "x", "status": 503}]}, "rules[0].id: no fault rule has that id"),
    "hits": ({"rules": [{"hits": 0, "status": 503}]}, "rules[0]: unknown key 'hits'"),
    "two effects": (
        {"rules": [{"status": 503, "drop": "before"}]},
        "rules[0]: a rule has one effect, and status and drop are 2",
    ),
    "three effects": (
        {"rules": [{"malformed": True, "ack": "AE", "truncate": 1}]},
        "rules[0]: a rule has one effect, and ack and truncate and malformed are 3",
    ),
    "ack at rest": ({"rules": [{"api": "rest", "ack": "AE"}]}, "ack is not possible with api rest; allowed: hl7"),
    "token at hl7": (
        {"rules": [{"api": "hl7", "expire_token": True}]},
        "expire_token is not possible with api hl7; allowed: rest, facade, messaging, customer, aggregated",
    ),
    "token at oauth": (
        {"rules": [{"api": "oauth", "expire_token": True}]},
        "expire_token is not possible with api oauth",
    ),
    "retry without status": (
        {"rules": [{"drop": "before", "retry_after": 1}]},
        "rules[0].retry_after is allowed only with status",
    ),
}
VALUES: dict[str, tuple[list[Any], str]] = {
    "api": (
        ["fhir", "control", "", 1, None, ["hl7"]],
        "one of: hl7, rest, facade, messaging, customer, aggregated, oauth",
    ),
    "operation": (["", 5, None, "x" * 1001], "text of 1 to 1000 characters"),
    "client": (["", [], None], "text of 1 to 1000 characters"),
    "patient": (["", 5010, None], "text of 1 to 1000 characters"),
    "method": (["get", "TRACE", "", 1], "one of: GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS, MLLP"),
    "path": (["fhir", "/fhir/*/x", "**", "/fhir?x=1"], "a path that begins with /, without a query; * may stand only"),
    "first": ([0, -1, 1.5, True, "1", None, 10**10], "a whole number from 1 to 1000000000"),
    "every": ([0, False, "2", None], "a whole number from 1 to 1000000000"),
    "probability": ([-0.1, 1.1, "0.5", True, None], "a number from 0 to 1"),
    "seed": ([-1, 1.5, "s", None], "a whole number from 0 to 1000000000"),
    "until": (["tomorrow", "", 5, "2026-13-01"], "an ISO 8601 time such as 2026-07-01T12:00:00Z"),
    "status": ([200, 399, 600, "503", True, None, 503.5], "a whole number from 400 to 599"),
    "ack": (["AA", "ar", "", None, True], "one of: AE, AR"),
    "drop": (["after", True, "", None], "one of: before, after-commit"),
    "reset": ([False, 1, "true", None], "true, or left out"),
    "duplicate": ([False, 2], "true, or left out"),
    "expire_token": ([False, "x"], "true, or left out"),
    "malformed": ([False, {}], "true, or left out"),
    "truncate": ([-1, 1.5, True, "9"], "a whole number from 0 to 1000000000"),
    "retry_after": ([-1, "1", True, 90_000], "a whole number from 0 to 86400"),
    "slow_body": ([0, -5, 2.5, True, "x"], "a whole number from 1 to 1000000000"),
    "delay_ms": (
        [
            -1,
            True,
            "5",
            None,
            600_001,
            {},
            [],
            {"uniform": 5},
            {"uniform": [1]},
            {"uniform": [5, 1]},
            {"uniform": [-1, 5]},
            {"uniform": [1, "2"]},
            {"uniform": [1, 2], "lognormal": [1, 2]},
            {"normal": [1, 2]},
            {"lognormal": [0, 1]},
            {"lognormal": [100, -1]},
            {"lognormal": [100, 11]},
            {"lognormal": [True, 1]},
        ],
        'milliseconds, {"uniform":[least,most]} or {"lognormal":[median,sigma]}, of at most 600000 ms',
    ),
}
"""Key → values that it cannot have, and what it must be."""


@pytest.mark.parametrize(("body", "detail"), BAD.values(), ids=BAD)
def test_an_invalid_rule_is_refused_and_the_earlier_rules_stay(pkb: Client, body: Any, detail: str):
    before = pkb.http.put("/_sandbox/faults", json={"rules": RULES[:1]}).json()
    refused(pkb, body, detail)
    assert pkb.control("/faults") == before


@pytest.mark.parametrize(
    ("key", "value", "allowed"),
    [(key, value, allowed) for key, (values, allowed) in VALUES.items() for value in values],
    ids=lambda part: str(part)[:20],
)
def test_a_value_that_a_key_cannot_have_is_named_with_what_is_allowed(pkb: Client, key: str, value: Any, allowed: str):
    effect = {} if key in (*faults.EFFECTS, *faults.PACES) else {"status": 503}
    refused(pkb, {"rules": [{"delay_ms": 1}, {**effect, key: value}]}, f"rules[1].{key} must be {allowed}")


def test_every_key_has_values_that_are_refused():
    assert set(VALUES) == set(faults.KEYS)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999"])
def test_a_number_without_bounds_is_refused(pkb: Client, number: str):
    for key in ("delay_ms", "probability"):
        response = pkb.http.put("/_sandbox/faults", content=f'{{"rules":[{{"{key}":{number},"status":503}}]}}')
        assert_problem(response, 400)


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"rules":[{"status":503,"status":504}]}', b"\xff"])
def test_a_body_that_is_not_an_object_is_refused(pkb: Client, body: bytes):
    assert_problem(pkb.http.put("/_sandbox/faults", content=body), 400)


def test_rules_that_are_listed_again_stay_with_their_hits(pkb: Client):
    first = pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "facade", "status": 503, "first": 1}]}).json()
    pkb.http.get("/fhir/Patient/1")
    listed = pkb.control("/faults")["rules"]
    answer = pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "rest", "status": 500}, *listed]}).json()
    assert answer["rules"][1] == {**first["rules"][0], "hits": 1}
    assert pkb.http.get("/fhir/Patient/1").status_code != 503


STAYING = {
    "an unknown id": (lambda rule: [{**rule, "id": "none"}], "rules[0].id"),
    "a changed rule": (lambda rule: [{**rule, "status": 500}], "rules[0]"),
    "a rule twice": (lambda rule: [rule, rule], "twice"),
}


@pytest.mark.parametrize("name", STAYING)
def test_a_kept_rule_must_exist(pkb: Client, name: str):
    rules, detail = STAYING[name]
    (rule,) = pkb.http.put("/_sandbox/faults", json={"rules": [{"status": 503}]}).json()["rules"]
    response = pkb.http.put("/_sandbox/faults", json={"rules": rules(rule)})
    assert_problem(response, 400, detail)
    assert pkb.control("/faults")["rules"] == [rule]
