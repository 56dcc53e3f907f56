"""The protocol of provider states: setup and teardown, one upon the other, the older form, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.test_control_api import assert_problem
from tests.pact.support import PATH, post, set_up, take_back, world
from tests.support import Client

REGISTERED, DIED = "a patient is registered", "a patient has died"


def checkpoints(pkb: Client) -> list[str]:
    return [row["name"] for row in pkb.control("/checkpoints")["checkpoints"]]


def test_the_last_teardown_of_an_interaction_brings_the_world_back(pkb: Client):
    before = world(pkb)
    patient = set_up(pkb, REGISTERED, family_name="Quill")
    appointment = set_up(pkb, "an appointment is booked", subject="Knee clinic")
    assert appointment["patient_id"] == patient["patient_id"]
    take_back(pkb, REGISTERED)
    assert checkpoints(pkb) == ["before-pact-states"]
    (row,) = pkb.control(f"/records/{patient['nhs_number']}")["appointments"]
    assert row["subject"] == "Knee clinic"
    take_back(pkb, "an appointment is booked")
    assert world(pkb) == before
    assert checkpoints(pkb) == []


def test_what_an_interaction_changes_is_taken_back_with_its_states(pkb: Client):
    values = set_up(pkb, REGISTERED)
    path = f"/_sandbox/records/{values['patient_id']}/sharing"
    assert pkb.http.post(path, json={"disabled": True}).status_code == 200
    take_back(pkb, REGISTERED)
    assert not pkb.control(f"/records/{values['patient_id']}")["patient"]["sharing_disabled"]


def test_a_state_is_found_whatever_its_case_and_spaces(pkb: Client):
    assert set_up(pkb, "  A patient  IS registered ")["patient_id"]


@pytest.mark.parametrize("body", [{"state": ""}, {"state": None, "params": None}, {"states": []}])
def test_an_interaction_without_states_changes_nothing_and_is_taken_back(pkb: Client, body: dict[str, Any]):
    before = world(pkb)
    response = post(pkb, **body)
    assert (response.status_code, response.json()) == (200, {})
    assert world(pkb) == before
    take_back(pkb, "")
    assert checkpoints(pkb) == []


def test_a_setup_after_a_teardown_is_of_another_interaction(pkb: Client):
    """A verifier goes on with the next state when one could not be set up, and takes none of these back."""
    before = world(pkb)
    assert_problem(post(pkb, state="x"), 404)
    set_up(pkb, "HL7 messages fail")
    set_up(pkb, REGISTERED)
    take_back(pkb, REGISTERED)
    assert len(pkb.control("/faults")["rules"]) == 1
    set_up(pkb, DIED)
    assert pkb.control("/faults") == {"rules": []}
    take_back(pkb, DIED)
    assert world(pkb) == before


def test_a_teardown_without_a_setup_does_nothing(pkb: Client):
    assert pkb.http.post("/_sandbox/checkpoints", json={"name": "before-pact-states"}).status_code == 201
    path = f"/_sandbox/records/{pkb.patient('Registered')['id']}/sharing"
    assert pkb.http.post(path, json={"disabled": True}).status_code == 200
    before = world(pkb)
    take_back(pkb, REGISTERED)
    assert world(pkb) == before
    assert checkpoints(pkb) == ["before-pact-states"]


def test_the_older_form_sets_all_states_up_and_the_next_call_takes_them_back(pkb: Client):
    before = world(pkb)
    states = [{"name": REGISTERED, "params": {"family_name": "Quill"}}, "a client has an access token"]
    values = post(pkb, consumer="Letterbox", state=REGISTERED, states=states).json()
    assert values["family_name"] == "Quill"
    assert values["access_token"]
    assert len(pkb.control("/world")["patients"]) == len(before["/world"]["patients"]) + 1
    assert post(pkb, consumer="Letterbox", states=[DIED]).status_code == 200
    assert len(pkb.control("/world")["patients"]) == len(before["/world"]["patients"])
    assert post(pkb, consumer="Letterbox", states=[]).status_code == 200
    assert world(pkb) == before


@pytest.mark.parametrize("parts", [["store"], ["faults"]], ids=lambda parts: parts[0])
def test_a_reset_takes_the_states_back(pkb: Client, parts: list[str]):
    set_up(pkb, REGISTERED, family_name="Quill")
    set_up(pkb, "PKB is unavailable")
    assert pkb.http.post("/_sandbox/reset", json={"reset": parts}).status_code == 200
    assert pkb.control("/faults") == {"rules": []}
    assert checkpoints(pkb) == []
    assert not [row for row in pkb.control("/world")["patients"] if "Quill" in row["name"]]


def test_a_checkpoint_that_somebody_deleted_is_not_returned_to(pkb: Client):
    set_up(pkb, "PKB is unavailable")
    assert pkb.http.delete("/_sandbox/checkpoints/before-pact-states").status_code == 204
    take_back(pkb, "PKB is unavailable")
    assert pkb.control("/faults") == {"rules": []}


def test_the_workspace_chooses_the_world(pkb: Client):
    assert pkb.http.post("/_sandbox/workspaces", json={"name": "pact"}).status_code == 201
    try:
        body = {"state": REGISTERED, "params": {"family_name": "Quill"}}
        values = pkb.http.post(f"{PATH}?workspace=pact", json=body).json()
        assert pkb.http.get(f"/_sandbox/records/{values['patient_id']}?workspace=pact").status_code == 200
        assert pkb.http.get(f"/_sandbox/records/{values['patient_id']}").status_code == 404
        assert_problem(pkb.http.post(f"{PATH}?workspace=x", json=body), 404)
    finally:
        assert pkb.http.delete("/_sandbox/workspaces/pact").status_code == 204


def test_an_unknown_state_is_refused_with_the_nearest(pkb: Client):
    detail = "No provider state 'a patent is regisered'; the nearest are: 'a patient is registered'"
    assert_problem(post(pkb, state="a patent is regisered"), 404, detail)
    assert len(post(pkb, state="x" * 100_000).content) < 1000


REFUSED = {
    "not JSON": (b"nonsense", "The body is not JSON"),
    "no state": (b"{}", "state is missing"),
    "an unknown key": (b'{"name": "x"}', "Unknown key 'name'"),
    "a state that is a number": (b'{"state": 1}', "state must be the name of a provider state"),
    "another action": (b'{"state": "", "action": "x"}', "action must be setup or teardown"),
    "params that are a list": (b'{"state": "", "params": []}', "params must be an object"),
    "states that are a text": (b'{"states": "x"}', "states must be a list of at most 100 names"),
    "too many states": (b'{"states": [%s]}' % b",".join([b'""'] * 101), "states must be a list of at most 100 names"),
    "a state of the list that is a number": (b'{"states": [1]}', "states[0] must be the name of a provider state"),
    "an unknown key of a state": (b'{"states": [{"x": 1}]}', "states[0] must have the key name"),
    "params of a state that are text": (
        b'{"states": [{"name": "", "params": "x"}]}',
        "states[0].params must be an object",
    ),
}


@pytest.mark.parametrize(("content", "detail"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_of_the_protocol_is_refused(pkb: Client, content: bytes, detail: str):
    assert_problem(pkb.http.post(PATH, content=content), 400, detail)
    assert checkpoints(pkb) == []


def test_a_state_that_cannot_be_set_up_leaves_nothing_of_the_interaction(pkb: Client):
    before = world(pkb)
    set_up(pkb, REGISTERED, family_name="Quill")
    set_up(pkb, "PKB is unavailable")
    deceased = pkb.patient("Deceased")["id"]
    refused = post(pkb, state=REGISTERED, params={"patient": deceased})
    assert_problem(refused, 409, "The patient is deceased")
    assert world(pkb) == before
    take_back(pkb, REGISTERED)
    assert world(pkb) == before
