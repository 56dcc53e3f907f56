"""The journal over the control API: what a record holds, how records are chosen, and what a refusal explains."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.sax.saxutils import escape

import pytest

from sandbox.base.clock import Clock
from sandbox.base.ids import is_uuid
from sandbox.worlds.exchange import Exchange
from tests.control.test_control_api import assert_problem
from tests.support import SOAP, Client

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
RECORD = {
    "id",
    "at",
    "api",
    "operation",
    "outcome",
    "caller",
    "credential",
    "cell",
    "standing",
    "scenario",
    "fault",
    "repeats",
    "request",
    "response",
    "ms",
    "explain",
}
EXPLANATION = {"id", "rule", "cell", "caller", "expected", "instead", "standing", "source"}


def exchanges(pkb: Client, query: str = "") -> list[dict[str, Any]]:
    records: list[dict[str, Any]] = pkb.control(f"/exchanges{query}")["exchanges"]
    return records


@pytest.fixture
def three(pkb: Client) -> list[dict[str, Any]]:
    """The records of a refused read, a read, and a rejected message."""
    pkb.token("letterbox-facade")
    pkb.http.delete("/_sandbox/exchanges")
    pkb.facade("/Patient/1")
    pkb.facade(f"/Patient/{TOLA}?_format=json")
    pkb.post_soap(SOAP.format(escape("MSH|nonsense")))
    return exchanges(pkb)


def test_a_record_of_a_read(pkb: Client, three: list[dict[str, Any]]):
    record = three[1]
    assert set(record) == RECORD
    assert is_uuid(record["id"])
    assert record["at"].endswith("Z")
    assert record["ms"] > 0
    expected = {
        "api": "facade",
        "operation": "read Patient",
        "outcome": "accepted",
        "caller": "partner letterbox-facade (system-client)",
        "credential": "system-client",
        "cell": "partner.facade.read_demographics",
        "standing": "documented",
        "explain": None,
    }
    assert {key: record[key] for key in expected} == expected
    request, response = record["request"], record["response"]
    assert (request["method"], request["path"]) == ("GET", f"/fhir/Patient/{TOLA}?_format=json")
    assert request["headers"]["x-org-public-id"] == pkb.organisation()
    assert request["body"] == ""
    assert response["status"] == 200
    assert response["headers"]["content-type"] == "application/fhir+json;charset=utf-8"
    assert '"family":"Adeyemi"' in response["body"]


def test_the_record_of_a_message_has_its_acknowledgement_and_no_secret(pkb: Client, three: list[dict[str, Any]]):
    record = three[2]
    assert set(record) == RECORD | {"hl7"}
    assert (record["api"], record["outcome"]) == ("hl7", "refused")
    assert record["hl7"]["ack"] in ("AR", "AE")
    assert record["hl7"]["text"].startswith("MSH|")
    assert record["request"]["headers"]["authorization"] == "[redacted]"
    assert "MSH|nonsense" in record["request"]["body"]


def test_the_headers_of_an_answer_lead_to_its_record(pkb: Client):
    response = pkb.facade("/Patient/1")
    record = pkb.control(f"/exchanges/{response.headers['pkb-sandbox-exchange']}")
    assert record["cell"] == response.headers["pkb-sandbox-cell"]
    assert record["standing"] == response.headers["pkb-sandbox-standing"]
    assert record["explain"] == response.headers["pkb-sandbox-explain"]


def test_the_newest_record_is_the_last(pkb: Client, three: list[dict[str, Any]]):
    times = [datetime.fromisoformat(exchange["at"]) for exchange in three]
    assert times == sorted(times)
    assert [exchange["response"]["status"] for exchange in three] == [404, 200, 200]


def test_since_is_an_instant_and_not_a_text(pkb: Client):
    workspace = pkb.server.workspaces.default
    workspace.clock = Clock.parse("2026-01-01T10:00:00.500Z")
    pkb.http.get("/fhir/metadata")
    assert len(exchanges(pkb, "?since=2026-01-01T10:00:00Z")) == 1
    assert len(exchanges(pkb, "?since=2026-01-01T11:00:00%2B01:00")) == 1
    assert len(exchanges(pkb, "?since=2026-01-01T11:00:00+01:00")) == 1
    assert len(exchanges(pkb, "?since=2026-01-01T10:00:00.500Z")) == 1
    assert len(exchanges(pkb, "?since=2026-01-01T10:00:00.501Z")) == 0
    assert len(exchanges(pkb, "?since=2026-01-01")) == 1


def test_the_journal_is_emptied(pkb: Client, three: list[dict[str, Any]]):
    response = pkb.http.delete("/_sandbox/exchanges")
    assert (response.status_code, response.content) == (204, b"")
    assert pkb.control("/exchanges") == {"exchanges": [], "dropped": 0}
    assert_problem(pkb.http.get(f"/_sandbox/exchanges/{three[0]['id']}"), 404, "The exchange does not exist")


@pytest.mark.parametrize("path", ["/exchanges/nothing", "/exchanges/nothing/explanation"])
def test_an_unknown_exchange_is_not_found(pkb: Client, path: str):
    assert_problem(pkb.http.get(f"/_sandbox{path}"), 404)


def test_the_ring_says_what_it_dropped(pkb: Client):
    journal = pkb.server.workspaces.default.exchanges
    most = pkb.server.settings.journal_exchanges
    for number in range(most + 3):
        journal.add(Exchange(id=str(number), at=NOW, api="facade", method="GET", path="/"))
    oldest = pkb.http.get("/_sandbox/exchanges/3")
    assert oldest.json()["id"] == "3"
    assert_problem(pkb.http.get("/_sandbox/exchanges/2"), 404, "The exchange does not exist")
    newest = pkb.control("/exchanges?limit=1")
    assert (newest["exchanges"][0]["id"], newest["dropped"]) == (str(most + 2), 3)
    pkb.http.post("/_sandbox/reset", json={"reset": ["exchanges"]})
    assert pkb.control("/exchanges") == {"exchanges": [], "dropped": 0}


def test_a_large_body_is_cut_in_the_record(pkb: Client):
    pkb.facade("/Patient", method="POST", content=b"x" * 100_000, headers={"Content-Type": "text/plain"})
    body = exchanges(pkb)[-1]["request"]["body"]
    assert body.endswith("… [100000 bytes]")
    assert len(body) < 66_000


def test_undecodable_bytes_are_replaced(pkb: Client):
    pkb.facade("/Patient", method="POST", content=b"ok\xff\x00", headers={"Content-Type": "image/png"})
    assert exchanges(pkb)[-1]["request"]["body"] == "ok\ufffd\x00"


# --- explanations ---


def test_a_refusal_is_explained(pkb: Client):
    response = pkb.facade("/Patient/1")
    explanation = pkb.http.get(response.headers["pkb-sandbox-explain"])
    assert explanation.status_code == 200
    assert explanation.headers["content-type"] == "application/json"
    body = explanation.json()
    assert set(body) == EXPLANATION
    assert body["rule"] == "A resource that does not exist, or is hidden from the caller, is 404"
    assert body["cell"] == "partner.facade.read_demographics"
    assert body["caller"] == "partner letterbox-facade (system-client)"
    assert body["expected"] == "Resource Patient/1 is not known"
    assert body["standing"] == "inferred"


def test_an_answer_that_was_no_refusal_has_nothing_to_explain(pkb: Client):
    response = pkb.facade(f"/Patient/{TOLA}")
    id_ = response.headers["pkb-sandbox-exchange"]
    assert_problem(pkb.http.get(f"/_sandbox/exchanges/{id_}/explanation"), 404, "No explanation is available: ")


def test_a_browser_gets_the_explanation_as_a_page(pkb: Client):
    response = pkb.facade("/Patient", client="untethered-facade")
    headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = pkb.http.get(response.headers["pkb-sandbox-explain"], headers=headers)
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text.lower().startswith("<!doctype html>")
    assert "has not granted access" in page.text
    assert "partner untethered-facade (system-client)" in page.text


def test_what_came_from_a_request_is_escaped_on_the_page(pkb: Client):
    response = pkb.facade("/Patient/%3Cscript%3Ealert(1)%3C%2Fscript%3E?_format=json")
    assert response.status_code in (400, 404)
    page = pkb.http.get(response.headers["pkb-sandbox-explain"], headers={"Accept": "text/html"}).text
    assert "<script>alert" not in page
    response = pkb.facade("/Consent?patient=<img src=x onerror=alert(1)>&date=%22%3E%3Cb%3E")
    page = pkb.http.get(response.headers["pkb-sandbox-explain"], headers={"Accept": "text/html"}).text
    assert "<img" not in page
    assert "<b>" not in page.replace("<body>", "")


# --- scenarios, repetitions ---


def test_a_client_names_the_scenario_of_a_request(pkb: Client):
    pkb.facade("/Patient/1", headers={"PKB-Sandbox-Scenario": "first visit"})
    pkb.facade("/Patient/2")
    named, other = exchanges(pkb, "?api=facade")
    assert (named["scenario"], other["scenario"]) == ("first visit", None)
    assert exchanges(pkb, "?scenario=first%20visit") == [named]
    assert named["fault"] is None


def test_a_request_that_a_client_sent_before_names_the_earlier_one(pkb: Client):
    pkb.token("letterbox-facade")
    pkb.http.delete("/_sandbox/exchanges")
    for path in ("/Patient/1", "/Patient/2", "/Patient/1", "/Patient/1?_format=json"):
        pkb.facade(path)
    first, second, third, fourth = exchanges(pkb)
    assert [exchange["repeats"] for exchange in (first, second, third, fourth)] == [None, None, first["id"], None]


def test_another_client_does_not_repeat(pkb: Client):
    for user in ("org_northmoor", "org_eastgate", "org_northmoor"):
        pkb.post_soap(SOAP.format(escape("MSH|nonsense")), user)
    first, second, third = exchanges(pkb)
    assert (first["repeats"], second["repeats"], third["repeats"]) == (None, None, first["id"])


def test_a_message_with_the_same_control_id_repeats_at_any_time(pkb: Client):
    head = "MSH|^~\\&|X|NM|PKB|PKB|2026010112{}||ADT^A28|{}|P|2.4"
    for minute, control_id in ((1, "a"), (2, "a"), (3, "b"), (3, "b")):
        pkb.post_soap(SOAP.format(escape(head.format(f"{minute:02}", control_id))))
        assert pkb.http.put("/_sandbox/clock", json={"advance": "PT1H"}).status_code == 200
    first, second, third, fourth = exchanges(pkb)
    assert [exchange["repeats"] for exchange in (first, second, third, fourth)] == [
        None,
        first["id"],
        None,
        third["id"],
    ]


def test_ten_minutes_later_a_request_is_a_new_one(pkb: Client):
    pkb.http.get("/fhir/metadata")
    assert pkb.http.put("/_sandbox/clock", json={"advance": "PT10M1S"}).status_code == 200
    pkb.http.get("/fhir/metadata")
    pkb.http.get("/fhir/metadata")
    first, second, third = exchanges(pkb)
    assert (first["repeats"], second["repeats"], third["repeats"]) == (None, None, second["id"])
