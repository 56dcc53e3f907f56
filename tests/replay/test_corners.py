"""What clients do less often, recorded and sent again; and what cannot be sent again, with its reason."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import Sandbox
from sandbox.hl7.mllp import framed
from sandbox.server import SandboxServer
from tests.cli.test_cli import run as invoke
from tests.hl7.samples import A28
from tests.hl7.test_mllp import free_port
from tests.replay import corners
from tests.replay.conftest import ReplayCommand, record
from tests.replay.journey import TOLA_EMAIL, use_the_app


@pytest.mark.parametrize(
    "step", [corners.sign_in_with_proof, corners.sign_a_browser_in, corners.write_fhir, corners.invite]
)
def test_another_sandbox_answers_the_same(step: Any, replay: ReplayCommand, tmp_path: Path):
    with Sandbox() as pkb, Sandbox(seed=3) as other:
        step(pkb)
        replayed = replay(other, folder=record(pkb, tmp_path / "recorded"))
        count = len(pkb.exchanges)
    assert replayed.differences == []
    summary = replayed.report["summary"]
    assert summary["same"] + summary["not_sent"] == count


def test_pages_for_people_and_cut_bodies_are_not_sent(replay: ReplayCommand, tmp_path: Path):
    with Sandbox() as pkb, Sandbox() as other:
        corners.sign_in_with_proof(pkb)
        corners.write_fhir(pkb)
        replayed = replay(other, folder=record(pkb, tmp_path / "recorded"))
    reasons = {row["operation"]: row["reason"] for row in replayed.report["exchanges"]}
    assert reasons == {
        "authorize": "signing in is done by the control API, not by the page for people",
        "create Basic": "the journal kept only the beginning of its body",
    }


def test_an_answer_that_a_fault_rule_made_is_not_compared(replay: ReplayCommand, tmp_path: Path):
    with Sandbox() as pkb, Sandbox() as other:
        corners.meet_a_fault(pkb)
        replayed = replay(other, folder=record(pkb, tmp_path / "recorded"))
        assert len(other.exchanges) == 1
    (row,) = replayed.report["exchanges"]
    assert row["reason"] == "the answer was not compared: a fault rule made the recorded one"


def test_a_recording_of_a_workspace_is_replayed_in_the_default_world(replay: ReplayCommand, tmp_path: Path):
    with Sandbox() as server, server.workspace("mine") as pkb, Sandbox() as other:
        use_the_app(pkb)
        replayed = replay(other, folder=record(pkb, tmp_path / "recorded"))
    assert replayed.differences == []
    assert replayed.report["summary"]["not_sent"] == 0


def test_a_message_by_mllp_is_sent_in_soap(replay: ReplayCommand, tmp_path: Path):
    with SandboxServer(port=0, mllp_port=free_port()) as server, Sandbox() as other:
        with socket.create_connection(("127.0.0.1", server.mllp_port), timeout=10) as peer:
            peer.sendall(framed(A28))
            assert b"MSA|AA" in peer.recv(65536)
        result = invoke("record", "--url", server.base_url, "--to", str(tmp_path / "recorded"))
        assert result.exit_code == 0, result.output
        replayed = replay(other, folder=tmp_path / "recorded")
        (exchange,) = other.exchanges
    assert replayed.differences == []
    assert exchange["request"]["path"] == "/services/hl7"


def test_an_app_that_is_registered_otherwise_signs_its_users_in(replay: ReplayCommand, tmp_path: Path):
    with Sandbox() as pkb, Sandbox() as other:
        use_the_app(pkb)
        folder = record(pkb, tmp_path / "recorded")
        uris = ["https://elsewhere.example/back", "https://elsewhere.example/other"]
        app = {"kind": "user-client", "name": "Another diary", "scopes": ["PATIENT"], "redirect_uris": uris}
        client = other._ask("POST", "/credentials", app)["client_id"]
        credentials = tmp_path / "credentials.json"
        rows = [row for row in other.credentials if row["kind"] != "user-client" or row["client_id"] == client]
        credentials.write_text(json.dumps({"credentials": rows}))
        where = ("--against", other.base_url, "--credentials", str(credentials))
        result = invoke("replay", str(folder), *where)
        callers = {row["caller"] for row in other.exchanges}
    assert result.exit_code == 0, result.output
    assert "0 not sent" in result.output
    assert f"app {client} (user-client)" in callers


def test_a_user_who_signed_in_before_the_recording_began_is_signed_in_again(tmp_path: Path):
    with Sandbox() as pkb, Sandbox() as other:
        with pkb.client("user-client", user=TOLA_EMAIL) as app:
            app.get("/json/users/self")
            pkb._ask("DELETE", "/exchanges")
            assert app.get("/json/users/self").status_code == 200
        file = tmp_path / "credentials.json"
        rows = [{**row, "redirect_uris": row.get("redirect_uris", [])[:1]} for row in other.credentials]
        file.write_text(json.dumps({"credentials": rows}))
        folder = record(pkb, tmp_path / "recorded")
        result = invoke("replay", str(folder), "--against", other.base_url, "--credentials", str(file))
    assert result.exit_code == 0, result.output
    assert "1 the same, 0 not sent" in result.output


def test_elsewhere_a_user_has_the_token_of_the_file(recorded_app: Path, tmp_path: Path):
    """A server whose control API is closed, as at PKB: nobody can approve there, so the token comes with the file."""
    with SandboxServer(port=0, admin_token="closed") as other:
        rows = httpx.get(f"{other.base_url}/_sandbox/credentials", headers={"Authorization": "Bearer closed"}).json()
        for row in rows["credentials"]:
            for user in row.get("users", ()):
                if user["email"] == TOLA_EMAIL:
                    user["access_token"] = token_of(other.base_url, user["id"], row)
        file, report = tmp_path / "credentials.json", tmp_path / "report.json"
        file.write_text(json.dumps(rows))
        against = ("--against", other.base_url, "--credentials", str(file), "--json", str(report))
        result = invoke("replay", str(recorded_app), *against)
    outcome = json.loads(report.read_text())
    assert result.exit_code == 0, result.output
    (unsent,) = outcome["exchanges"]
    assert unsent["operation"] == "token authorization_code"
    assert unsent["reason"] == "nobody can approve a user of stepwise-diary: the server has no control API for it"
    assert outcome["summary"]["same"] == outcome["summary"]["exchanges"] - 1


def token_of(url: str, user: str, client: dict[str, Any]) -> str:
    request = {"client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
    headers = {"Authorization": "Bearer closed"}
    code = httpx.post(f"{url}/_sandbox/users/{user}/approve", json=request, headers=headers).json()["code"]
    form = {"grant_type": "authorization_code", "code": code, **request}
    return str(httpx.post(f"{url}/apiToken.action", data=form).json()["access_token"])


@pytest.fixture
def recorded_app(tmp_path: Path) -> Path:
    with Sandbox() as pkb:
        use_the_app(pkb)
        return record(pkb, tmp_path / "app")
