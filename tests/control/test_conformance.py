"""Control calls of conformance runs: what they show, what they refuse, and what a run leaves behind."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sandbox.model import Questionnaire
from sandbox.worlds.exchange import Exchange
from tests.control.test_control_api import assert_problem
from tests.control.test_openapi import assert_described
from tests.hl7.samples import example
from tests.support import Client

Json = dict[str, Any]
PATH = "/_sandbox/conformance/appointments"


@pytest.fixture
def pkb_alone(pkb: Client) -> Iterator[Client]:
    yield pkb
    pkb.http.delete(PATH)


def start(pkb: Client, **body: Any) -> Json:
    response = pkb.http.post(PATH, json=body)
    assert response.status_code == 201, response.text
    run: Json = response.json()
    return run


def test_every_answer_is_as_described(pkb_alone: Client):
    pkb = pkb_alone
    assert_described("GET", "/conformance", pkb.http.get("/_sandbox/conformance"))
    assert_described("POST", "/conformance/{profile}", pkb.http.post(PATH, json={"timeout": 0}))
    for _ in range(2):
        assert_described("GET", "/conformance/{profile}", pkb.http.get(PATH))
    assert_described("DELETE", "/conformance/{profile}", pkb.http.delete(PATH))


def test_a_step_says_what_to_do_with_the_ids_of_the_run(pkb_alone: Client):
    run = start(pkb_alone, steps=["book"])
    step = run["step"]
    assert run["state"] == "running"
    assert step["state"] == "running"
    (row,) = step["data"]
    assert row["id"] in step["do"]
    assert run["patient"]["nhs_number"] in step["do"]
    assert run["client"] == {
        "id": "org_northmoor",
        "kind": "hl7-org",
        "address": f"{pkb_alone.server.base_url}/services/hl7",
    }


def test_a_run_is_not_there_before_its_start_or_after_its_end(pkb: Client):
    assert_problem(pkb.http.get(PATH), 404, "has not been started")
    start(pkb)
    assert pkb.http.delete(PATH).json()["state"] == "ended"
    assert_problem(pkb.http.get(PATH), 404, "has not been started")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"timeout": -1}, "timeout must be a number of seconds"),
        ({"timeout": 86_401}, "timeout must be a number of seconds"),
        ({"timeout": True}, "timeout must be a number of seconds"),
        ({"settle": "soon"}, "settle must be a number of seconds"),
        ({"steps": ["nonsense"]}, "steps must be a list of: book"),
        ({"steps": []}, "steps must be a list of: book"),
        ({"client": "letterbox-facade"}, "client must be the id of a hl7-org"),
        ({"client": 5}, "client must be the id"),
    ],
)
def test_a_bad_start_is_refused(pkb: Client, body: Json, text: str):
    assert_problem(pkb.http.post(PATH, json=body), 400, text)


@pytest.mark.parametrize("seconds", [0, 0.5, 86_400])
def test_a_step_may_take_up_to_a_day(pkb: Client, seconds: float):
    start(pkb, timeout=seconds, settle=seconds)
    run = pkb.http.get(PATH).json()
    assert (run["timeout"], run["settle"]) == (seconds, seconds)


def test_an_unknown_profile_is_named(pkb: Client):
    assert_problem(pkb.http.post("/_sandbox/conformance/dentistry"), 404, "No conformance profile 'dentistry'")


def test_a_step_leaves_no_rule_and_those_of_the_world_stay(pkb: Client):
    rule = {"api": "rest", "status": 500}
    pkb.http.put("/_sandbox/faults", json={"rules": [rule]})
    start(pkb, steps=["rejected"])
    staged, own = pkb.control("/faults")["rules"]
    assert (staged["ack"], staged["client"]) == ("AR", "org_northmoor")
    pkb.http.delete(PATH)
    assert pkb.control("/faults")["rules"] == [own]


def test_the_end_takes_back_the_options_of_the_organisation(pkb: Client):
    path = f"/organisations/{pkb.organisation()}/configuration"
    before = pkb.control(path)
    start(pkb, steps=["held"])
    assert pkb.control(path)["options"]["soft_matching"] == ["date_of_birth"]
    pkb.http.delete(PATH)
    assert pkb.control(path) == before


@pytest.mark.parametrize("parts", [["store"], ["faults"]])
def test_a_reset_ends_a_run(pkb: Client, parts: list[str]):
    start(pkb, steps=["rejected"])
    pkb.http.post("/_sandbox/reset", json={"reset": parts})
    assert pkb.control("/faults")["rules"] == []
    assert_problem(pkb.http.get(PATH), 404, "has not been started")


def test_a_start_replaces_the_earlier_run(pkb_alone: Client):
    first = start(pkb_alone, steps=["rejected"])
    second = start(pkb_alone, steps=["rejected"])
    assert first["step"]["data"] != second["step"]["data"]
    assert len(pkb_alone.control("/faults")["rules"]) == 1


def test_a_client_that_never_comes_fails_the_step_and_skips_the_rest(pkb_alone: Client):
    start(pkb_alone, timeout=0, steps=["book", "rejected"])
    run = pkb_alone.http.get(PATH).json()
    assert run["state"] == "failed"
    assert [step["state"] for step in run["steps"]] == ["failed", "skipped"]
    (judgement,) = run["steps"][0]["judged"]
    assert judgement["rule"] == "conformance.in-time"
    assert judgement["actual"] == "0 s passed without it; what came: nothing"


def test_a_step_that_times_out_names_what_came(pkb_alone: Client):
    start(pkb_alone, timeout=0.2, steps=["book", "rejected"])
    pkb_alone.send(example("siu_s12"))
    time.sleep(0.25)
    run = pkb_alone.http.get(PATH).json()
    (judgement,) = run["steps"][0]["judged"]
    assert "what came: SIU^S12 (AA)" in judgement["actual"]
    assert judgement["exchanges"] == [pkb_alone.control("/exchanges")["exchanges"][-1]["id"]]
    assert run["step"]["name"] == "rejected"


def test_a_workspace_has_one_run_at_a_time(pkb_alone: Client):
    start(pkb_alone)
    other = "/_sandbox/conformance/laboratory"
    assert_problem(pkb_alone.http.post(other, json={}), 409, "appointments is in progress")
    pkb_alone.http.delete(PATH)
    assert pkb_alone.http.post(other, json={}).status_code == 201
    assert pkb_alone.http.delete(other).status_code == 200


def test_what_other_clients_send_is_not_looked_at(pkb_alone: Client):
    run = start(pkb_alone, timeout=0, steps=["book"])
    message = example("siu_s12").replace("APT-77120", run["step"]["data"][0]["id"])
    assert pkb_alone.send(message, "org_eastgate").code == "AA"
    (judgement,) = pkb_alone.http.get(PATH).json()["steps"][0]["judged"]
    assert judgement["actual"] == "0 s passed without it; what came: nothing"


def test_another_client_may_be_named(pkb_alone: Client):
    run = start(pkb_alone, client="org_eastgate", steps=["book"])
    assert (run["client"]["id"], run["organisation"]["name"]) == ("org_eastgate", "Eastgate Community Health")


def test_an_act_that_cannot_be_performed_fails_the_step_and_no_request(pkb: Client):
    path, world = "/_sandbox/conformance/questionnaires", pkb.server.workspaces.default

    def withdraw(_: Exchange) -> None:
        for questionnaire in list(world.store.all(Questionnaire)):
            world.store.put(replace(questionnaire, status="DRAFT"))

    pkb.token("letterbox-facade")
    # Listeners are called in the order in which they came: this one before that of the run.
    remove = world.exchanges.kept.add(withdraw)
    try:
        response = pkb.http.post(path, json={"steps": ["answered"]})
        row, _ = response.json()["step"]["data"]
        parts = [{"name": name, "valueReference": {"reference": row[name]}} for name in ("requestor", "target")]
        body = {"resourceType": "Parameters", "parameter": parts}
        assert pkb.facade(row["call"].split(" ")[1], method="POST", json=body).status_code == 200
        (step,) = pkb.http.get(path).json()["steps"]
        (judgement,) = step["judged"]
        assert (judgement["rule"], judgement["actual"]) == ("conformance.staged", "The questionnaire is a draft")
    finally:
        remove()
        pkb.http.delete(path)
