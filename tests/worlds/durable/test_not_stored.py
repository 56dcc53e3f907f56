"""A write that the data file cannot take is refused in the words of its API; nothing of it is kept, and reads go on."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest

from sandbox import Sandbox
from sandbox.app import create_app
from sandbox.hl7.client import ENVELOPE
from sandbox.hl7.mllp_listener import MllpListener
from sandbox.model import Partner
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import example
from tests.worlds.durable.files import crashed, sandbox_on
from tests.worlds.durable.test_reopening import exported


@pytest.fixture
def pkb(tmp_path: Path) -> Iterator[Sandbox]:
    with sandbox_on(tmp_path / "world.db") as sandbox:
        yield sandbox


def file_of(pkb: Sandbox) -> Any:
    return pkb._backend._workspaces.keeper._file  # type: ignore[attr-defined]


def sqlite(pkb: Sandbox) -> Any:
    return file_of(pkb)._connection


def fill(pkb: Sandbox) -> None:
    """Let the file have no page more than now, as on a full disk."""
    pkb._http.get("/_sandbox/clock")  # after this, nothing waits to be written
    (pages,) = sqlite(pkb).execute("PRAGMA page_count").fetchone()
    sqlite(pkb).execute(f"PRAGMA max_page_count = {pages}")


def make_room(pkb: Sandbox) -> None:
    sqlite(pkb).execute("PRAGMA max_page_count = 1000000")


LARGE = "x" * 20_000


def test_a_message_is_acknowledged_with_ae_and_leaves_nothing(pkb, tmp_path):
    fill(pkb)
    before = exported(pkb)
    text = example("mdm_t02_care_plan").replace("Walk", "Walk " * 10_000)
    ack = pkb.send_hl7(text)
    assert (ack.code, "cannot store" in ack.text) == ("AE", True)
    assert pkb.exchanges[-1]["hl7"]["ack"] == "AE"
    assert exported(pkb) == before
    make_room(pkb)
    assert pkb.send_hl7(text).code == "AA"
    after = exported(pkb)
    with sandbox_on(crashed(tmp_path / "world.db")) as again:
        assert exported(again) == after


def test_each_api_refuses_in_its_own_words(pkb):
    client, rest = pkb.client("customer-system-client"), pkb.client("user-client")
    endpoint = pkb.credential("customer-system-client")["endpoints"][0]
    fill(pkb)
    patient = {"resourceType": "Patient", "name": [{"text": LARGE}]}
    answer = client.post(f"/customer/{endpoint}/fhir/Patient", json=patient)
    assert (answer.status_code, answer.json()["resourceType"]) == (507, "OperationOutcome")
    assert "Traceback" not in answer.text
    explanation = pkb._http.get(answer.headers["PKB-Sandbox-Explain"], headers={"accept": "application/json"}).json()
    assert (explanation["id"], explanation["standing"]) == ("store.not-stored", "choice")
    assert "--data" in explanation["instead"]
    assert rest.get("/json/users/self").status_code == 200

    large = {"name": "large", "world": "default"}
    answer = pkb._http.post("/_sandbox/workspaces", json=large)
    assert (answer.status_code, answer.headers["content-type"]) == (507, "application/problem+json")
    assert [row["name"] for row in pkb._http.get("/_sandbox/workspaces").json()["workspaces"]] == ["default"]
    make_room(pkb)
    assert client.post(f"/customer/{endpoint}/fhir/Patient", json=patient).status_code == 201
    assert pkb._http.post("/_sandbox/workspaces", json=large).status_code == 201


class BrokenFile:
    """A connection whose every write fails as a read-only file system or a broken disk lets it fail."""

    def __init__(self, connection: Any, name: str) -> None:
        self._connection = connection
        self._name = name

    def execute(self, statement: str, *values: Any) -> Any:
        if statement == "COMMIT":
            import sqlite3

            error = sqlite3.OperationalError("failed")
            error.sqlite_errorname = self._name
            raise error
        return self._connection.execute(statement, *values)

    def close(self) -> None:
        self._connection.close()


@pytest.mark.parametrize("name", ["SQLITE_READONLY", "SQLITE_IOERR_FSYNC", "SQLITE_CORRUPT_INDEX"])
def test_tokens_clocks_faults_and_checkpoints_are_taken_back_too(pkb, name):
    file = file_of(pkb)
    user = pkb.credential("user-client")
    basic = (user["client_id"], user.get("client_secret", ""))
    tokens = pkb.sign_in(user["users"][0]["id"], user["client_id"])
    pkb.checkpoint("kept")
    pkb.freeze("2026-05-01T12:00:00Z")
    pkb._http.get("/_sandbox/clock")
    healthy = file._connection
    before = exported(pkb), pkb._http.get("/_sandbox/clock").json(), pkb._http.get("/_sandbox/checkpoints").json()
    file._connection = BrokenFile(healthy, name)

    refresh = {"grant_type": "refresh_token", "refresh_token": tokens.refresh_token}
    answer = pkb._http.post("/apiToken.action", data=refresh, auth=basic)
    assert (answer.status_code, answer.json()["error"]) == (503, "temporarily_unavailable")
    calls = [
        ("PUT", "/_sandbox/clock", {"advance": "PT1H"}),
        ("PUT", "/_sandbox/faults", {"rules": [{"api": "rest", "status": 503}]}),
        ("POST", "/_sandbox/checkpoints", {"name": "more"}),
        ("POST", "/_sandbox/checkpoints/kept/restore", None),
        ("DELETE", "/_sandbox/checkpoints/kept", None),
        ("POST", "/_sandbox/reset", None),
        ("POST", "/_sandbox/workspaces", {"name": "other"}),
    ]
    for method, path, body in calls:
        assert pkb._http.request(method, path, json=body).status_code == 503, path
    assert pkb.send_hl7(example("adt_a28")).code == "AE"
    assert pkb._http.get("/_sandbox/faults").json() == {"rules": []}
    after = exported(pkb), pkb._http.get("/_sandbox/clock").json(), pkb._http.get("/_sandbox/checkpoints").json()
    assert after == before

    file._connection = healthy
    assert pkb._http.post("/apiToken.action", data=refresh, auth=basic).status_code == 200
    assert pkb._http.post("/_sandbox/checkpoints/kept/restore").status_code == 200


def test_a_workspace_that_cannot_be_deleted_stays(pkb):
    file = file_of(pkb)
    pkb._http.post("/_sandbox/workspaces", json={"name": "other"})
    healthy = file._connection
    file._connection = BrokenFile(healthy, "SQLITE_IOERR_WRITE")
    assert pkb._http.delete("/_sandbox/workspaces/other").status_code == 503
    assert pkb._http.get("/_sandbox/credentials?workspace=other").status_code == 200
    file._connection = healthy
    assert pkb._http.delete("/_sandbox/workspaces/other").status_code == 204


def test_requests_that_wait_together_are_refused_together(pkb):
    file = file_of(pkb)
    healthy = file._connection
    credential = pkb.credential("hl7-org")
    text = example("adt_a28")
    before = exported(pkb)
    file._connection = BrokenFile(healthy, "SQLITE_IOERR")

    async def send() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=pkb._backend.async_transport(), base_url=pkb.base_url) as http:
            auth = (credential["username"], credential["password"])
            headers = {"content-type": "text/xml"}
            body = ENVELOPE.format(escape(text.replace("\n", "\r"))).encode()
            return await asyncio.gather(
                *(http.post("/services/hl7", content=body, auth=auth, headers=headers) for _ in range(8))
            )

    answers = asyncio.run(send())
    assert all("|AE|" in answer.text for answer in answers)
    file._connection = healthy
    assert exported(pkb) == before
    assert [row["hl7"]["ack"] for row in pkb.exchanges[-8:]] == ["AE"] * 8


def test_a_message_over_mllp_is_acknowledged_with_ae(tmp_path):
    text = example("adt_a28").replace("\n", "\r").encode()

    async def talk() -> list[bytes]:
        workspaces = Workspaces(Settings(data=str(tmp_path / "world.db")))
        create_app(workspaces)
        listening = socket.create_server(("127.0.0.1", 0))
        listener = MllpListener(workspaces)
        await listener.start(listening)
        reader, writer = await asyncio.open_connection(*listening.getsockname())
        file: Any = workspaces.keeper._file  # type: ignore[union-attr]
        healthy, answers = file._connection, []
        for connection in (BrokenFile(healthy, "SQLITE_IOERR"), healthy):
            file._connection = connection
            writer.write(b"\x0b" + text + b"\x1c\r")
            answers.append(await reader.readuntil(b"\x1c\r"))
        writer.close()
        await listener.stop()
        workspaces.close()
        return answers

    refused, accepted = asyncio.run(talk())
    assert b"|AE|" in refused
    assert b"|AA|" in accepted


def test_changes_that_no_request_waits_for_are_written_at_the_stop(tmp_path):
    file = tmp_path / "world.db"
    with sandbox_on(file) as pkb:
        default = pkb._backend._workspaces.default  # type: ignore[attr-defined]
        default.store.put(Partner(id="late", name="Late"))
    with sandbox_on(file) as pkb:
        default = pkb._backend._workspaces.default  # type: ignore[attr-defined]
        assert default.store.get(Partner, "late").name == "Late"


def test_a_stop_with_a_broken_disk_ends_and_says_what_is_lost(tmp_path, caplog):
    with sandbox_on(tmp_path / "world.db") as pkb:
        file_of(pkb)._connection = BrokenFile(sqlite(pkb), "SQLITE_IOERR")
    assert "the last changes are lost" in caplog.text


def test_an_error_that_is_not_of_the_disk_refuses_too_and_is_logged(pkb, caplog):
    default = pkb._backend._workspaces.default
    default.store.put(Partner(id="odd", name=object()))  # type: ignore[arg-type]
    assert pkb._http.get("/_sandbox/clock").status_code == 503
    assert "not JSON serializable" in caplog.text
    assert default.store.find_one(Partner, "odd") is None
    assert pkb._http.put("/_sandbox/clock", json={"advance": "PT1H"}).status_code == 200
