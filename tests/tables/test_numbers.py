"""Numbers that facts state, at the bound and one beyond it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sandbox.hl7 import mllp_slots
from sandbox.server import SandboxServer
from tests.fhir.customer.support import Endpoint
from tests.hl7.clinical import accepted, refused
from tests.hl7.messages.test_mdm import TXA, obx, t02
from tests.hl7.samples import explanation, message
from tests.journeys.test_notifications import MAILED, outbox, outcomes
from tests.rest.support import assert_error, call, token_of
from tests.support import Client

Json = dict[str, Any]
DEMOGRAPHICS = (
    "Location",
    "NamingSystem",
    "Organization",
    "Patient",
    "Person",
    "Practitioner",
    "PractitionerRole",
    "RelatedPerson",
)


@pytest.mark.parametrize("type_", DEMOGRAPHICS)
def test_a_type_of_demographics_is_read_by_the_cell_for_demographics(pkb: Client, type_: str):
    response = Endpoint(pkb).ask("GET", f"/{type_}")
    assert response.headers["pkb-sandbox-cell"] == "customer.customer.read_demographics"


@pytest.mark.parametrize("type_", ["Observation", "Group", "HealthcareService", "Practitioner/x/_history", "List"])
def test_reading_any_other_type_is_clinical(pkb: Client, type_: str):
    response = Endpoint(pkb).ask("GET", f"/{type_}")
    cell = "read_demographics" if "Practitioner" in type_ else "read_clinical"
    assert response.headers["pkb-sandbox-cell"] == f"customer.customer.{cell}"


@pytest.fixture
def frozen() -> Iterator[Client]:
    with SandboxServer(port=0, clock="2026-03-14T10:00:00Z") as server:
        client = Client(server)
        yield client
        client.http.close()


@pytest.mark.parametrize(("at", "suppressed"), [("20260307100000", None), ("20260307095959", "older-than-a-week")])
def test_a_document_is_old_after_a_week(frozen: Client, at: str, suppressed: str | None):
    accepted(frozen, t02(TXA.replace("202603071000", at), obx()))
    assert ("email", suppressed) in outcomes(outbox(frozen, suppressed="all"))
    assert (MAILED in outcomes(outbox(frozen))) is (suppressed is None)


def delayed(days: int) -> str:
    return t02(TXA, obx() + "|" * 8 + str(days))


def test_a_release_delay_is_at_most_a_hundred_years(pkb: Client):
    accepted(pkb, delayed(36_500))
    refused(pkb, delayed(36_501), "OBX-13.1 (delay) must be a number of days. You provided [36501]")


def test_a_query_has_at_most_ten_thousand_rows(pkb: Client):
    query = message("QRD|20260310101500|R|I|q-1|||0^RD||STA", type_="QRY^A19")
    assert explanation(pkb, query)["instead"] == "a number from 1, as in 100^RD; numbers over 10,000 count as 10,000"


def test_mllp_has_at_most_two_hundred_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    # However long it takes to open them, none has waited long enough to be sent away.
    monkeypatch.setattr(mllp_slots, "LEAST_WAIT", 1000.0)
    with SandboxServer(port=0, mllp_port=free_port()) as server, ExitStack() as opened:
        address = ("127.0.0.1", server.workspaces.default.settings.mllp_port)
        peers = [opened.enter_context(socket.create_connection(address, timeout=10)) for _ in range(200)]
        beyond = opened.enter_context(socket.create_connection(address, timeout=10))
        assert beyond.recv(1) == b"", "the connection beyond 200 is closed"
        for peer in (peers[0], peers[-1]):
            peer.sendall(b"\x0bMSH|^~\\&|||||||ADT^A28|c|P|2.4\r\x1c\r")
            assert b"MSA|" in peer.recv(1000)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


SENT = {
    "15 digits": ({"value": "1" * 15}, 200),
    "16 digits": ({"value": "1" * 16}, 400),
    "15 digits behind the point": ({"value": "0." + "1" * 15}, 200),
    "16 digits behind the point": ({"value": "0." + "1" * 16}, 400),
    "the year 1800": ({"value": "1", "takenDate": "1800-01-01T00:00:00Z"}, 200),
    "the year 1799": ({"value": "1", "takenDate": "1799-12-31T23:59:59Z"}, 400),
    "the year 2199": ({"value": "1", "takenDate": "2199-12-31T23:59:59Z"}, 200),
    "the year 2200": ({"value": "1", "takenDate": "2200-01-01T00:00:00Z"}, 400),
    "a text of 1,000 characters": ({"valueNonNumeric": "x" * 1000}, 200),
    "a text of 1,001 characters": ({"valueNonNumeric": "x" * 1001}, 400),
}


@pytest.mark.parametrize(("body", "status"), SENT.values(), ids=SENT)
def test_a_body_of_custom_rest_is_accepted_within_its_bounds(pkb: Client, body: Json, status: int):
    response = call(pkb, "POST", "/v1/measurements", token_of(pkb, "PATIENT"), json={"apiRef": "weight", **body})
    if status == 400:
        assert_error(response, 400, "BAD_REQUEST")
    else:
        assert response.status_code == status, response.text


def test_the_most_bad_entries_that_a_refused_transaction_names(pkb: Client):
    entries = [{"request": {"method": "GET", "url": "Patient/nobody"}}] * 1001
    response = Endpoint(pkb).ask("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert response.status_code == 404
    assert len(response.json()["issue"]) == 1000


SEARCHES = {
    "100 parameters": ("&".join(["active=true"] * 100), 200),
    "101 parameters": ("&".join(["active=true"] * 101), 400),
    "1,000 values": (f"_id={','.join(['a'] * 1000)}", 200),
    "1,001 values": (f"_id={','.join(['a'] * 1001)}", 400),
    "1,000 names": (f"name={','.join(['a'] * 1000)}", 200),
    "1,001 names": (f"name={','.join(['a'] * 1001)}", 400),
}


@pytest.mark.parametrize(("query", "status"), SEARCHES.values(), ids=SEARCHES)
def test_a_search_is_accepted_within_its_bounds(pkb: Client, query: str, status: int):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = Endpoint(pkb).ask("POST", "/Patient/_search", query.encode(), **headers)
    assert response.status_code == status, response.text


def test_a_page_has_100_entries_unless_asked_for_otherwise_and_1000_at_most(pkb: Client):
    endpoint = Endpoint(pkb)
    entries = [
        {"resource": {"resourceType": "Basic", "code": {"text": "x"}}, "request": {"method": "POST", "url": "Basic"}}
    ] * 1001
    response = endpoint.ask("POST", "", {"resourceType": "Bundle", "type": "transaction", "entry": entries})
    assert response.status_code == 200, response.text
    for path in ("/Basic?", "/Basic/_history?"):
        for count, size in (("", 100), ("_count=1000", 1000), ("_count=1001", 1000)):
            assert len(endpoint.get(path + count)["entry"]) == size, path
