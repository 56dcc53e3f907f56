"""A long change of a world is written in slices: others are answered meanwhile, and the file never has half of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import httpx
import pytest

from sandbox import Sandbox
from sandbox.app import create_app
from sandbox.hl7 import receiver
from sandbox.hl7.client import ENVELOPE
from sandbox.model import LabResult, Resource
from sandbox.settings import Settings
from sandbox.worlds import slices
from sandbox.worlds.loop_turns import LoopTurns
from sandbox.worlds.workspaces import Workspaces
from tests.hl7.samples import example
from tests.worlds.durable.files import crashed, sandbox_on
from tests.worlds.durable.test_not_stored import BrokenFile

ENTRIES = 60
Post = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


def transaction(pkb: Sandbox) -> Post:
    """A transaction of many patients."""
    token = pkb.token("customer-system-client")
    endpoint = pkb.credential("customer-system-client")["endpoints"][0]
    patient = {"resourceType": "Patient", "name": [{"family": "Sliced"}]}
    entry = {"resource": patient, "request": {"method": "POST", "url": "Patient"}}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry] * ENTRIES}
    headers = {"authorization": f"Bearer {token}"}
    # The first resource prepares Aggregated.
    pkb._http.post(f"/customer/{endpoint}/fhir/Patient", json=patient, headers=headers).raise_for_status()
    return lambda http: http.post(f"/customer/{endpoint}/fhir", json=bundle, headers=headers)


def message(pkb: Sandbox) -> Post:
    """A message of many results."""
    credential = pkb.credential("hl7-org")
    assert pkb.send_hl7(example("adt_a28")).code == "AA"
    lines = example("oru_r01_laboratory").replace("\n", "\r").strip("\r").split("\r")
    at = next(number for number, line in enumerate(lines) if line.startswith("OBX|1|"))
    results = [lines[at].replace("OBX|1|NM|HB", f"OBX|{number}|NM|HB{number}") for number in range(1, ENTRIES + 1)]
    return posted("\r".join([*lines[:at], *results]), credential)


def message_to_another_world(pkb: Sandbox) -> Post:
    """A message that adds a patient to another world."""
    created = pkb._http.post("/_sandbox/workspaces", json={"name": "other"}).raise_for_status().json()
    credential = next(row for row in created["credentials"] if row["kind"] == "hl7-org")
    return posted(example("adt_a28").replace("\n", "\r"), credential)


def posted(text: str, credential: dict[str, Any]) -> Post:
    body, auth = ENVELOPE.format(escape(text)).encode(), (credential["username"], credential["password"])
    return lambda http: http.post("/services/hl7", content=body, auth=auth, headers={"content-type": "text/xml"})


def prepared(file: Path, change: Callable[[Sandbox], Post]) -> tuple[Post, Post]:
    """A message to another world, and a change of the default one, with what they need in a file."""
    with sandbox_on(file) as pkb:
        return message_to_another_world(pkb), change(pkb)


def is_accepted(answer: httpx.Response) -> bool:
    """Whether a transaction, or a message by its acknowledgement, was accepted."""
    return answer.status_code == 200 and "|AR|" not in answer.text and "|AE|" not in answer.text


@pytest.fixture(autouse=True)
def short_slices(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is long, and each slice ends as soon as it may."""
    monkeypatch.setattr(slices, "SLICE", 0.0)
    monkeypatch.setattr(receiver, "is_long", lambda text: True)


def counted(workspaces: Workspaces) -> int:
    """How much of such changes the default world has."""
    store = workspaces.default.store
    return store.count(Resource) + store.count(LabResult)


def content(workspaces: Workspaces) -> Any:
    """Every entity of every world, in the order of its table."""
    return {
        world.name: {name: [row.entity for row in rows.values()] for name, rows in world.store.rows().items()}
        for world in workspaces
    }


def content_of(file: Path) -> Any:
    workspaces = Workspaces(Settings(data=str(file)))
    try:
        return content(workspaces)
    finally:
        workspaces.close()


class Server:
    """A sandbox on a file, in the loop of the test. `halfway` holds the change of the default world when it is half
    done, acts, and returns the answer of the change.
    """

    def __init__(self, file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.workspaces = Workspaces(Settings(data=str(file)))
        transport = httpx.ASGITransport(app=create_app(self.workspaces))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
        self.file: Any = self.workspaces.keeper._file  # type: ignore[union-attr]
        self._monkeypatch = monkeypatch

    async def halfway(self, post: Post, act: Callable[[], Awaitable[None]]) -> httpx.Response:
        is_reached, may_go_on = asyncio.Event(), asyncio.Event()
        changing, size, passes = self.workspaces.default.in_flight, counted(self.workspaces), LoopTurns.mine

        async def mine(turns: LoopTurns, seconds: float, *, is_long: bool = False) -> None:
            if changing.is_changing and not changing.is_paused and counted(self.workspaces) > size:
                is_reached.set()
                await may_go_on.wait()
            await passes(turns, seconds, is_long=is_long)

        with self._monkeypatch.context() as patch:
            patch.setattr(LoopTurns, "mine", mine)
            task = asyncio.ensure_future(post(self.http))
            async with asyncio.timeout(10):
                await is_reached.wait()
                await act()
            may_go_on.set()
            return await task


@pytest.mark.parametrize("change", [transaction, message])
def test_other_worlds_are_stored_while_a_change_is_half_done_and_the_file_has_nothing_of_it(
    tmp_path: Path, change: Any, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "team.db"
    elsewhere, post = prepared(file, change)

    async def run() -> None:
        server = Server(file, monkeypatch)
        before, size, copies = content(server.workspaces), counted(server.workspaces), []

        async def act() -> None:
            for path, status in (("/_sandbox/health/live", 200), ("/fhir/Patient?identifier=x", 401)):
                assert (await server.http.get(path)).status_code == status
            assert "|AA|" in (await elsewhere(server.http)).text
            created = await server.http.post("/_sandbox/workspaces", json={"name": "new"})
            changed = await server.http.put("/_sandbox/clock?workspace=new", json={"advance": "P1D"})
            assert (created.status_code, changed.status_code) == (201, 200)
            copies.append(crashed(file))

        answer = await server.halfway(post, act)
        assert is_accepted(answer)
        assert counted(server.workspaces) >= size + ENTRIES
        after, half = content(server.workspaces), content_of(copies[0])
        assert half["default"] == before["default"]
        assert half["other"] == after["other"] != before["other"]
        assert half["new"] == after["new"]
        assert content_of(crashed(file)) == after
        server.workspaces.close()

    asyncio.run(run())


@pytest.mark.parametrize("change", [transaction, message])
def test_a_write_that_fails_meanwhile_ends_the_change_and_leaves_nothing_of_it(
    tmp_path: Path, change: Any, monkeypatch: pytest.MonkeyPatch
):
    file = tmp_path / "team.db"
    elsewhere, post = prepared(file, change)

    async def run() -> None:
        server = Server(file, monkeypatch)
        before, healthy = content(server.workspaces), server.file._connection

        async def fail() -> None:
            server.file._connection = BrokenFile(healthy, "SQLITE_IOERR")
            assert "|AE|" in (await elsewhere(server.http)).text
            server.file._connection = healthy

        answer = await server.halfway(post, fail)
        assert answer.status_code == (409 if change is transaction else 500)
        assert "taken back, because its data could not be stored" in answer.text
        assert content(server.workspaces) == before
        again = await post(server.http)
        assert is_accepted(again)
        assert content_of(crashed(file)) == content(server.workspaces)
        server.workspaces.close()

    asyncio.run(run())


def test_a_server_that_stops_in_the_middle_keeps_nothing_half_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    file = tmp_path / "team.db"
    with sandbox_on(file) as pkb:
        post = transaction(pkb)
    before = content_of(file)

    async def run() -> None:
        server = Server(file, monkeypatch)

        async def stop() -> None:
            server.workspaces.close()
            server.workspaces.keeper = None
            server.workspaces.default.in_flight.end("stopped", readers=True)

        assert (await server.halfway(post, stop)).status_code == 409

    asyncio.run(run())
    assert content_of(file) == before
