"""The metrics: what Prometheus' own parser reads of them, and that names which clients invent do not become labels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.sax.saxutils import escape

import pytest
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

from sandbox import __version__
from sandbox.server import SandboxServer
from sandbox.worlds.tally import BOUNDS
from tests.control.test_events import following
from tests.hl7.samples import A28
from tests.support import SOAP, Client

OPENMETRICS = "application/openmetrics-text; version=1.0.0"


@pytest.fixture(scope="module")
def fresh() -> Iterator[Client]:
    """A server whose counts no other test has raised."""
    with SandboxServer(port=0, journal_exchanges=20) as server:
        client = Client(server)
        yield client
        client.http.close()


@pytest.fixture
def pkb(fresh: Client) -> Client:
    fresh.http.delete("/_sandbox/exchanges")
    return fresh


def families(pkb: Client) -> dict[str, Metric]:
    response = pkb.http.get("/_sandbox/metrics")
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/plain; version=")
    return {family.name: family for family in prometheus(response.text)}


def samples(pkb: Client, name: str, **labels: str) -> float:
    """The sum of the samples of a name that have some labels."""
    rows = [sample for family in families(pkb).values() for sample in family.samples if sample.name == name]
    assert rows, name
    return sum(sample.value for sample in rows if labels.items() <= sample.labels.items())


def requests(pkb: Client, **labels: str) -> float:
    return samples(pkb, "pkb_sandbox_requests_total", **labels)


def test_a_request_is_counted_by_api_operation_and_outcome(pkb: Client):
    pkb.facade("/Patient/1")
    before = requests(pkb), requests(pkb, api="facade", operation="read Patient", outcome="refused")
    pkb.facade("/Patient/1")
    pkb.facade("/Patient/2")
    pkb.http.get("/_sandbox/world")
    after = requests(pkb), requests(pkb, api="facade", operation="read Patient", outcome="refused")
    assert (after[0] - before[0], after[1] - before[1]) == (2, 2)


def test_a_message_is_counted_by_its_use(pkb: Client):
    pkb.send(A28)
    assert requests(pkb, api="hl7", operation="ADT^A28", outcome="accepted") >= 1


def test_operations_have_the_names_that_the_journal_has(pkb: Client):
    pkb.http.delete("/_sandbox/exchanges")
    pkb.tokens.clear()
    endpoint, token = customer(pkb)
    pkb.http.get("/fhir/metadata")
    pkb.facade("/Patient?identifier=x|1")
    pkb.http.get("/auth/realms/pkb/protocol/openid-connect/certs")
    pkb.http.get(f"{endpoint}/Observation", headers={"Authorization": f"Bearer {token}"})
    pkb.http.get(f"{endpoint}/Patient/1", headers={"Authorization": f"Bearer {token}"})
    operations = {(exchange["api"], exchange["operation"]) for exchange in pkb.control("/exchanges")["exchanges"]}
    assert {("customer", "read Patient"), ("facade", "search-type Patient")} <= operations
    assert {("oauth", "certs"), ("oauth", "token client_credentials")} <= operations
    for api, operation in operations:
        assert requests(pkb, api=api, operation=operation) >= 1


def customer(pkb: Client) -> tuple[str, str]:
    """The address of a Customer endpoint, and a token for it."""
    credentials = pkb.control("/credentials")["credentials"]
    credential = next(row for row in credentials if row["kind"] == "customer-system-client")
    organisations = pkb.control("/world")["organisations"]
    (owner,) = [row for row in organisations if row["id"] == credential["organisation"]["id"]]
    return owner["endpoints"][0]["url"], pkb.token(credential["client_id"])


def test_names_that_clients_invent_are_counted_together(pkb: Client):
    def labels() -> set[Any]:
        return {sample.labels["operation"] for sample in families(pkb)["pkb_sandbox_requests"].samples}

    token = pkb.token(
        next(c["client_id"] for c in pkb.control("/credentials")["credentials"] if "customer" in c["apis"])
    )
    endpoint = pkb.control("/world")["organisations"][0]["endpoints"][0]["url"]
    before = labels() | {"other", "acceptMessage"}
    others = requests(pkb, operation="other")
    for number in range(10):
        pkb.post_soap(SOAP.format(escape(A28.replace("ADT^A28", f"ZZZ^Z{number}"))))
        pkb.http.get(f"{endpoint}/Zebra{number}/1", headers={"Authorization": f"Bearer {token}"})
        pkb.http.get(f"/fhir/Zebra{number}")
        pkb.http.get(f"/json/zebra{number}")
    assert labels() <= before | {"search-type", "read"}
    assert requests(pkb, operation="other") - others >= 30


def test_durations_are_counted_in_ranges(pkb: Client):
    before = samples(pkb, "pkb_sandbox_request_duration_seconds_count", api="facade")
    pkb.http.get("/fhir/metadata")
    family = families(pkb)["pkb_sandbox_request_duration_seconds"]
    rows = {
        s.labels["le"]: s.value for s in family.samples if s.name.endswith("_bucket") and s.labels["api"] == "facade"
    }
    assert [float(bound) for bound in rows] == [*BOUNDS, float("inf")]
    assert list(rows.values()) == sorted(rows.values())
    assert rows["+Inf"] == before + 1
    assert samples(pkb, "pkb_sandbox_request_duration_seconds_sum", api="facade") > 0


def test_the_journal_is_measured(pkb: Client):
    assert samples(pkb, "pkb_sandbox_journal_exchanges") == 0
    for _ in range(25):
        pkb.http.get("/fhir/metadata")
    assert samples(pkb, "pkb_sandbox_journal_exchanges") == 20
    assert samples(pkb, "pkb_sandbox_journal_dropped_total") == 5
    assert samples(pkb, "pkb_sandbox_journal_bytes") > 20 * 500


def test_what_is_stored_is_counted_by_kind(pkb: Client):
    world = pkb.control("/world")
    assert samples(pkb, "pkb_sandbox_stored", kind="patients") == len(world["patients"])
    assert samples(pkb, "pkb_sandbox_stored", kind="teams") == sum(len(o["teams"]) for o in world["organisations"])
    assert samples(pkb, "pkb_sandbox_workspaces") == 1


def test_what_fault_rules_changed_is_counted(pkb: Client):
    pkb.http.put("/_sandbox/faults", json={"rules": [{"api": "facade", "status": 503, "first": 2}]})
    for _ in range(3):
        pkb.http.get("/fhir/Patient/1")
    pkb.http.delete("/_sandbox/faults")
    assert samples(pkb, "pkb_sandbox_fault_hits_total", api="facade") == 2


def test_followers_of_the_events_are_counted(pkb: Client):
    with following(pkb):
        assert samples(pkb, "pkb_sandbox_event_followers") == 1


def test_the_process_and_the_version_are_named(pkb: Client):
    metric_families = families(pkb)
    assert metric_families["process_resident_memory_bytes"].samples[0].value > 1_000_000
    assert metric_families["pkb_sandbox_info"].samples[0].labels == {"version": __version__}


def test_openmetrics_is_given_where_it_is_asked_for(pkb: Client):
    pkb.http.get("/fhir/metadata")
    response = pkb.http.get("/_sandbox/metrics", headers={"Accept": OPENMETRICS})
    assert response.headers["content-type"].startswith("application/openmetrics-text")
    names = {family.name for family in openmetrics(response.text)}
    assert {"pkb_sandbox_requests", "pkb_sandbox_request_duration_seconds", "pkb_sandbox"} <= names


def test_two_servers_count_for_themselves(pkb: Client):
    with SandboxServer(port=0) as server:
        other = Client(server)
        pkb.http.get("/fhir/metadata")
        response = other.http.get("/_sandbox/metrics")
        other.http.close()
    assert "pkb_sandbox_requests_total{" not in response.text


def test_a_server_without_metrics_does_not_load_the_library():
    import subprocess
    import sys

    program = (
        "import sandbox.server, sys; sandbox.server.SandboxServer(port=0); sys.exit('prometheus_client' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_all_worlds_are_counted_together(pkb: Client):
    before = samples(pkb, "pkb_sandbox_stored", kind="teams")
    pkb.http.post("/_sandbox/workspaces", json={"name": "counted"})
    assert samples(pkb, "pkb_sandbox_workspaces") == 2
    assert samples(pkb, "pkb_sandbox_stored", kind="teams") == 2 * before
    pkb.http.delete("/_sandbox/workspaces/counted")
    assert samples(pkb, "pkb_sandbox_workspaces") == 1
