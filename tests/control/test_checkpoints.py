"""Checkpoints: made, listed, restored, compared, forgotten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sandbox.server import SandboxServer
from tests.control.test_control_api import assert_problem
from tests.fhir.aggregated.support import feed
from tests.hl7.samples import example, state
from tests.support import Client

Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _no_checkpoints(pkb: Client) -> None:
    for row in pkb.control("/checkpoints")["checkpoints"]:
        pkb.http.delete(f"/_sandbox/checkpoints/{row['name']}")


def checkpoint(pkb: Client, name: str = "before") -> Json:
    response = pkb.http.post("/_sandbox/checkpoints", json={"name": name})
    assert response.status_code == 201, response.text
    return response.json()


def difference(pkb: Client, name: str = "before", to: str = "") -> Json:
    return pkb.control(f"/checkpoints/{name}/diff" + (f"?to={to}" if to else ""))


def accepted(pkb: Client, text: str) -> str:
    """Sends a message that must be accepted; the id of its exchange."""
    assert pkb.send(text).code == "AA"
    return pkb.control("/exchanges?limit=1")["exchanges"][0]["id"]


def test_an_appointment_that_moved_is_told_in_clinical_words(pkb: Client):
    accepted(pkb, example("siu_s12"))
    assert set(checkpoint(pkb)) == {"name", "at"}
    moved = example("siu_s13").replace("202604091030", "202604030930").replace("202604091050", "202604030950")
    exchange = accepted(pkb, moved)
    comparison = difference(pkb)
    assert (comparison["from"], comparison["to"], comparison["added"], comparison["removed"]) == (
        "before",
        "now",
        [],
        [],
    )
    (entry,) = comparison["changed"]
    start = "1 appointment moved from 2 April 09:30 to 3 April 09:30 (SIU^S13, SCH-11.4 · Facade Appointment.start)"
    assert entry["text"] == start
    assert (entry["kind"], entry["by"]) == ("appointment", [exchange])
    assert entry["changes"][0] == {
        "path": "start_at",
        "hl7": "SCH-11.4",
        "fhir": "Appointment.start",
        "from": "2026-04-02T08:30:00Z",
        "to": "2026-04-03T08:30:00Z",
    }
    text = pkb.http.get("/_sandbox/checkpoints/before/diff", headers={"Accept": "text/plain"})
    assert text.headers["content-type"].startswith("text/plain")
    assert start in text.text


def test_a_checkpoint_is_restored_and_then_nothing_differs(pkb: Client):
    checkpoint(pkb)
    accepted(pkb, example("siu_s12"))
    assert len(difference(pkb)["added"]) == 1
    assert pkb.http.post("/_sandbox/checkpoints/before/restore").status_code == 200
    assert difference(pkb) == {"from": "before", "to": "now", "added": [], "changed": [], "removed": []}


def test_an_unknown_checkpoint_is_a_problem(pkb: Client):
    for method, path in (("POST", "/nowhere/restore"), ("GET", "/nowhere/diff"), ("DELETE", "/nowhere")):
        assert_problem(pkb.http.request(method, f"/_sandbox/checkpoints{path}"), 404)
    checkpoint(pkb)
    assert_problem(pkb.http.get("/_sandbox/checkpoints/before/diff?to=nowhere"), 404)


def test_a_reused_name_replaces_its_checkpoint_and_moves_last(pkb: Client):
    checkpoint(pkb, "a")
    checkpoint(pkb, "b")
    accepted(pkb, example("siu_s12"))
    checkpoint(pkb, "a")
    assert [row["name"] for row in pkb.control("/checkpoints")["checkpoints"]] == ["b", "a"]
    assert len(difference(pkb, "b", "a")["added"]) == 1
    assert difference(pkb, "a")["added"] == []


GOOD = ["a", "a" * 64, "0.1-b_c", "now", "..."]
BAD: list[Any] = ["", " ", "A", "a" * 65, "a b", "é", "a/b", "a\n", None, 1, ["a"], {}]


@pytest.mark.parametrize("name", GOOD)
def test_a_name_that_is_allowed(pkb: Client, name: str):
    assert checkpoint(pkb, name)["name"] == name
    assert difference(pkb, name)["from"] == name
    assert pkb.http.post(f"/_sandbox/checkpoints/{name}/restore").json()["name"] == name
    assert pkb.http.delete(f"/_sandbox/checkpoints/{name}").status_code == 204


@pytest.mark.parametrize("name", BAD, ids=repr)
def test_an_invalid_name_is_refused(pkb: Client, name: Any):
    assert_problem(pkb.http.post("/_sandbox/checkpoints", json={"name": name}), 400)
    assert pkb.control("/checkpoints") == {"checkpoints": []}


def test_a_checkpoint_needs_a_name_and_accepts_no_other_key(pkb: Client):
    assert_problem(pkb.http.post("/_sandbox/checkpoints"), 400)
    assert_problem(pkb.http.post("/_sandbox/checkpoints", json={"name": "a", "at": "now"}), 400)


def test_one_more_than_the_limit_is_a_conflict_and_a_deleted_one_makes_room():
    with SandboxServer(port=0, max_checkpoints=2) as server:
        client = Client(server)
        with client.http:
            for name in ("a", "b", "b"):
                checkpoint(client, name)
            assert_problem(client.http.post("/_sandbox/checkpoints", json={"name": "c"}), 409)
            assert client.http.delete("/_sandbox/checkpoints/a").status_code == 204
            checkpoint(client, "c")
            assert [row["name"] for row in client.control("/checkpoints")["checkpoints"]] == ["b", "c"]


def test_going_back_restores_everything_but_sessions_and_the_journal(pkb: Client):
    credential = {"kind": "hl7-org", "name": "Ward", "organisation": pkb.organisation()}
    kept = pkb.http.post("/_sandbox/credentials", json=credential).json()["username"]
    token = pkb.user_token("tola.adeyemi@example.org")
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-11-20T10:00:00Z"})
    accepted(pkb, example("siu_s12"))
    before = state(pkb)
    assert checkpoint(pkb)["at"] == "2026-11-20T10:00:00Z"
    assert pkb.http.delete(f"/_sandbox/credentials/{kept}").status_code in (200, 204)
    lost = pkb.http.post("/_sandbox/credentials", json=credential).json()["username"]
    accepted(pkb, example("siu_s15"))
    accepted(pkb, example("adt_a28"))
    pkb.http.delete("/_sandbox/outbox")
    pkb.http.put("/_sandbox/clock", json={"advance": "P3D"})
    exchanges = len(pkb.control("/exchanges")["exchanges"])
    assert state(pkb) != before
    assert pkb.http.post("/_sandbox/checkpoints/before/restore").json() == pkb.control("/checkpoints")["checkpoints"][0]
    assert state(pkb) == before
    assert pkb.control("/clock") == {"mode": "frozen", "now": "2026-11-20T10:00:00Z", "became_due": []}
    assert len(pkb.control("/exchanges")["exchanges"]) == exchanges
    usernames = [row.get("username") for row in pkb.control("/credentials")["credentials"]]
    assert kept in usernames
    assert lost not in usernames
    assert pkb.send(example("siu_s13"), kept).code == "AA"
    headers = {"Authorization": f"Bearer {token}"}
    pkb.http.put("/_sandbox/clock", json={"mode": "real"})
    assert pkb.http.get("/json/users/self", headers=headers).status_code == 200


def test_a_real_clock_runs_on_from_where_it_had_been_moved_to(pkb: Client):
    pkb.http.put("/_sandbox/clock", json={"advance": "P30D"})
    checkpoint(pkb)
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-01-01T00:00:00Z"})
    pkb.http.post("/_sandbox/checkpoints/before/restore")
    clock = pkb.control("/clock")
    assert clock["mode"] == "real"
    assert datetime.fromisoformat(clock["now"]) > datetime.now(UTC) + timedelta(days=29)


def test_the_clock_of_a_checkpoint_is_its_own(pkb: Client):
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-01-01T00:00:00Z"})
    checkpoint(pkb)
    for _ in range(2):
        pkb.http.post("/_sandbox/checkpoints/before/restore")
        pkb.http.put("/_sandbox/clock", json={"advance": "P1D"})
        assert pkb.control("/clock")["now"] == "2026-01-02T00:00:00Z"


def test_checkpoints_outlive_a_reset(pkb: Client):
    accepted(pkb, example("siu_s12"))
    checkpoint(pkb)
    pkb.http.post("/_sandbox/reset")
    assert [entry["kind"] for entry in difference(pkb)["removed"]] == ["appointment"]
    pkb.http.post("/_sandbox/checkpoints/before/restore")
    assert difference(pkb)["removed"] == []


def test_each_world_has_its_own_checkpoints(pkb: Client):
    assert pkb.http.post("/_sandbox/workspaces", json={"name": "other"}).status_code == 201
    try:
        checkpoint(pkb)
        assert pkb.control("/checkpoints?workspace=other") == {"checkpoints": []}
        assert_problem(pkb.http.get("/_sandbox/checkpoints/before/diff?workspace=other"), 404)
        pkb.http.post("/_sandbox/checkpoints?workspace=other", json={"name": "before"})
        accepted(pkb, example("siu_s12"))
        assert len(difference(pkb)["added"]) == 1
        assert pkb.control("/checkpoints/before/diff?workspace=other")["added"] == []
    finally:
        pkb.http.delete("/_sandbox/workspaces/other")


def test_an_entry_names_every_exchange_that_changed_it_and_no_other(pkb: Client):
    accepted(pkb, example("siu_s12"))
    checkpoint(pkb)
    moved = accepted(pkb, example("siu_s13"))
    accepted(pkb, example("siu_s13"))  # says nothing new
    refused = pkb.send(example("siu_s13").replace("202604091030", "2026040910"))
    cancelled = accepted(pkb, example("siu_s15"))
    assert refused.code in ("AA", "AR")
    (entry,) = difference(pkb)["changed"]
    assert entry["by"][0] == moved
    assert entry["by"][-1] == cancelled
    assert "moved from 2 April 09:30" in entry["text"]
    checkpoint(pkb, "after")
    pkb.http.delete("/_sandbox/exchanges")
    (forgotten,) = difference(pkb)["changed"]
    assert forgotten["by"] == entry["by"]
    assert "(SIU SCH-11.4 or ADT^A05/A14 PV2-8" in forgotten["text"]


def test_a_refused_message_is_not_listed_as_a_cause(pkb: Client):
    accepted(pkb, example("adt_a28"))
    checkpoint(pkb)
    refused = example("adt_a31").replace("20260311090000", "20270311090000") + "ZTM|nowhere\r"
    assert pkb.send(refused).code == "AR"
    assert difference(pkb)["changed"] == []
    changed = accepted(pkb, example("adt_a31").replace("20260311090000", "20270311090000"))
    assert [entry["by"] for entry in difference(pkb)["changed"] if entry["kind"] == "patient"] == [[changed]]


def test_a_list_that_is_sent_again_as_it_was_makes_no_difference(pkb: Client):
    accepted(pkb, example("adt_a28"))
    checkpoint(pkb)
    accepted(pkb, example("adt_a28"))
    reported = difference(pkb)
    assert [reported[key] for key in ("added", "changed", "removed")] == [[], [], []]


def test_changes_by_time_have_no_exchange_and_name_no_field(pkb: Client):
    pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": "2026-11-20T10:00:00Z"})
    checkpoint(pkb)
    pkb.http.put("/_sandbox/clock", json={"advance": "P3650D"})
    (entry,) = difference(pkb)["changed"]
    assert entry["text"] == "1 consent (Mrs Samira Halloran) ended by discharge (Facade Consent.status)"
    assert entry["by"] == []


ACCEPT = {
    "text/plain": "text/plain",
    "text/plain, application/json;q=0.5": "text/plain",
    "application/json": "application/json",
    "application/json, text/plain": "application/json",
    "*/*": "application/json",
    "": "application/json",
}


@pytest.mark.parametrize(("accept", "media_type"), ACCEPT.items(), ids=ACCEPT)
def test_the_form_of_a_difference_is_what_the_client_accepts(pkb: Client, accept: str, media_type: str):
    checkpoint(pkb)
    response = pkb.http.get("/_sandbox/checkpoints/before/diff", headers={"Accept": accept})
    assert response.headers["content-type"].split(";")[0] == media_type


def test_the_text_is_grouped_by_patient(pkb: Client):
    checkpoint(pkb)
    accepted(pkb, example("adt_a28"))
    accepted(pkb, example("siu_s12"))
    feed(pkb, "northmoor-r4")
    text = pkb.http.get("/_sandbox/checkpoints/before/diff", headers={"Accept": "text/plain"}).text
    groups = text.split("\n\n")
    assert groups[0] == "From before to now: 8 added, 0 changed, 0 removed"
    assert [group.split(" (")[0] for group in groups[1:]] == [
        "Mrs Rina Khatun",
        "Ms Tola Adeyemi",
        "No patient\n  + 1 resource added: Organization, org, northmoor-r4",
    ]
    assert groups[2].startswith("Ms Tola Adeyemi (4c86625f-13d7-423c-93e9-d58574a12dec)\n  + 1 appointment booked")


def test_a_large_difference_lets_other_requests_in_between(pkb: Client):
    checkpoint(pkb)
    assert pkb.http.post("/_sandbox/generate", json={"patients": 20, "seed": 4}).status_code == 201
    with ThreadPoolExecutor() as pool:
        report = pool.submit(difference, pkb)
        appointment = pool.submit(accepted, pkb, example("siu_s12"))
        appointment.result()
    assert len(report.result()["added"]) > 100
    assert len(difference(pkb)["added"]) >= len(report.result()["added"])
