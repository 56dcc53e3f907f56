"""`POST /verify`: what each condition takes, and in which words it says that the exchanges are otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.test_control_api import assert_problem
from tests.control.test_openapi import assert_described
from tests.hl7.samples import A28
from tests.support import Client

TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
Json = dict[str, Any]


CONDITION = {
    "resourceType": "Condition",
    "code": {"text": "Asthma", "coding": [{"system": "a", "code": "1"}, {"system": "b", "code": "2"}]},
    "verified": True,
    "stage": 2,
    "list": [1, "two", None],
    "password": "secret",
}


def verify(pkb: Client, **payload: Any) -> Json:
    response = pkb.http.post("/_sandbox/verify", json=payload)
    assert response.status_code == 200, response.text
    assert_described("POST", "/verify", response)
    answer: Json = response.json()
    assert answer["ok"] == (not answer["failures"])
    return answer


def texts(pkb: Client, **payload: Any) -> list[str]:
    return [failure["text"] for failure in verify(pkb, **payload)["failures"]]


@pytest.fixture
def ids(pkb: Client) -> list[str]:
    """A token; a refused read; a read in a scenario; a refused write; an accepted message; a refused message."""
    pkb.tokens.clear()
    pkb.facade("/Patient/1")
    pkb.facade(f"/Patient/{TOLA}", headers={"PKB-Sandbox-Scenario": "first visit"})
    pkb.facade("/Condition", method="POST", json=CONDITION)
    pkb.send(A28)
    pkb.send(A28, "org_eastgate")
    rows = pkb.control("/exchanges")["exchanges"]
    outcomes = ["accepted", "refused", "accepted", "refused", "accepted", "refused"]
    assert [row["outcome"] for row in rows] == outcomes
    return [row["id"] for row in rows]


def named(text: str, ids: list[str]) -> str:
    """A text with the ids of exchanges as failures show them."""
    return text.format(*(f"{id_[:8]}…" for id_ in ids))


# --- filters and numbers ---

MET: dict[str, Json] = {
    "nothing in particular": {},
    "api": {"api": "facade"},
    "operation": {"operation": "read Patient", "count": 2},
    "client": {"client": "org_eastgate", "count": 1},
    "patient": {"patient": TOLA, "count": 1},
    "outcome": {"outcome": "refused", "count": 3},
    "scenario": {"scenario": "first visit", "count": 1},
    "all": {
        "api": "facade",
        "operation": "read Patient",
        "client": "letterbox-facade",
        "outcome": "refused",
        "count": 1,
    },
    "none of a kind": {"api": "rest", "count": 0},
    "none of a kind, at most": {"api": "rest", "at_most": 0},
    "at least none": {"api": "rest", "at_least": 0},
    "at least": {"api": "hl7", "at_least": 2},
    "at most": {"api": "hl7", "at_most": 2},
}


@pytest.mark.parametrize("expected", MET.values(), ids=MET)
def test_an_expectation_that_is_met(pkb: Client, ids: list[str], expected: Json):
    answer = verify(pkb, expect=[expected])
    assert (answer["ok"], answer["failures"]) == (True, [])
    assert answer["report"]["summary"] == {"exchanges": 6, "accepted": 3, "refused": 3, "failed": 0}


NOT_MET: dict[str, tuple[Json, str, list[int]]] = {
    "api": (
        {"api": "rest"},
        (
            "Expected at least 1 exchange with api rest; 0 matched."
            " Nearest: {5} differs in api (hl7); {4} differs in api (hl7); {3} differs in api (facade)."
        ),
        [5, 4, 3],
    ),
    "outcome": (
        {"api": "hl7", "operation": "ADT^A28", "client": "org_eastgate", "outcome": "accepted", "count": 1},
        (
            "Expected 1 exchange with api hl7, operation ADT^A28, client org_eastgate, outcome accepted; 0 matched."
            " Nearest: {5} differs in outcome (refused: ZTM-1 must include the default team);"
            " {4} differs in client (org_northmoor);"
            " {2} differs in api (facade), operation (read Patient) and client (letterbox-facade)."
        ),
        [5, 4, 2],
    ),
    "one too few": (
        {"operation": "read Patient", "count": 3},
        (
            "Expected 3 exchanges with operation read Patient; 2 matched ({1}, {2})."
            " Nearest: {5} differs in operation (ADT^A28); {4} differs in operation (ADT^A28);"
            " {3} differs in operation (none)."
        ),
        [5, 4, 3],
    ),
    "one too many": (
        {"operation": "read Patient", "count": 1},
        "Expected 1 exchange with operation read Patient; 2 matched ({1}, {2}).",
        [1, 2],
    ),
    "at least": (
        {"api": "facade", "scenario": "first visit", "at_least": 2},
        (
            "Expected at least 2 exchanges with api facade, scenario first visit; 1 matched ({2})."
            " Nearest: {3} differs in scenario (none); {1} differs in scenario (none);"
            " {5} differs in api (hl7) and scenario (none)."
        ),
        [3, 1, 5],
    ),
    "patient": (
        {"api": "facade", "outcome": "refused", "patient": TOLA},
        (
            f"Expected at least 1 exchange with api facade, patient {TOLA}, outcome refused; 0 matched."
            " Nearest: {3} differs in patient (none); {2} differs in outcome (accepted); {1} differs in patient (none)."
        ),
        [3, 2, 1],
    ),
    "at most": (
        {"at_most": 2},
        "Expected at most 2 exchanges; 6 matched ({0}, {1}, {2}, {3}, {4} and 1 more).",
        [0, 1, 2, 3, 4, 5],
    ),
    "none": (
        {"scenario": "first visit", "count": 0},
        "Expected 0 exchanges with scenario first visit; 1 matched ({2}).",
        [2],
    ),
}


@pytest.mark.parametrize(("expected", "text", "nearest"), NOT_MET.values(), ids=NOT_MET)
def test_an_unmet_expectation_names_the_nearest_exchanges(
    pkb: Client, ids: list[str], expected: Json, text: str, nearest: list[int]
):
    (failure,) = verify(pkb, expect=[expected])["failures"]
    assert failure == {
        "text": named(text, ids),
        "expected": expected,
        "nearest": [ids[n] for n in nearest],
    }


def test_an_empty_journal_has_nothing_near(pkb: Client):
    (failure,) = verify(pkb, expect=[{"api": "rest"}])["failures"]
    text = "Expected at least 1 exchange with api rest; 0 matched. The journal is empty."
    assert failure == {"text": text, "expected": {"api": "rest"}, "nearest": []}


def test_of_many_exchanges_a_failure_lists_a_hundred_ids(pkb: Client):
    for _ in range(101):
        pkb.http.get("/fhir/Nothing")
    (few, many) = verify(pkb, expect=[{"count": 0}], fail_on=["refused"])["failures"]
    assert len(few["nearest"]) == len(many["nearest"]) == 100
    assert " and 96 more)." in few["text"]


def test_a_matched_exchange_is_not_listed_as_nearest(pkb: Client):
    id_ = pkb.http.get("/fhir/metadata").headers["pkb-sandbox-exchange"]
    (failure,) = verify(pkb, expect=[{"count": 2}])["failures"]
    assert failure["text"] == named("Expected 2 exchanges; 1 matched ({0}). There is no other exchange.", [id_])
    assert failure["nearest"] == []


def test_a_dropped_exchange_is_named(pkb: Client):
    pkb.http.get("/fhir/metadata")
    pkb.server.workspaces.default.exchanges.drop_oldest()
    (text,) = texts(pkb, expect=[{"count": 1}])
    assert text == ("Expected 1 exchange; 0 matched. The journal is empty. The journal has dropped 1 older exchange.")


def test_each_world_has_its_own_exchanges(pkb: Client, ids: list[str]):
    assert pkb.http.post("/_sandbox/workspaces", json={"name": "other"}).status_code == 201
    response = pkb.http.post("/_sandbox/verify?workspace=other", json={"expect": [{"count": 0}]})
    assert (response.json()["ok"], response.json()["failures"]) == (True, [])
    assert response.json()["report"]["summary"] == {"exchanges": 0, "accepted": 0, "refused": 0, "failed": 0}
    pkb.http.delete("/_sandbox/workspaces/other")


# --- conditions on the body ---

HOLDS: dict[str, tuple[Json, list[int]]] = {
    "jsonpath equals": ({"jsonpath": "$.code.text", "equals": "Asthma"}, [3]),
    "jsonpath equals a number": ({"jsonpath": "$.stage", "equals": 2}, [3]),
    "jsonpath equals the same number": ({"jsonpath": "$.stage", "equals": 2.0}, [3]),
    "jsonpath does not equal the text of a number": ({"jsonpath": "$.stage", "equals": "2"}, []),
    "jsonpath equals a boolean": ({"jsonpath": "$.verified", "equals": True}, [3]),
    "jsonpath does not take true for 1": ({"jsonpath": "$.verified", "equals": 1}, []),
    "jsonpath does not take 1 for true": ({"jsonpath": "$.list[0]", "equals": True}, []),
    "jsonpath equals null": ({"jsonpath": "$.list[2]", "equals": None}, [3]),
    "jsonpath has nothing where null is expected": ({"jsonpath": "$.nothing", "equals": None}, []),
    "jsonpath equals an object": ({"jsonpath": "$.code.coding[1]", "equals": {"code": "2", "system": "b"}}, [3]),
    "jsonpath equals not a part of an object": ({"jsonpath": "$.code.coding[1]", "equals": {"code": "2"}}, []),
    "jsonpath equals a list": ({"jsonpath": "$.list", "equals": [1, "two", None]}, [3]),
    "jsonpath equals not a list in another order": ({"jsonpath": "$.list", "equals": ["two", 1, None]}, []),
    "any value of several": ({"jsonpath": "$.code.coding[*].code", "equals": "2"}, [3]),
    "any value anywhere": ({"jsonpath": "$..system", "equals": "b"}, [3]),
    "a filter": ({"jsonpath": "$.code.coding[?@.system=='b'].code", "equals": "2"}, [3]),
    "a filter by a pattern": ({"jsonpath": "$.code.coding[?search(@.system,'[b-z]')].code", "equals": "2"}, [3]),
    "a filter by a pattern of the whole": ({"jsonpath": "$[?match(@.text,'Asth')].text", "equals": "Asthma"}, []),
    "another value": ({"jsonpath": "$.code.text", "equals": "asthma"}, []),
    "jsonpath matches": ({"jsonpath": "$.code.text", "matches": "^Ast"}, [3]),
    "jsonpath matches a part": ({"jsonpath": "$.code.text", "matches": "thm"}, [3]),
    "jsonpath matches the whole only": ({"jsonpath": "$.code.text", "matches": "^thma$"}, []),
    "jsonpath matches a number": ({"jsonpath": "$.stage", "matches": "^[0-9]$"}, [3]),
    "jsonpath matches a boolean": ({"jsonpath": "$.verified", "matches": "^true$"}, [3]),
    "an object matches nothing": ({"jsonpath": "$.code", "matches": "."}, []),
    "secrets are masked": ({"jsonpath": "$.password", "equals": "secret"}, []),
    "as in the journal": ({"jsonpath": "$.password", "equals": "[redacted]"}, [3]),
    "a component": ({"hl7": "PID-5.1", "equals": "Khatun"}, [4, 5]),
    "another component": ({"hl7": "PID-5.2", "matches": "^R"}, [4, 5]),
    "another value of a component": ({"hl7": "PID-5.1", "equals": "KHATUN"}, []),
    "the header": ({"hl7": "MSH-9.2", "equals": "A28"}, [4, 5]),
    "the delimiters": ({"hl7": "MSH-2", "equals": "^~\\&"}, [4, 5]),
    "an empty field": ({"hl7": "PID-2", "equals": ""}, [4, 5]),
    "a missing segment": ({"hl7": "OBX-5", "equals": ""}, []),
}


@pytest.mark.parametrize(("condition", "numbers"), HOLDS.values(), ids=HOLDS)
def test_a_condition_on_the_body_chooses_exchanges(pkb: Client, ids: list[str], condition: Json, numbers: list[int]):
    assert texts(pkb, expect=[{"body": [condition], "count": len(numbers)}]) == []
    (failure,) = verify(pkb, expect=[{"body": [condition], "at_most": len(numbers) - 1}] if numbers else [])[
        "failures"
    ] or [{"nearest": []}]
    assert failure["nearest"] == [ids[n] for n in numbers]


DIFFERENCES: dict[str, tuple[Json, Json, str]] = {
    "jsonpath": (
        {"operation": "read Patient", "scenario": "first visit"},
        {"jsonpath": "$.x", "equals": 1},
        "{2} differs in $.x (the body is not JSON)",
    ),
    "jsonpath, another value": (
        {"client": "letterbox-facade", "outcome": "refused"},
        {"jsonpath": "$.code.text", "equals": "Eczema"},
        '{3} differs in $.code.text ("Asthma")',
    ),
    "jsonpath, several values": (
        {"client": "letterbox-facade", "outcome": "refused"},
        {"jsonpath": "$.code.coding[*].*", "matches": "x"},
        '{3} differs in $.code.coding[*].* ("a", "1", "b" and 1 more)',
    ),
    "jsonpath, no value": (
        {"client": "letterbox-facade", "outcome": "refused"},
        {"jsonpath": "$.text", "equals": "x"},
        "{3} differs in $.text (missing)",
    ),
    "hl7": (
        {"client": "org_eastgate"},
        {"hl7": "PID-5.1", "matches": "^Ade"},
        '{5} differs in PID-5.1 ("Khatun")',
    ),
    "hl7, no segment": (
        {"client": "org_eastgate"},
        {"hl7": "OBX[2]-5", "equals": "x"},
        "{5} differs in OBX[2]-5 (missing)",
    ),
    "hl7, another API": (
        {"scenario": "first visit"},
        {"hl7": "PID-5.1", "equals": "x"},
        "{2} differs in PID-5.1 (the body is not an HL7 message)",
    ),
}


@pytest.mark.parametrize(("filters", "condition", "text"), DIFFERENCES.values(), ids=DIFFERENCES)
def test_a_failure_quotes_the_body(pkb: Client, ids: list[str], filters: Json, condition: Json, text: str):
    (failure,) = texts(pkb, expect=[{**filters, "body": [condition]}])
    assert f" Nearest: {named(text, ids)}" in failure
    expected = "equal to" if "equals" in condition else "matching"
    assert f"{condition.get('jsonpath') or condition['hl7']} {expected} " in failure.partition(";")[0]


def test_of_two_that_fit_otherwise_the_one_with_more_of_the_body_is_nearer(pkb: Client):
    near = pkb.http.post("/rest/x", json={"a": 1, "b": 2}).headers["pkb-sandbox-exchange"]
    far = pkb.http.post("/rest/x", json={"a": 3, "b": 3}).headers["pkb-sandbox-exchange"]
    body = [{"jsonpath": "$.a", "equals": 1}, {"jsonpath": "$.b", "equals": 1}]
    (failure,) = verify(pkb, expect=[{"api": "rest", "body": body}])["failures"]
    assert failure["nearest"] == [near, far]
    assert named("{0} differs in $.b (2); {1} differs in $.a (3) and $.b (3).", [near, far]) in failure["text"]


def test_of_a_long_body_the_beginning_is_read(pkb: Client):
    pkb.send(A28 + "OBX|1|TX|||" + "x" * 70_000 + "\rOBX|2|TX|||y\r")
    pkb.http.post("/rest/x", json={"a": "x" * 70_000})
    assert texts(pkb, expect=[{"body": [{"hl7": "PID-5.1", "equals": "Khatun"}], "count": 1}]) == []
    (hl7, json) = texts(
        pkb,
        expect=[
            {"api": "hl7", "body": [{"hl7": "OBX[2]-5", "equals": "y"}]},
            {"api": "rest", "body": [{"jsonpath": "$.a", "matches": "x"}]},
        ],
    )
    assert "differs in OBX[2]-5 (the journal keeps only the first 64 KiB of the body)" in hl7
    assert "differs in $.a (the journal keeps only the first 64 KiB of the body)" in json


def test_a_failure_explains_why_a_body_has_no_message(pkb: Client):
    unread = pkb.post_soap("x" * 70_000).headers["pkb-sandbox-exchange"]
    nonsense = pkb.post_soap("nonsense").headers["pkb-sandbox-exchange"]
    other = pkb.http.post("/rest/x", json={"a": "x" * 70_000}).headers["pkb-sandbox-exchange"]
    (text,) = texts(pkb, expect=[{"body": [{"hl7": "PID-5.1", "equals": "x"}]}])
    assert named("{0} differs in PID-5.1 (the journal keeps only the first 64 KiB of the body)", [unread]) in text
    assert named("{0} differs in PID-5.1 (the body is not an HL7 message)", [nonsense]) in text
    assert named("{0} differs in PID-5.1 (the body is not an HL7 message)", [other]) in text


# --- order ---


def test_the_order_that_is_expected(pkb: Client, ids: list[str]):
    expect = [{"api": "oauth"}, {"operation": "read Patient", "count": 2}, {"api": "hl7"}, {"client": "org_eastgate"}]
    assert texts(pkb, expect=expect, in_order=True) == []


def test_an_exchange_counts_once_in_an_order(pkb: Client, ids: list[str]):
    assert texts(pkb, expect=[{"api": "hl7"}, {"api": "hl7"}], in_order=True) == []
    (text,) = texts(pkb, expect=[{"api": "hl7"}, {"api": "hl7"}, {"api": "hl7"}], in_order=True)
    assert text == named(
        "Out of order: expected at least 1 exchange with api hl7 (expectation 3) after {5}, which met expectation 2;"
        " 2 came too early ({4}, {5}).",
        ids,
    )


def test_another_order_names_what_came_too_early(pkb: Client, ids: list[str]):
    expect = [{"client": "org_northmoor"}, {"api": "rest", "at_most": 0}, {"operation": "read Patient", "count": 2}]
    assert texts(pkb, expect=expect) == []
    (failure,) = verify(pkb, expect=expect, in_order=True)["failures"]
    assert failure == {
        "text": named(
            "Out of order: expected 2 exchanges with operation read Patient (expectation 3) after {4},"
            " which met expectation 1; 2 came too early ({1}, {2}).",
            ids,
        ),
        "expected": expect[2],
        "nearest": ids[1:3],
    }


def test_a_missing_exchange_is_not_reported_as_out_of_order(pkb: Client, ids: list[str]):
    expect = [{"client": "org_northmoor"}, {"api": "rest"}, {"client": "org_eastgate"}]
    (text,) = texts(pkb, expect=expect, in_order=True)
    assert text.startswith("Expected at least 1 exchange with api rest; 0 matched.")


def test_a_number_beyond_what_comes_late_is_out_of_order(pkb: Client, ids: list[str]):
    expect = [{"scenario": "first visit"}, {"outcome": "refused", "count": 3}]
    (text,) = texts(pkb, expect=expect, in_order=True)
    assert text == named(
        "Out of order: expected 3 exchanges with outcome refused (expectation 2) after {2}, which met expectation 1;"
        " 1 came too early ({1}).",
        ids,
    )


# --- the contract ---


def test_without_an_expectation_what_was_refused_fails(pkb: Client, ids: list[str]):
    answer = verify(pkb)
    assert answer == verify(pkb, fail_on=["refused"])
    first, source = answer["failures"][0], pkb.control(f"/exchanges/{ids[1]}/explanation")["source"]
    assert first == {
        "text": named(
            "1 exchange refused by rule facade.unknown-404: Resource Patient/1 is not known ({1})", ids
        ).replace("facade.unknown-404", rule_of(pkb, ids[1]))
        + f"; cell partner.facade.read_demographics; source {source}",
        "expected": {"fail_on": "refused"},
        "nearest": [ids[1]],
    }
    assert [failure["nearest"] for failure in answer["failures"]] == [[ids[1]], [ids[3]], [ids[5]]]


def rule_of(pkb: Client, id_: str) -> str:
    rule: str = pkb.control(f"/exchanges/{id_}/explanation")["id"]
    return rule


def test_with_an_expectation_only_what_is_asked_for_fails(pkb: Client, ids: list[str]):
    assert texts(pkb, expect=[{"api": "facade"}]) == []
    assert texts(pkb, fail_on=[]) == []
    assert len(texts(pkb, expect=[{"api": "rest"}], fail_on=["refused"])) == 4


def test_a_rule_that_may_refuse_is_allowed(pkb: Client, ids: list[str]):
    rules = [rule_of(pkb, ids[n]) for n in (1, 3, 5)]
    assert len(texts(pkb, allow=rules[:1])) == 2
    assert texts(pkb, allow=[rules[0], rules[1], {"rule": rules[2], "reason": "Known, to be mended"}]) == []


def test_refusals_by_the_same_rule_are_one_failure(pkb: Client):
    for number in range(7):
        pkb.http.get(f"/fhir/Patient/{number}")
    ids = [row["id"] for row in pkb.control("/exchanges")["exchanges"]]
    (failure,) = verify(pkb, fail_on=["refused"])["failures"]
    assert failure["text"].startswith(f"7 exchanges refused by rule {rule_of(pkb, ids[0])}: ")
    assert named(" ({0}, {1}, {2}, {3}, {4} and 2 more); ", ids) in failure["text"]
    assert failure["nearest"] == ids


def test_what_a_fault_rule_touched_is_left_out(pkb: Client):
    rule = {"api": "facade", "status": 503, "first": 1}
    assert pkb.http.put("/_sandbox/faults", json={"rules": [rule]}).status_code == 200
    assert pkb.http.get("/fhir/metadata").status_code == 503
    assert verify(pkb, fail_on=["inferred"])["report"]["summary"]["failed"] == 1
    assert texts(pkb, fail_on=["inferred"]) == []
    pkb.http.delete("/_sandbox/faults")


def test_levels_add_up(pkb: Client):
    pkb.send(A28 + "ZZZ|ignored\r")
    pkb.facade(f"/Patient/{TOLA}")
    rows = pkb.control("/exchanges")["exchanges"]
    numbers = [len(verify(pkb, fail_on=[level])["failures"]) for level in ("refused", "advice", "choice", "inferred")]
    assert numbers == sorted(numbers)
    assert numbers[0] == 0
    levels = [failure["expected"]["fail_on"] for failure in verify(pkb, fail_on=["inferred"])["failures"]]
    assert levels.count("advice") == sum(row["explain"] is not None for row in rows)
    for level in ("choice", "inferred"):
        assert levels.count(level) == len({row["operation"] for row in rows if row["standing"] == level})
    assert verify(pkb, fail_on=["refused", "inferred", "advice"]) == verify(pkb, fail_on=["inferred"])


def test_advice_is_named_by_its_rule(pkb: Client):
    pkb.send(A28 + "ZZZ|ignored\r")
    id_ = pkb.control("/exchanges")["exchanges"][-1]["id"]
    (failure,) = verify(pkb, fail_on=["advice"])["failures"]
    rule = rule_of(pkb, id_)
    assert failure["text"].startswith(f"1 exchange accepted, with advice by rule {', '.join(rule.splitlines())}: ")
    assert failure["nearest"] == [id_]
    assert texts(pkb, fail_on=["advice"], allow=rule.splitlines()) == []


# --- requests that are wrong ---

KEYS = "api, operation, client, patient, outcome, scenario, body, count, at_least, at_most"
FIRST = "expect[0].body[0]: "


def condition(**payload: Any) -> Json:
    return {"expect": [{"body": [payload]}]}


WRONG: dict[str, tuple[Any, str]] = {
    "unknown key": ({"expects": []}, "Unknown key 'expects'; allowed: expect, in_order, fail_on, allow"),
    "no list": ({"expect": {}}, "expect must be a list of at most 100 objects"),
    "too many": ({"expect": [{}] * 101}, "expect must be a list of at most 100 objects"),
    "no object": ({"expect": [1]}, "expect[0]: must be an object"),
    "unknown key of an expectation": (
        {"expect": [{}, {"path": "x"}]},
        f"expect[1]: has the unknown key 'path'; allowed: {KEYS}",
    ),
    "unknown api": ({"expect": [{"api": "fhir"}]}, "expect[0]: api must be one of: hl7, rest,"),
    "api of another type": ({"expect": [{"api": ["hl7"]}]}, "expect[0]: api must be one of: hl7, rest,"),
    "unknown outcome": (
        {"expect": [{"outcome": "ok"}]},
        "expect[0]: outcome must be one of: accepted, refused, failed",
    ),
    "empty operation": ({"expect": [{"operation": ""}]}, "expect[0]: operation must be text, and not empty"),
    "client of another type": ({"expect": [{"client": 1}]}, "expect[0]: client must be text, and not empty"),
    "two numbers": (
        {"expect": [{"count": 1, "at_least": 1}]},
        "expect[0]: may have only one of: count, at_least, at_most",
    ),
    "negative": ({"expect": [{"count": -1}]}, "expect[0]: count must be a whole number, 0 or more"),
    "a fraction": ({"expect": [{"at_least": 1.5}]}, "expect[0]: at_least must be a whole number, 0 or more"),
    "a boolean": ({"expect": [{"at_most": True}]}, "expect[0]: at_most must be a whole number, 0 or more"),
    "body is no list": ({"expect": [{"body": {}}]}, "expect[0].body must be a list of at most 20 objects"),
    "too many conditions": ({"expect": [{"body": [{}] * 21}]}, "expect[0].body must be a list of at most 20 objects"),
    "condition is no object": (
        {"expect": [{"body": ["x"]}]},
        FIRST + "must be an object with the keys: jsonpath,",
    ),
    "unknown key of a condition": (
        condition(hl7="PID-1", contains="x"),
        FIRST + "must be an object with the keys: jsonpath, hl7, equals, matches",
    ),
    "no path": (condition(equals=1), FIRST + "must have either jsonpath or hl7"),
    "two paths": (
        condition(hl7="PID-1", jsonpath="$", equals="1"),
        FIRST + "must have either jsonpath or hl7",
    ),
    "no test": (condition(hl7="PID-1"), FIRST + "must have either equals or matches"),
    "two tests": (
        condition(hl7="PID-1", equals="x", matches="x"),
        FIRST + "must have either equals or matches",
    ),
    "path is no text": (
        condition(jsonpath=1, equals=1),
        FIRST + "jsonpath must be text",
    ),
    "bad jsonpath": (
        {"expect": [{"body": [{"hl7": "PID-1", "equals": "1"}, {"jsonpath": "$.a[", "equals": 1}]}]},
        "expect[0].body[1]: '$.a[' is not a JSONPath such as $.status: ",
    ),
    "jsonpath without root": (
        condition(jsonpath="status", equals=1),
        FIRST + "'status' is not a JSONPath such as $.status: ",
    ),
    "empty jsonpath": (
        condition(jsonpath="", equals=1),
        FIRST + "'' is not a JSONPath",
    ),
    "jsonpath with an endless index": (
        condition(jsonpath="$[1e999]", equals=1),
        FIRST + "'$[1e999]' is not a JSONPath such as $.status: ",
    ),
    "jsonpath with a fraction for an index": (
        condition(jsonpath="$[1e-1]", equals=1),
        FIRST + "'$[1e-1]' is not a JSONPath such as $.status: ",
    ),
    "long jsonpath": (
        condition(jsonpath="$" + ".a" * 300, equals=1),
        FIRST + "the JSONPath is longer than 500 characters",
    ),
    "bad place": (
        condition(hl7="PID.5", equals="x"),
        FIRST + "'PID.5' is not a place in a message, as PID-5.1, OBX[2]-5 or PID-3[2].1",
    ),
    "number for a place": (
        condition(hl7="PID-5", equals=5),
        FIRST + "equals must be text",
    ),
    "pattern is no text": (
        condition(jsonpath="$.a", matches=5),
        FIRST + "matches must be a regular expression",
    ),
    "bad pattern": (
        condition(jsonpath="$.a", matches="("),
        FIRST + "'(' is not a regular expression: missing )",
    ),
    "long pattern": (
        condition(jsonpath="$.a", matches="x" * 1001),
        FIRST + "the regular expression is longer than 1000 characters",
    ),
    "in_order": ({"in_order": "yes"}, "in_order must be true or false"),
    "fail_on is no list": ({"fail_on": "refused"}, "fail_on must be a list of: refused, advice, choice, inferred"),
    "unknown level": ({"fail_on": ["warning"]}, "fail_on must be a list of: refused, advice, choice, inferred"),
    "level of another type": (
        {"fail_on": [["refused"]]},
        "fail_on must be a list of: refused, advice, choice, inferred",
    ),
    "allow is no list": ({"allow": {}}, "allow must be a list of rule ids, or of objects with rule and reason"),
    "unknown rule": (
        {"allow": ["nonsense"]},
        "allow[0]: 'nonsense' is not the id of a rule; GET /_sandbox/facts lists them",
    ),
    "no reason": ({"allow": [{"rule": "hl7.mllp"}]}, "allow[0] must have a rule and a reason, both text"),
    "empty reason": (
        {"allow": [{"rule": "hl7.mllp", "reason": " "}]},
        "allow[0] must have a rule and a reason, both text",
    ),
    "rule of another type": ({"allow": [1]}, "allow[0]: '1' is not the id of a rule"),
    "no object at all": ([], "The body must be a JSON object"),
}


@pytest.mark.parametrize(("payload", "detail"), WRONG.values(), ids=WRONG)
def test_a_request_that_is_wrong_is_refused_by_its_place(pkb: Client, payload: Any, detail: str):
    response = pkb.http.post("/_sandbox/verify", json=payload)
    assert_problem(response, 400, detail)
    assert_described("POST", "/verify", response)
