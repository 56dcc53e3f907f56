"""An example of a team's own tests. Run by pytest in each of the plugin's modes: see test_plugin.py."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

A28 = (
    "MSH|^~\\&|PAS|NORTHMOOR|PKB|PKB|20260101090000||ADT^A28|{id}|P|2.4\r"
    "EVN|A28|20260101090000\r"
    "PID|||9991234500^^^NHS^NH||Example^Esme||19710203|F|||1 High Street^^Leeds^^LS1 1AA"
)
NUMBER = "https://fhir.nhs.uk/Id/nhs-number|9991234500"


@pytest.fixture(autouse=True)
def begins_anew(pkb_sandbox):
    """Each test begins without the patient and the exchanges of the others."""
    assert pkb_sandbox.exchanges == []
    assert NUMBER.rpartition("|")[2] not in {patient["nhs_number"] for patient in pkb_sandbox.patients}


def test_a_patient_arrives(pkb_sandbox):
    ack = pkb_sandbox.send_hl7(A28.format(id="1"))
    assert (ack.code, ack.control_id) == ("AA", "1")
    assert pkb_sandbox.record("9991234500")["patient"]["name"]["family"] == "Example"
    with pkb_sandbox.client("system-client") as partner:
        assert partner.get("/fhir/Patient", params={"identifier": NUMBER}).json()["total"] == 1


def test_a_refusal_is_seen(pkb_sandbox):
    ack = pkb_sandbox.send_hl7("MSH|^~\\&|PAS|NORTHMOOR|PKB|PKB|20260101090000||ADT^A28|2|P|2.4")
    assert ack.code in ("AE", "AR")
    assert pkb_sandbox.exchanges[-1]["outcome"] == "refused"


@pytest.mark.pkb(clock="2026-05-01T09:00:00Z")
def test_time_moves_when_it_is_moved(pkb_sandbox):
    assert pkb_sandbox.advance("PT1H")["now"] == "2026-05-01T10:00:00Z"
    with pkb_sandbox.client("customer-system-client") as customer:
        assert customer.get("/customer/northmoor-r4/fhir/Patient").status_code == 200
        pkb_sandbox.advance("PT10M")
        assert customer.get("/customer/northmoor-r4/fhir/Patient").status_code == 200, "the token was renewed"


@pytest.mark.pkb(faults=[{"api": "facade", "status": 503}])
def test_a_fault_is_there_from_the_start(pkb_sandbox):
    with pkb_sandbox.client("system-client") as partner:
        assert partner.get("/fhir/Patient", params={"identifier": NUMBER}).status_code == 503
    pkb_sandbox.fail_next(api="hl7", drop="after-commit")
    with pytest.raises(httpx.TransportError):
        pkb_sandbox.send_hl7(A28.format(id="3"))
    assert pkb_sandbox.send_hl7(A28.format(id="3")).code == "AA"
    lost, again = (entry for entry in pkb_sandbox.exchanges if entry["api"] == "hl7")
    assert again["repeats"] == lost["id"]


def test_changes_since_a_checkpoint(pkb_sandbox):
    before = pkb_sandbox.checkpoint()
    pkb_sandbox.send_hl7(A28.format(id="4"))
    assert [entry["kind"] for entry in pkb_sandbox.changes_since(before)["added"]]
    pkb_sandbox.restore(before)
    assert pkb_sandbox.changes_since(before)["added"] == []


def test_a_person_signs_in(pkb_sandbox):
    user = pkb_sandbox.credential("user-client")["users"][0]
    assert pkb_sandbox.sign_in(user["email"]).access_token
    with pkb_sandbox.client("user-client", user=user["email"]) as app:
        assert app.get("/json/users/self").status_code == 200


def test_waiting_ends_when_the_exchange_comes(pkb_sandbox):
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(pkb_sandbox.wait_for, 20, api="hl7", operation="ADT^A28")
        pkb_sandbox.send_hl7(A28.format(id="5"))
        assert waiting.result()["hl7"]["control_id"] == "5"


def test_asynchronous_code_uses_the_same_world(pkb_sandbox):
    async def steps() -> None:
        world = pkb_sandbox.asynchronous
        await world.send_hl7(A28.format(id="6"))
        async with await world.client("system-client") as partner:
            assert (await partner.get("/fhir/Patient", params={"identifier": NUMBER})).json()["total"] == 1
        await world.close()

    asyncio.run(steps())
    assert pkb_sandbox.record("9991234500")
