"""Large HL7 messages: other requests run while they are read and stored, and what they store is the same."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sandbox.app import create_app
from sandbox.hl7 import receiver
from sandbox.hl7.lint import lint, sender
from sandbox.hl7.mllp import framed
from sandbox.hl7.mllp_listener import MllpListener
from sandbox.model import LabResult
from sandbox.settings import Settings
from sandbox.worlds import slices
from sandbox.worlds.workspace import Workspace
from sandbox.worlds.workspaces import Workspaces
from tests.support import SOAP
from tests.worlds.state import entities

SETTINGS = Settings(seed=1, clock="2026-03-10T12:00:00Z")
RESULTS = 40
MESSAGE = "\r".join(
    (
        "MSH|^~\\&|LIMS|NORTHMOOR|HL7API|PKB|20260310101500||ORU^R01|large|P|2.4",
        "PID|||9991001379^^^NHS^NH||Adeyemi^Tola||19880214",
        "OBR|1||LARGE-1|FBC^Blood|||202603101000|||||||202603101000||||||||||HM|F",
        *(f"OBX|{n}|NM|X{n}^Test||{n}|mmol/L|1-9|N|||F|||202603101000|{'x' * 100}" for n in range(1, RESULTS + 1)),
    )
)


@pytest.fixture(autouse=True)
def small_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every message is a large one, and each of its parts a slice."""
    monkeypatch.setattr(slices, "SLICE", -1.0)
    monkeypatch.setattr(receiver, "SHORT", 0)
    monkeypatch.setattr(receiver, "LARGE", 0)


@dataclass
class World:
    """A server in this process, and one of its worlds."""

    http: httpx.AsyncClient
    workspaces: Workspaces
    workspace: Workspace

    async def send(self, message: str) -> httpx.Response:
        user = next(row for row in (await self.credentials()) if row["kind"] == "hl7-org")
        content = SOAP.format(message.replace("&", "&amp;")).encode()
        headers = {"Content-Type": "text/xml"}
        auth = (user["username"], user["password"])
        return await self.http.post("/services/hl7", content=content, headers=headers, auth=auth)

    async def credentials(self) -> list[dict[str, Any]]:
        answer = await self.http.get(f"/_sandbox/credentials?workspace={self.workspace.name}")
        return list(answer.json()["credentials"])

    async def turns_until(self, task: asyncio.Task[Any], most: int) -> int:
        """The number of times that the server lived until a task was done, or `most`."""
        turns = 0
        while not task.done() and turns < most:
            assert (await self.http.get("/_sandbox/health/live")).status_code == 200
            turns += 1
            await asyncio.sleep(0)
        return turns


@asynccontextmanager
async def serving(name: str = "") -> AsyncIterator[World]:
    workspaces = Workspaces(SETTINGS)
    transport = httpx.ASGITransport(app=create_app(workspaces), client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
        if name:
            assert (await http.post("/_sandbox/workspaces", json={"name": name})).status_code == 201
        yield World(http, workspaces, workspaces.named(name) if name else workspaces.default)


def at_once() -> Workspace:
    """A world that has processed the message without turns."""
    workspace = Workspaces(SETTINGS).default
    assert receiver.receive(sender(workspace, None), MESSAGE, lambda action: None).ack == "AA"
    return workspace


def test_the_server_answers_while_a_message_is_stored_and_the_record_is_the_same():
    async def main() -> tuple[httpx.Response, int, Workspace]:
        async with serving() as world:
            await world.send(MESSAGE.replace("9991001379", "none"))  # the first request imports what it needs
            sending = asyncio.create_task(world.send(MESSAGE))
            turns = await world.turns_until(sending, 10_000)
            return await sending, turns, world.workspace

    answer, turns, workspace = asyncio.run(main())
    assert "MSA|AA|large" in answer.text
    assert turns > 5 * RESULTS
    assert results_of(workspace) == results_of(at_once())
    assert len(results_of(workspace)) > RESULTS


def results_of(workspace: Workspace) -> list[tuple[Any, ...]]:
    """All results, without their ids: an earlier message has taken some."""
    return [(row.code, row.value, row.unit, row.at, row.source) for row in workspace.store.all(LabResult)]


def test_a_message_is_refused_whose_world_ends_while_it_is_stored_and_leaves_nothing():
    async def main() -> tuple[httpx.Response, dict[str, Any], dict[str, Any]]:
        async with serving("mine") as world:
            await world.send(MESSAGE.replace("9991001379", "none"))
            before = entities(world.workspace)
            sending = asyncio.create_task(world.send(MESSAGE))
            while world.workspace.store.count(LabResult) < len(before["lab_results"]) + RESULTS // 2:
                assert not sending.done()
                await asyncio.sleep(0)
            assert (await world.http.delete("/_sandbox/workspaces/mine")).status_code == 204
            return await sending, before, entities(world.workspace)

    answer, before, after = asyncio.run(main())
    assert answer.status_code == 500
    assert "was deleted before this request was answered" in answer.text
    assert after == before


def test_a_message_is_linted_in_turns_and_the_findings_are_the_same():
    async def main() -> tuple[httpx.Response, int]:
        async with serving() as world:
            await world.http.post("/_sandbox/hl7/lint", json={"text": "MSH|"})
            linting = asyncio.create_task(world.http.post("/_sandbox/hl7/lint", json={"text": MESSAGE}))
            turns = await world.turns_until(linting, 10_000)
            return await linting, turns

    answer, turns = asyncio.run(main())
    assert turns > 5 * RESULTS
    assert answer.json() == lint(sender(Workspaces(SETTINGS).default, None), MESSAGE)


def test_others_are_answered_while_a_message_over_mllp_is_stored():
    async def main() -> tuple[bytes, int]:
        async with serving() as world:
            await world.http.get("/_sandbox/health/live")
            listener, listening = MllpListener(world.workspaces), socket.create_server(("127.0.0.1", 0))
            await listener.start(listening)
            reader, writer = await asyncio.open_connection(*listening.getsockname())

            async def answered() -> bytes:
                writer.write(framed(MESSAGE))
                return await reader.readuntil(b"\x1c\r")

            asking = asyncio.create_task(answered())
            turns = await world.turns_until(asking, 10_000)
            writer.close()
            await listener.stop()
            return await asking, turns

    answer, turns = asyncio.run(main())
    assert b"MSA|AA|large" in answer
    assert turns > 5 * RESULTS


LONG = {
    "short": ("x" * 40_000, False),
    "a large file": ("x" * receiver.LARGE, True),
    "many fields": ("|" * 40_000, True),
    "many segments": ("NTE\r" * 10_000, True),
    "many of its own delimiters": ("#" * 40_000, True),
}


@pytest.mark.parametrize("name", LONG)
def test_a_message_is_long_by_its_size_or_its_delimiters(name: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.undo()
    content, is_long = LONG[name]
    separator = "#" if name == "many of its own delimiters" else "|"
    assert receiver.is_long(f"MSH{separator}^~\\&{separator}{content}") is is_long
    assert not receiver.is_long("MSH|^~\\&|")
