"""Requests in flight when a world is reset or deleted end, and write nothing more."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sandbox.access import credentials
from sandbox.app import create_app
from sandbox.fhir.aggregated.intake.watcher import AGGREGATION
from sandbox.model import DueWork, Patient, Resource
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.worlds.state import state

MANY = 150
"""Entries of a Bundle, or people to invent: more than one slice of work."""


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each entry of a Bundle end a slice, so that it takes more than one on a fast machine too."""
    monkeypatch.setattr("sandbox.worlds.slices.SLICE", -1)


class InProcess:
    """An application with one workspace beside the default one."""

    def __init__(self, settings: Settings | None = None) -> None:
        self.workspaces = Workspaces(settings or Settings())
        app = create_app(self.workspaces)
        self.workspace = self.workspaces.create("mine")
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://localhost", timeout=60)

    async def token(self) -> str:
        rows = credentials.list_credentials(self.workspace)
        client = next(row for row in rows if row["name"] == "Northmoor FHIR feed")
        path = "/auth/realms/pkb/protocol/openid-connect/token"
        auth = (client["client_id"], client["client_secret"])
        answer = await self.http.post(path, data={"grant_type": "client_credentials"}, auth=auth)
        return str(answer.json()["access_token"])

    async def generate(self) -> httpx.Response:
        body = {"patients": MANY, "seed": 3}
        return await self.http.post("/_sandbox/generate?workspace=mine", json=body)

    async def send_a_batch(self, kind: str = "batch") -> httpx.Response:
        entries = [
            {
                "resource": {"resourceType": "Basic", "id": f"b{number}", "code": {"text": "x"}},
                "request": {"method": "PUT", "url": f"Basic/b{number}"},
            }
            for number in range(MANY)
        ]
        bundle = {"resourceType": "Bundle", "type": kind, "entry": entries}
        headers = {"Authorization": f"Bearer {await self.token()}"}
        return await self.http.post("/customer/northmoor-r4/fhir", json=bundle, headers=headers)

    async def send_a_transaction(self) -> httpx.Response:
        return await self.send_a_batch("transaction")

    async def wait_for_an_exchange(self) -> httpx.Response:
        return await self.http.get("/_sandbox/exchanges?workspace=mine&scenario=none&wait=20")


Act = Callable[[InProcess], Awaitable[httpx.Response]]


async def begun(in_process: InProcess, act: Act) -> asyncio.Task[httpx.Response]:
    """The act, once it waits for its turn. The first control call imports the control API in a thread."""
    assert (await in_process.http.get("/_sandbox/clock?workspace=mine")).status_code == 200
    task: asyncio.Task[Any] = asyncio.ensure_future(act(in_process))
    while not in_process.workspace.in_flight and not task.done():
        await asyncio.sleep(0)
    assert not task.done(), task.result().text
    return task


WRITERS: list[Act] = [InProcess.generate, InProcess.send_a_batch, InProcess.send_a_transaction]


@pytest.mark.parametrize("act", WRITERS, ids=lambda act: act.__name__)
def test_a_reset_ends_what_still_writes(act: Act):
    async def scenario() -> None:
        in_process = InProcess()
        task = await begun(in_process, act)
        assert (await in_process.http.post("/_sandbox/reset?workspace=mine")).status_code == 200
        after = state(in_process.workspace)["store"]
        answer = await task
        assert answer.status_code == 409, answer.text
        assert "reset before this request was answered" in answer.text
        assert state(in_process.workspace)["store"] == after
        assert in_process.workspace.store.count(Resource) == 0
        assert not in_process.workspace.in_flight

    asyncio.run(scenario())


@pytest.mark.parametrize("act", [*WRITERS, InProcess.wait_for_an_exchange], ids=lambda act: act.__name__)
def test_the_end_of_a_world_ends_what_is_in_flight(act: Act):
    async def scenario() -> None:
        in_process = InProcess()
        task = await begun(in_process, act)
        assert (await in_process.http.delete("/_sandbox/workspaces/mine")).status_code == 204
        answer = await task
        assert answer.status_code == 409, answer.text
        assert "deleted before this request was answered" in answer.text

    asyncio.run(scenario())


def test_a_reset_lets_readers_wait_on():
    async def scenario() -> None:
        in_process = InProcess()
        task = await begun(in_process, InProcess.wait_for_an_exchange)
        await in_process.http.post("/_sandbox/reset?workspace=mine")
        await asyncio.sleep(0.1)
        assert not task.done()
        headers = {"PKB-Sandbox-Scenario": "none", "Authorization": f"Bearer {await in_process.token()}"}
        await in_process.http.get("/customer/northmoor-r4/fhir/metadata", headers=headers)
        answer = await task
        assert [row["scenario"] for row in answer.json()["exchanges"]] == ["none"]

    asyncio.run(scenario())


@pytest.mark.parametrize("parts", [["clock"], ["exchanges"], []])
def test_a_reset_of_anything_but_the_store_ends_nothing(parts: list[str]):
    async def scenario() -> None:
        in_process = InProcess()
        before = in_process.workspace.store.count(Patient)
        task = await begun(in_process, InProcess.generate)
        await in_process.http.post("/_sandbox/reset?workspace=mine", json={"reset": parts})
        assert (await task).status_code == 201
        assert in_process.workspace.store.count(Patient) == before + MANY

    asyncio.run(scenario())


def test_a_reset_of_one_world_ends_nothing_in_another():
    async def scenario() -> None:
        in_process = InProcess()
        task = await begun(in_process, InProcess.generate)
        await in_process.http.post("/_sandbox/reset")
        assert (await task).status_code == 201

    asyncio.run(scenario())


def test_a_world_does_not_expire_while_it_answers():
    async def scenario() -> None:
        in_process = InProcess()
        task = await begun(in_process, InProcess.generate)
        in_process.workspace.usage.idle_seconds = 0
        in_process.workspaces._may_expire.add(in_process.workspace)
        assert [workspace.name for workspace in in_process.workspaces] == ["default", "mine"]
        assert (await task).status_code == 201
        assert [workspace.name for workspace in in_process.workspaces] == ["default"]

    asyncio.run(scenario())


def test_the_memory_of_a_deleted_world_is_free_at_once():
    async def scenario() -> None:
        in_process = InProcess()
        assert (await in_process.send_a_batch()).status_code == 200
        await in_process.http.post("/_sandbox/checkpoints?workspace=mine", json={"name": "kept"})
        world, store = weakref.ref(in_process.workspace), weakref.ref(in_process.workspace.store)
        gc.collect()
        assert (await in_process.http.delete("/_sandbox/workspaces/mine")).status_code == 204
        del in_process.workspace
        assert (world(), store()) == (None, None)

    gc.disable()
    try:
        asyncio.run(scenario())
    finally:
        gc.enable()


ABOUT_NO_WORLD = {
    "POST /workspaces": {"name": "second"},
    "GET /workspaces": None,
    "DELETE /workspaces/mine": None,
    "GET /matrix": None,
    "GET /matrix/partner.facade.read_clinical": None,
    "GET /facts": None,
    "GET /metrics": None,
    "GET /openapi.json": None,
    "GET /report/schema.json": None,
    "GET /console/static/console.css": None,
    "GET /docs/": None,
}
"""Requests that read and change no record, with their bodies."""


def test_only_calls_about_a_world_wait_for_its_long_change():
    async def scenario() -> None:
        in_process, calls = InProcess(), [*ABOUT_NO_WORLD.items()]
        default, at = in_process.workspaces.default, "2031-05-06T07:08:09Z"
        later = DueWork(id="later", kind=AGGREGATION, subject="x", at=datetime.now(UTC))
        async with default.in_flight.alone():
            waiting = asyncio.create_task(in_process.http.get("/_sandbox/clock"))
            default.store.put(later)
            frozen = await asyncio.wait_for(
                in_process.http.put("/_sandbox/clock?workspace=mine", json={"mode": "frozen", "at": at}), 20
            )
            assert (frozen.status_code, frozen.json()["now"]) == (200, at)
            for call, body in calls:
                method, path = call.split()
                request = in_process.http.request(method, f"/_sandbox{path}", json=body)
                answer = await asyncio.wait_for(request, 20)
                assert answer.status_code < 400, (call, answer.text)
            assert not waiting.done()
            assert default.store.find_one(DueWork, later.id) == later
        assert (await waiting).status_code == 200
        assert default.store.find_one(DueWork, later.id) is None
        assert [world.name for world in in_process.workspaces] == ["default", "second"]

    asyncio.run(scenario())


def test_the_server_says_that_it_lives_while_a_world_changes_in_slices():
    async def scenario() -> None:
        in_process = InProcess()
        async with in_process.workspaces.default.in_flight.alone():
            waiting = asyncio.create_task(in_process.http.get("/_sandbox/world"))
            assert (await in_process.http.get("/_sandbox/health/live")).status_code == 200
            assert (await in_process.http.get("/_sandbox/health/ready")).status_code == 200
            assert not waiting.done()
        assert (await waiting).status_code == 200

    asyncio.run(scenario())
