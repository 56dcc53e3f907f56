"""The searches of one request have a budget of steps, counted and not timed; a Bundle has one for all its entries."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.fhir.customer.support import Endpoint
from tests.support import Client

Json = dict[str, Any]
STEPS = 100
TIMES = ",".join(f"ge{number}" for number in range(2000, 2020))
COSTLY = f"Observation?_lastUpdated={TIMES}"
"""A search of 20 steps for each Observation."""
CODES = ",".join(f"x{number}" for number in range(20))


@pytest.fixture
def endpoint(pkb: Client, monkeypatch: pytest.MonkeyPatch) -> Endpoint:
    """An endpoint with three Observations of one patient, and a small budget."""
    endpoint = Endpoint(pkb)
    endpoint.put({"resourceType": "Patient", "id": "p"})
    for number in range(3):
        subject = {"reference": "Patient/p"}
        endpoint.put(
            {
                "resourceType": "Observation",
                "id": f"o{number}",
                "status": "final",
                "code": {"text": "x"},
                "subject": subject,
            }
        )
    limit(endpoint, monkeypatch, STEPS)
    return endpoint


def limit(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, steps: int) -> None:
    """Let the searches of one request take some steps."""
    workspace = endpoint.pkb.server.workspaces.default
    monkeypatch.setattr(workspace, "settings", replace(workspace.settings, max_search_steps=steps))


def bundle(kind: str, *urls: str, method: str = "GET") -> Json:
    entries = [{"request": {"method": method, "url": url}} for url in urls]
    return {"resourceType": "Bundle", "type": kind, "entry": entries}


def codes(outcome: Json) -> list[str]:
    return [issue["code"] for issue in outcome["issue"]]


def test_a_search_within_the_budget_is_answered(endpoint: Endpoint):
    assert endpoint.get(f"/{COSTLY}")["total"] == 3


@pytest.mark.parametrize("parameter", ["code:not", "code", "subject", "_profile"])
def test_the_values_of_a_long_list_that_are_looked_up_count_once(endpoint: Endpoint, parameter: str):
    expected = endpoint.get(f"/Observation?{parameter}={CODES}")["total"]
    assert expected == (3 if parameter.endswith(":not") else 0)
    listed = "&".join([f"{parameter}={CODES}"] * 4)
    assert endpoint.get(f"/Observation?{listed}")["total"] == expected


def test_a_search_beyond_the_budget_is_too_costly(endpoint: Endpoint):
    response = endpoint.ask("GET", f"/{COSTLY}&{COSTLY.partition('?')[2]}")
    assert response.status_code == 400
    assert codes(response.json()) == ["too-costly"]
    assert "more than 100 steps" in response.json()["issue"][0]["diagnostics"]


def test_each_request_has_a_budget_of_its_own(endpoint: Endpoint):
    assert [endpoint.get(f"/{COSTLY}&page=1&_count={number}")["total"] for number in range(4)] == [3] * 4


def test_includes_count(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    path = "/Patient?_id=p&_revinclude=Observation:subject"
    assert len(endpoint.get(path)["entry"]) == 4
    limit(endpoint, monkeypatch, 5)
    assert codes(endpoint.ask("GET", f"{path}&_count=5").json()) == ["too-costly"]


def test_the_entries_of_a_batch_share_one_budget(endpoint: Endpoint):
    answer = endpoint.ask("POST", "", bundle("batch", COSTLY, COSTLY, "Patient/p"))
    statuses = [entry["response"]["status"] for entry in answer.json()["entry"]]
    assert statuses == ["200", "400", "200"]
    assert codes(answer.json()["entry"][1]["response"]["outcome"]) == ["too-costly"]


def test_a_transaction_whose_conditions_cost_too_much_changes_nothing(endpoint: Endpoint):
    answer = endpoint.ask("POST", "", bundle("transaction", "Observation/o1", COSTLY, COSTLY, method="DELETE"))
    assert answer.status_code in (400, 405, 412)
    assert endpoint.get("/Observation/o1")["status"] == "final"


def test_aggregated_counts_too(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    limit(endpoint, monkeypatch, 10)
    headers = {"Authorization": f"Bearer {endpoint.pkb.token('northmoor-fhir')}"}
    response = endpoint.pkb.http.get(f"/aggregated/fhir/Condition?_lastUpdated={TIMES}", headers=headers)
    assert response.status_code == 400
    assert codes(response.json()) == ["too-costly"]


def test_the_entries_of_a_batch_return_limited_text_together(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    size = sum(len(json.dumps(entry)) for entry in endpoint.get("/Observation?_lastUpdated=ge2000")["entry"])
    monkeypatch.setattr("sandbox.fhir.search.budget.MOST_TEXT", 2 * size)
    answer = endpoint.ask("POST", "", bundle("batch", *["Observation?_lastUpdated=ge2000"] * 4, "Patient/p"))
    statuses = [entry["response"]["status"] for entry in answer.json()["entry"]]
    assert statuses == ["200", "200", "400", "400", "200"]
    assert codes(answer.json()["entry"][2]["response"]["outcome"]) == ["too-costly"]


def test_a_search_that_returns_too_much_text_is_too_costly(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sandbox.fhir.search.budget.MOST_TEXT", 500)
    assert endpoint.ask("GET", "/Observation?_count=1").status_code == 200
    refused = endpoint.ask("GET", "/Observation")
    assert (refused.status_code, codes(refused.json())) == (400, ["too-costly"])
    assert "more than 500 characters" in refused.json()["issue"][0]["diagnostics"]


def test_each_resource_that_the_facade_includes_is_a_step(endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch):
    path = "/QuestionnaireResponse?_count="
    include = "&_include=QuestionnaireResponse:subject:Patient&_include=QuestionnaireResponse:basedOn:ProcedureRequest"

    def least_steps(more: str) -> int:
        for steps in range(1, 60):
            limit(endpoint, monkeypatch, steps)
            # A count of its own each time, so that no answer is one of before.
            response = endpoint.pkb.facade(f"{path}{100 + steps}{more}")
            if response.status_code == 200:
                return steps
            assert codes(response.json()) == ["too-costly"]
        raise AssertionError(f"{path}{more} needs more than 60 steps")

    limit(endpoint, monkeypatch, STEPS)
    entries = endpoint.pkb.facade(f"{path}99{include}").json()["entry"]
    added = sum(entry["search"]["mode"] == "include" for entry in entries)
    assert added > 0
    assert least_steps(include) == least_steps("") + added
