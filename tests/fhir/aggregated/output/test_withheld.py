"""What Aggregated withholds stands in the explanation, with number and reason, and never in the answer."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from sandbox.model import Aggregate
from tests.fhir.aggregated.support import TOLA, Aggregated, by, feed, observation, patient
from tests.support import Client

NO_LABEL = "it has no privacy label, and only an organisation with all of GENERAL_HEALTH"
NOT_GRANTED = "its privacy label is SEXUAL_HEALTH, which the organisation's teams were not granted"
SEXUAL = {"label": "SEXUAL_HEALTH"}


@pytest.fixture
def fed(pkb: Client) -> Aggregated:
    """One weight that shows, two under a label of others, and one without a label."""
    upstream = feed(pkb, "northmoor-r4")
    upstream.put(patient(TOLA))
    upstream.put(observation("shown"))
    upstream.put(observation("hidden1", **SEXUAL))
    upstream.put(observation("hidden2", **SEXUAL, code={"text": "Pulse"}, status="preliminary"))
    upstream.put(observation("bare", label=""))
    return Aggregated(pkb)


def explained(pkb: Client, response: httpx.Response) -> dict[str, Any]:
    return dict(pkb.http.get(response.headers["pkb-sandbox-explain"]).json())


def test_a_search_says_how_many_are_withheld_and_why(pkb: Client, fed: Aggregated):
    response = fed.ask(f"/Observation?subject:Patient.identifier={by(TOLA)}")
    assert response.json()["total"] == 1
    explanation = explained(pkb, response)
    assert explanation["id"] == "aggregated.withheld"
    lines = explanation["expected"].splitlines()
    assert [line for line in lines if line.startswith("2 Observation withheld: ")] == [
        f"2 Observation withheld: {NOT_GRANTED}"
    ]
    assert [line for line in lines if line.startswith(f"1 Observation withheld: {NO_LABEL}")]
    assert len(lines) == 2


def test_only_what_meets_the_criteria_counts(pkb: Client, fed: Aggregated):
    response = fed.ask("/Observation?status=preliminary")
    assert response.json()["total"] == 0
    assert explained(pkb, response)["expected"] == f"1 Observation withheld: {NOT_GRANTED}"
    response = fed.ask("/Observation?status=amended")
    assert "pkb-sandbox-explain" not in response.headers


def test_a_search_of_which_all_shows_explains_nothing(pkb: Client):
    assert "pkb-sandbox-explain" not in Aggregated(pkb).ask(f"/Patient?identifier={by(TOLA)}").headers


def test_a_patient_who_does_not_show_is_named_with_the_reason(pkb: Client, fed: Aggregated):
    tola = pkb.patient("Registered")["id"]
    assert pkb.http.post(f"/_sandbox/records/{tola}/sharing", json={"disabled": True}).status_code == 200
    response = fed.ask(f"/Observation?subject:Patient.identifier={by(TOLA)}")
    assert response.json()["total"] == 0
    expected = explained(pkb, response)["expected"]
    assert "was requested but is withheld: the patient is not in the organisation, has disabled sharing" in expected


@pytest.mark.parametrize(("label", "reason"), [("SEXUAL_HEALTH", NOT_GRANTED), ("", NO_LABEL)])
def test_a_read_says_why_what_is_there_does_not_show(pkb: Client, fed: Aggregated, label: str, reason: str):
    fed.ask(f"/Observation?subject:Patient.identifier={by(TOLA)}")
    aggregates = pkb.server.workspaces.default.store.all(Aggregate)
    hidden = next(
        aggregate.id for aggregate in aggregates if aggregate.id.startswith("Observation/") and aggregate.label == label
    )
    response = fed.ask(f"/{hidden}")
    assert response.status_code == 404
    explanation = explained(pkb, response)
    assert explanation["id"] == "aggregated.not-found"
    assert explanation["instead"].startswith(f"a caller who may see it; it is withheld: {reason}")


def test_a_read_of_what_is_not_there_withholds_nothing(pkb: Client, fed: Aggregated):
    assert "withheld" not in explained(pkb, fed.ask("/Observation/nothing"))["instead"]
