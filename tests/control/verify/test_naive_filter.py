"""Whatever was exchanged, `POST /verify` counts what a plain filter of the list counts, and orders as it is listed."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.hl7.samples import A28
from tests.support import Client

Json = dict[str, Any]

REQUESTS: list[Callable[[Client, dict[str, str]], object]] = [
    lambda pkb, headers: pkb.http.get("/fhir/metadata", headers=headers),
    lambda pkb, headers: pkb.http.get("/fhir/Patient/1", headers=headers),
    lambda pkb, headers: pkb.http.post("/rest/x", json={"a": 1, "b": {"c": "x"}}, headers=headers),
    lambda pkb, headers: pkb.http.post("/rest/x", json={"a": 2, "b": {"c": "xy"}}, headers=headers),
    lambda pkb, headers: pkb.send(A28),
    lambda pkb, headers: pkb.send(A28, "org_eastgate"),
    lambda pkb, headers: pkb.post_soap("nonsense", **headers),
]
HISTORIES = st.lists(
    st.tuples(st.sampled_from(REQUESTS), st.sampled_from([{}, {"PKB-Sandbox-Scenario": "s"}])), max_size=6
)
FILTERS = st.fixed_dictionaries(
    {},
    optional={
        "api": st.sampled_from(["hl7", "facade", "rest", "oauth"]),
        "outcome": st.sampled_from(["accepted", "refused", "failed"]),
        "operation": st.sampled_from(["ADT^A28", "capabilities", "read Patient", "acceptMessage"]),
        "scenario": st.just("s"),
    },
)
CONDITIONS: list[tuple[Json, Callable[[str], bool]]] = [
    ({"jsonpath": "$.a", "equals": 1}, lambda body: '"a":1' in body.replace(" ", "")),
    ({"jsonpath": "$..c", "matches": "y$"}, lambda body: '"xy"' in body),
    ({"hl7": "PID-5.1", "equals": "Khatun"}, lambda body: "Khatun" in body),
]
EXPECTATIONS = st.tuples(FILTERS, st.lists(st.sampled_from(CONDITIONS), max_size=2))


def fits(row: Json, filters: Json, conditions: list[tuple[Json, Callable[[str], bool]]]) -> bool:
    equal = all(row[name] == value for name, value in filters.items())
    return equal and all(holds(row["request"]["body"]) for _, holds in conditions)


def is_ok(pkb: Client, *expect: Json, in_order: bool = False) -> bool:
    response = pkb.http.post("/_sandbox/verify", json={"expect": expect, "in_order": in_order})
    assert response.status_code == 200, response.text
    ok: bool = response.json()["ok"]
    return ok


@given(HISTORIES, st.lists(EXPECTATIONS, min_size=2, max_size=3))
@settings(max_examples=40)
def test_what_is_counted_and_its_order(pkb: Client, history: list[Any], expectations: list[Any]):
    pkb.http.delete("/_sandbox/exchanges")
    for request, headers in history:
        request(pkb, headers)
    rows = pkb.control("/exchanges")["exchanges"]
    positions = []
    for filters, conditions in expectations:
        expected = {**filters, "body": [condition for condition, _ in conditions]}
        positions.append([n for n, row in enumerate(rows) if fits(row, filters, conditions)])
        number = len(positions[-1])
        assert is_ok(pkb, {**expected, "count": number})
        assert is_ok(pkb, {**expected, "at_least": number}, {**expected, "at_most": number})
        assert not is_ok(pkb, {**expected, "count": number + 1})
        assert not is_ok(pkb, {**expected, "at_least": number + 1})
        assert number == 0 or not is_ok(pkb, {**expected, "at_most": number - 1})
        assert is_ok(pkb, expected) == (number > 0)
    in_some_order = any(
        all(n in choice for n, choice in zip(picked, positions, strict=True))
        for picked in combinations(range(len(rows)), len(expectations))
    )
    expect = [{**filters, "body": [condition for condition, _ in conditions]} for filters, conditions in expectations]
    assert is_ok(pkb, *expect, in_order=True) == in_some_order
