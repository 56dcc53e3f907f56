"""Which exchanges `GET /exchanges` chooses: each parameter by what it finds, and what it refuses."""

from __future__ import annotations

from base64 import b64encode
from typing import Any
from xml.sax.saxutils import escape

import pytest

from sandbox.server import SandboxServer
from tests.control.test_control_api import assert_problem
from tests.hl7.samples import A28
from tests.support import SOAP, Client

TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
APIS = "hl7, rest, facade, messaging, customer, aggregated, oauth"


@pytest.fixture
def journal(pkb: Client) -> list[dict[str, Any]]:
    """A token, a refused read, a read in a scenario, a message, a message that is refused, and one that fails."""
    pkb.tokens.clear()
    pkb.facade("/Patient/1")
    pkb.facade(f"/Patient/{TOLA}?_format=json", headers={"PKB-Sandbox-Scenario": "first visit"})
    pkb.send(A28)
    pkb.send(A28.replace("PID|", "XXX|"), "org_eastgate")
    pkb.post_soap("nonsense")
    rows: list[dict[str, Any]] = pkb.control("/exchanges")["exchanges"]
    assert [row["outcome"] for row in rows] == ["accepted", "refused", "accepted", "accepted", "refused", "failed"]
    return rows


CHOICES: dict[str, tuple[str, list[int]]] = {
    "nothing": ("", [0, 1, 2, 3, 4, 5]),
    "api": ("api=facade", [1, 2]),
    "another api": ("api=hl7", [3, 4, 5]),
    "tokens": ("api=oauth", [0]),
    "an api that was not used": ("api=rest", []),
    "accepted": ("outcome=accepted", [0, 2, 3]),
    "refused": ("outcome=refused", [1, 4]),
    "failed": ("outcome=failed", [5]),
    "operation": ("operation=read%20Patient", [1, 2]),
    "operation with a plus sign": ("operation=read+Patient", [1, 2]),
    "operation of a message": ("operation=ADT^A28", [3, 4]),
    "operation that begins so": ("operation=read", []),
    "client": ("client=letterbox-facade", [0, 1, 2]),
    "client, an HL7 user": ("client=org_eastgate", [4]),
    "unknown client": ("client=nobody", []),
    "patient": (f"patient={TOLA}", [2]),
    "unknown patient": ("patient=1", []),
    "scenario": ("scenario=first%20visit", [2]),
    "unknown scenario": ("scenario=first", []),
    "two": ("api=facade&outcome=refused", [1]),
    "all": (f"api=facade&operation=read+Patient&client=letterbox-facade&patient={TOLA}&scenario=first+visit", [2]),
    "all but one": (f"api=facade&client=org_northmoor&patient={TOLA}&scenario=first+visit", []),
    "since long ago": ("since=2000-01-01", [0, 1, 2, 3, 4, 5]),
    "since the future": ("since=2999-01-01T00:00:00Z", []),
    "limit": ("limit=2", [4, 5]),
    "limit behind another parameter": ("api=facade&limit=1", [2]),
    "limit beyond all": ("limit=999999", [0, 1, 2, 3, 4, 5]),
    "limit of nothing": ("limit=0", []),
    "after the first": ("after={0}", [1, 2, 3, 4, 5]),
    "after the last": ("after={5}", []),
    "after one that does not fit": ("after={2}&api=hl7", [3, 4, 5]),
    "a page after an exchange": ("after={0}&limit=2", [1, 2]),
    "the next page": ("after={2}&limit=2", [3, 4]),
    "a page of what fits": ("after={0}&limit=2&api=hl7", [3, 4]),
    "no time to wait": ("api=rest&wait=0", []),
}


@pytest.mark.parametrize(("query", "numbers"), CHOICES.values(), ids=CHOICES)
def test_exchanges_are_chosen(pkb: Client, journal: list[dict[str, Any]], query: str, numbers: list[int]):
    after = query.format(*(row["id"] for row in journal))
    assert pkb.control(f"/exchanges?{after}") == {"exchanges": [journal[n] for n in numbers], "dropped": 0}


REFUSED: dict[str, str] = {
    "api=fhir": f"api must be one of: {APIS}",
    "api=": f"api must be one of: {APIS}",
    "api=HL7": f"api must be one of: {APIS}",
    "outcome=good": "outcome must be one of: accepted, refused, failed",
    "outcome=": "outcome must be one of: accepted, refused, failed",
    "operation=": "operation must be text, and not empty",
    "client=": "client must be text, and not empty",
    "patient=": "patient must be text, and not empty",
    "scenario=": "scenario must be text, and not empty",
    "text=": "text must be text, and not empty",
    "limit=x": "limit must be a whole number from 0 to 999999, not 'x'",
    "limit=-1": "limit must be a whole number from 0 to 999999, not '-1'",
    "limit=1.5": "limit must be a whole number from 0 to 999999, not '1.5'",
    "limit=": "limit must be a whole number from 0 to 999999, not ''",
    "limit=1000000": "limit must be a whole number from 0 to 999999, not '1000000'",
    "limit=٣": "limit must be a whole number from 0 to 999999, not '٣'",
    "since=yesterday": "since must be an ISO 8601 time, as 2026-07-01T12:00:00Z, not 'yesterday'",
    "since=": "since must be an ISO 8601 time, as 2026-07-01T12:00:00Z, not ''",
    "since=2026-02-30": "since must be an ISO 8601 time, as 2026-07-01T12:00:00Z, not '2026-02-30'",
    "wait=x": "wait must be a number of seconds from 0 to 600, not 'x'",
    "wait=": "wait must be a number of seconds from 0 to 600, not ''",
    "wait=-1": "wait must be a number of seconds from 0 to 600, not '-1'",
    "wait=600.1": "wait must be a number of seconds from 0 to 600, not '600.1'",
    "wait=nan": "wait must be a number of seconds from 0 to 600, not 'nan'",
    "wait=inf": "wait must be a number of seconds from 0 to 600, not 'inf'",
    "wait=1e3": "wait must be a number of seconds from 0 to 600, not '1e3'",
    "wait=٣": "wait must be a number of seconds from 0 to 600, not '٣'",
    "colour=red": "Unknown parameter 'colour'; allowed: api, operation, client, patient, outcome, scenario, text",
    "api=hl7&api=rest": "Repeated parameter: api",
}


@pytest.mark.parametrize(("query", "detail"), REFUSED.items(), ids=REFUSED)
def test_an_unknown_parameter_is_refused(pkb: Client, query: str, detail: str):
    assert_problem(pkb.http.get(f"/_sandbox/exchanges?{query}"), 400, detail)


@pytest.mark.parametrize("path", ["/exchanges", "/exchanges.har", "/exchanges.hl7"])
def test_a_dropped_exchange_cannot_be_a_starting_point(pkb: Client, path: str):
    """The client would lose what was dropped behind it without noticing."""
    pkb.http.get("/fhir/metadata")
    (gone,) = pkb.control("/exchanges")["exchanges"]
    pkb.http.delete("/_sandbox/exchanges")
    detail = f"The journal does not contain the exchange '{gone['id']}'"
    assert_problem(pkb.http.get(f"/_sandbox{path}?after={gone['id']}"), 404, detail)
    assert_problem(pkb.http.get(f"/_sandbox{path}?after="), 404, "The journal does not contain the exchange ''")


def test_without_a_limit_everything_is_listed_and_pages_miss_nothing(pkb: Client):
    for _ in range(1100):
        pkb.http.get("/fhir/Nothing")
    rows = pkb.control("/exchanges")["exchanges"]
    assert len(rows) == 1100
    pages = [rows[0]]
    while page := pkb.control(f"/exchanges?limit=300&after={pages[-1]['id']}")["exchanges"]:
        pages += page
    assert pages == rows


def test_a_message_in_another_envelope_is_named_as_repeated(pkb: Client):
    message = escape("MSH|^~\\&|X|NM|PKB|PKB|20260101120000||ADT^A28||P|2.4\rEVN|A28")
    pkb.post_soap(SOAP.format(message))
    pkb.post_soap(SOAP.replace("soapenv", "s").format(message))
    first, second = pkb.control("/exchanges")["exchanges"]
    assert first["hl7"]["control_id"] == ""
    assert (first["repeats"], second["repeats"]) == (None, first["id"])


def test_the_bounds_of_the_journal_hold_for_all_worlds_together():
    """Each world counts what it dropped itself; a world that is deleted makes room."""
    with SandboxServer(port=0, journal_exchanges=6) as server:
        pkb = Client(server)
        large = pkb.http.post("/_sandbox/workspaces", json={"name": "large"}).json()
        sender = next(entry for entry in large["credentials"] if entry["kind"] == "hl7-org")
        for _ in range(4):
            pkb.post_soap(SOAP.format("x" * 5000), "", Authorization=basic(sender))
        for _ in range(5):
            pkb.http.get("/fhir/Nothing")
        assert numbers(pkb) == (5, 0)
        assert numbers(pkb, "?workspace=large") == (1, 3)
        pkb.http.get("/fhir/Nothing")
        assert (numbers(pkb), numbers(pkb, "?workspace=large")) == ((5, 1), (1, 3))
        pkb.http.delete("/_sandbox/workspaces/large")
        pkb.http.get("/fhir/Nothing")
        assert numbers(pkb) == (6, 1)
        pkb.http.close()


def numbers(pkb: Client, query: str = "") -> tuple[int, int]:
    """How many exchanges a world has, and how many it has dropped."""
    body = pkb.control(f"/exchanges{query}")
    return len(body["exchanges"]), body["dropped"]


def basic(credential: dict[str, Any]) -> str:
    return "Basic " + b64encode(f"{credential['username']}:{credential['password']}".encode()).decode()
