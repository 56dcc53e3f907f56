"""Workspaces: made with credentials of their own, listed, named by control calls, deleted."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.model.access import KINDS
from sandbox.server import SandboxServer
from tests.control.test_control_api import assert_problem
from tests.control.test_openapi import assert_described
from tests.support import Client


def names(pkb: Client) -> list[str]:
    return [entry["name"] for entry in pkb.control("/workspaces")["workspaces"]]


def post(pkb: Client, body: Any) -> httpx.Response:
    response = pkb.http.post("/_sandbox/workspaces", json=body)
    assert_described("POST", "/workspaces", response)
    return response


def create(pkb: Client, name: str, **more: Any) -> dict[str, Any]:
    response = post(pkb, {"name": name, **more})
    assert response.status_code == 201, response.text
    result: dict[str, Any] = response.json()
    return result


def ids_and_secrets(credentials: list[dict[str, Any]]) -> set[str]:
    keys = ("username", "password", "client_id", "client_secret", "refresh_token")
    return {entry[key] for entry in credentials for key in keys if key in entry}


def test_a_workspace_has_new_credentials_of_every_kind(pkb: Client):
    answer = create(pkb, "first")
    assert answer["name"] == "first"
    assert {entry["kind"] for entry in answer["credentials"]} == set(KINDS)
    of_default = pkb.control("/credentials")["credentials"]
    assert not ids_and_secrets(answer["credentials"]) & ids_and_secrets(of_default)
    assert [entry["name"] for entry in answer["credentials"]] == [entry["name"] for entry in of_default]
    second = create(pkb, "second")
    assert not ids_and_secrets(answer["credentials"]) & ids_and_secrets(second["credentials"])


def test_a_workspace_is_a_copy_of_the_seeded_world(pkb: Client):
    world = create(pkb, "copy")["world"]
    copied, served = pkb.control("/world?workspace=copy"), pkb.control("/world")
    assert copied == served
    counts = {"organisations": len(served["organisations"]), "patients": len(served["patients"])}
    assert world == {"name": "default", **counts}


def test_what_changed_in_the_served_world_is_not_copied(pkb: Client):
    pkb.http.post("/_sandbox/generate", json={"patients": 2, "seed": 5})
    create(pkb, "untouched")
    assert len(pkb.control("/world?workspace=untouched")["patients"]) == len(pkb.control("/world")["patients"]) - 2


def test_workspaces_are_listed_the_default_one_first(pkb: Client):
    create(pkb, "a")
    create(pkb, "0")
    response = pkb.http.get("/_sandbox/workspaces")
    assert_described("GET", "/workspaces", response)
    rows = response.json()["workspaces"]
    assert [row["name"] for row in rows] == ["default", "a", "0"]
    for row in rows:
        assert row["created_at"] <= row["last_used_at"]
        assert row["exchanges"] == 0


@pytest.mark.parametrize("name", ["a", "0", "-", "_", "...", "a" * 64, "suite-3.worker_1"])
def test_a_name_has_letters_digits_and_three_signs(pkb: Client, name: str):
    create(pkb, name)
    assert len(pkb.control(f"/credentials?workspace={name}")["credentials"]) == len(
        pkb.control("/credentials")["credentials"]
    )


WRONG: dict[str, tuple[Any, int, str]] = {
    "no name": ({}, 400, "name must be text"),
    "an empty name": ({"name": ""}, 400, "name must be"),
    "a name that is no text": ({"name": 7}, 400, "name must be text"),
    "a capital": ({"name": "Mine"}, 400, "name must be 1 to 64 of"),
    "a blank": ({"name": "my own"}, 400, "name must be 1 to 64 of"),
    "a slash": ({"name": "a/b"}, 400, "name must be 1 to 64 of"),
    "a line break": ({"name": "a\n"}, 400, "name must be 1 to 64 of"),
    "a letter of another alphabet": ({"name": "ä"}, 400, "name must be 1 to 64 of"),
    "the folder that it is in": ({"name": "."}, 400, "name must be 1 to 64 of"),
    "the folder above": ({"name": ".."}, 400, "name must be 1 to 64 of"),
    "a name that is too long": ({"name": "a" * 65}, 400, "name must be 1 to 64 of"),
    "a name that is taken": ({"name": "default"}, 409, "already exists"),
    "an unknown key": ({"name": "a", "wrld": "default"}, 400, "Unknown key 'wrld'"),
    "a world that is not supplied": ({"name": "a", "world": "nowhere"}, 400, "world must be one of: default"),
    "a path": ({"name": "a", "world": "fixtures/worlds/default.toml"}, 400, "world must be one of"),
    "a path upwards": ({"name": "a", "world": "../worlds/default"}, 400, "world must be one of"),
    "a folder": ({"name": "a", "world": "/tmp"}, 400, "world must be one of"),
    "a world that is no text": ({"name": "a", "world": ["default"]}, 400, "world must be text"),
    "idle for no time": ({"name": "a", "idle_seconds": 0}, 400, "idle_seconds must be"),
    "idle for less than no time": ({"name": "a", "idle_seconds": -1}, 400, "idle_seconds must be"),
    "idle for too long": ({"name": "a", "idle_seconds": 1e300}, 400, "idle_seconds must be"),
    "idle for a truth value": ({"name": "a", "idle_seconds": True}, 400, "idle_seconds must be"),
    "idle for a text": ({"name": "a", "idle_seconds": "60"}, 400, "idle_seconds must be"),
}


@pytest.mark.parametrize(("body", "status", "detail"), WRONG.values(), ids=WRONG)
def test_an_invalid_workspace_is_refused(pkb: Client, body: Any, status: int, detail: str):
    assert_problem(post(pkb, body), status, detail)
    assert names(pkb) == ["default"]


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"1" * 400])
def test_no_number_of_seconds_is_refused(pkb: Client, number: bytes):
    content = b'{"name":"a","idle_seconds":' + number + b"}"
    assert_problem(pkb.http.post("/_sandbox/workspaces", content=content), 400, "idle_seconds must be")


def test_a_name_that_is_taken_is_refused_and_free_again_after_its_end(pkb: Client):
    first = create(pkb, "mine")
    assert_problem(post(pkb, {"name": "mine"}), 409, "'mine' already exists")
    deleted = pkb.http.delete("/_sandbox/workspaces/mine")
    assert_described("DELETE", "/workspaces/{name}", deleted)
    assert deleted.status_code == 204
    assert_problem(pkb.http.get("/_sandbox/world?workspace=mine"), 404, "Workspace 'mine' does not exist")
    assert_problem(pkb.http.delete("/_sandbox/workspaces/mine"), 404, "Workspace 'mine' does not exist")
    assert not ids_and_secrets(first["credentials"]) & ids_and_secrets(create(pkb, "mine")["credentials"])


def test_the_default_workspace_cannot_be_deleted(pkb: Client):
    response = pkb.http.delete("/_sandbox/workspaces/default")
    assert_problem(response, 409, "The default workspace cannot be deleted")
    assert_described("DELETE", "/workspaces/{name}", response)
    assert names(pkb) == ["default"]


def test_default_is_a_name_like_any_other(pkb: Client):
    assert pkb.control("/clock?workspace=default")["mode"] == "real"
    assert "workspace" not in pkb.facade("/Patient/1").headers["pkb-sandbox-explain"]


def test_two_workspaces_in_one_call_are_refused(pkb: Client):
    create(pkb, "a")
    for query in ("workspace=a&workspace=a", "workspace=a&workspace=default"):
        assert_problem(pkb.http.get(f"/_sandbox/clock?{query}"), 400, "Repeated parameter: workspace")
    assert_problem(pkb.http.get("/_sandbox/clock?workspace="), 404, "Workspace '' does not exist")


def test_health_is_about_no_workspace(pkb: Client):
    assert pkb.http.get("/_sandbox/health/live?workspace=nobody").status_code == 200


def test_a_stranger_does_not_learn_which_workspaces_there_are(pkb: Client):
    create(pkb, "secret")
    for name in ("secret", "other"):
        response = pkb.http.get(f"/_sandbox/clock?workspace={name}", headers={"Host": "example.org"})
        assert_problem(response, 401)


def test_one_workspace_more_than_the_limit_is_refused():
    with SandboxServer(port=0, max_workspaces=2) as server:
        pkb = Client(server)
        for name in ("a", "b"):
            create(pkb, name)
        assert_problem(post(pkb, {"name": "c"}), 409, "The limit of 2 workspaces")
        assert_problem(post(pkb, {"name": "a"}), 409, "'a' already exists")
        pkb.http.delete("/_sandbox/workspaces/a")
        create(pkb, "c")
        pkb.http.close()


def test_an_idle_workspace_expires_and_makes_room():
    with SandboxServer(port=0, max_workspaces=1) as server:
        pkb = Client(server)
        create(pkb, "brief", idle_seconds=0.05)
        time.sleep(0.1)
        assert names(pkb) == ["default"]
        create(pkb, "brief", idle_seconds=0.05)
        time.sleep(0.1)
        assert_problem(pkb.http.get("/_sandbox/clock?workspace=brief"), 404, "Workspace 'brief' does not exist")
        create(pkb, "brief", idle_seconds=0.05)
        time.sleep(0.1)
        create(pkb, "long", idle_seconds=3600)
        assert names(pkb) == ["default", "long"]
        assert pkb.control("/clock?workspace=long")["mode"] == "real"
        pkb.http.close()


def test_a_workspace_may_start_from_a_world_other_than_the_served_one(tmp_path: Path):
    served = tmp_path / "ours.toml"
    partner = "3d6f0a52-7c0f-4d57-9a55-0d4f6b7d4c11"
    served.write_text(f'base = "default"\n[[partner]]\nid = "{partner}"\nname = "Ours"\n', encoding="utf-8")
    with SandboxServer(port=0, world=str(served)) as server:
        pkb = Client(server)
        assert create(pkb, "as-served")["world"]["name"] == "ours"
        assert create(pkb, "supplied", world="default")["world"]["name"] == "default"
        create(pkb, "again", world="default")
        pkb.http.delete("/_sandbox/workspaces/supplied")
        partners = {
            name: [row["name"] for row in pkb.control(f"/world?workspace={name}")["partners"]]
            for name in ("default", "as-served", "again")
        }
        assert [names_of.count("Ours") for names_of in partners.values()] == [1, 1, 0]
        pkb.http.post("/_sandbox/reset?workspace=again")
        assert len(pkb.control("/world?workspace=again")["partners"]) == len(partners["again"])
        pkb.http.close()


def test_with_a_seed_the_same_workspaces_have_the_same_credentials():
    credentials = []
    for _ in range(2):
        with SandboxServer(port=0, seed=7) as server:
            pkb = Client(server)
            credentials.append([create(pkb, name)["credentials"] for name in ("a", "b")])
            pkb.http.close()
    assert credentials[0] == credentials[1]
    assert not ids_and_secrets(credentials[0][0]) & ids_and_secrets(credentials[0][1])


def test_legacy_ids_go_on_after_those_that_are_taken(pkb: Client):
    create(pkb, "a")
    rows = [pkb.http.post(f"/_sandbox/generate?workspace={name}", json={"patients": 3}).json() for name in ("a", "a")]
    legacy = [patient["legacy_id"] for row in rows for patient in row["patients"]]
    seeded = [patient["legacy_id"] for patient in pkb.control("/world")["patients"]]
    assert len({*legacy, *seeded}) == len(legacy) + len(seeded)
