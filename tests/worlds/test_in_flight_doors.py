"""A request that began before its world was reset or deleted writes nothing afterwards, at any door."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import httpx
import pytest

from sandbox.access import credentials
from sandbox.console.pages.bench import generation
from sandbox.fhir.aggregated.intake.watcher import AGGREGATION
from sandbox.model import DueWork, Patient, Resource
from sandbox.settings import Settings
from sandbox.worlds.workspace import Workspace
from tests.hl7.samples import A28
from tests.support import SOAP
from tests.worlds.state import entities
from tests.worlds.test_in_flight import InProcess

Change = Callable[[InProcess], Awaitable[httpx.Response]]


async def reset(world: InProcess) -> httpx.Response:
    return await world.http.post("/_sandbox/reset?workspace=mine")


async def delete(world: InProcess) -> httpx.Response:
    return await world.http.delete("/_sandbox/workspaces/mine")


async def restore(world: InProcess) -> httpx.Response:
    return await world.http.post("/_sandbox/checkpoints/before/restore?workspace=mine")


CHANGES: dict[str, Change] = {"reset": reset, "deleted": delete, "taken back to a checkpoint": restore}
"""What the refusal says has happened → the control call."""


@dataclass(frozen=True)
class Door:
    """A write of one API: address, kind of credential, body; the status of its refusal, and the user, if one writes."""

    path: str
    kind: str
    body: str
    media_type: str = "application/json"
    method: str = "POST"
    status: int = 409
    user: str = ""


PERSON = {
    "resourceType": "Patient",
    "identifier": [{"system": "https://fhir.nhs.uk/Id/nhs-number", "value": "9991000003"}],
    "name": [{"family": "Late", "given": ["Ann"]}],
    "birthDate": "1980-01-01",
    "gender": "female",
}
BASIC = {"resourceType": "Basic", "id": "late", "code": {"text": "x"}}
BATCH = {
    "resourceType": "Bundle",
    "type": "batch",
    "entry": [{"resource": BASIC, "request": {"method": "PUT", "url": "Basic/late"}}],
}
DOORS = {
    "HL7 over SOAP": Door("/services/hl7", "hl7-org", SOAP.format(escape(A28)), "text/xml", status=500),
    "Custom REST": Door(
        "/json/v1/treatmentPlans",
        "user-client",
        json.dumps({"patientId": "5010", "name": "Late"}),
        user="owen.bright@northmoor.example",
    ),
    "Messaging": Door("/phr-fhir/Patient/$process-message", "system-client", json.dumps(PERSON)),
    "Customer": Door(
        "/customer/northmoor-r4/fhir/Basic/late", "customer-system-client", json.dumps(BASIC), method="PUT"
    ),
    "Customer, a batch": Door("/customer/northmoor-r4/fhir", "customer-system-client", json.dumps(BATCH)),
    "Customer, a transaction": Door(
        "/customer/northmoor-r4/fhir", "customer-system-client", json.dumps({**BATCH, "type": "transaction"})
    ),
}


async def headers_for(world: InProcess, door: Door) -> dict[str, str]:
    headers = {"Content-Type": door.media_type}
    rows = credentials.list_credentials(world.workspace)
    organisation = next(row for row in rows if row["kind"] == "hl7-org")
    if door.kind == "hl7-org":
        word = b64encode(f"{organisation['username']}:{organisation['password']}".encode()).decode()
        return {**headers, "Authorization": f"Basic {word}"}
    client = next(row for row in rows if row["kind"] == door.kind and (door.user in str(row.get("users", ""))))
    access = await (user_token(world, client, door.user) if door.user else token(world, client, door.kind))
    return {**headers, "Authorization": f"Bearer {access}", "X-Org-Public-Id": organisation["organisation"]["id"]}


async def token(world: InProcess, client: dict[str, Any], kind: str) -> str:
    path = "/auth/realms/pkb/protocol/openid-connect/token" if kind.startswith("customer") else "/api/oauth/token"
    form = {"grant_type": "client_credentials"}
    answer = await world.http.post(path, data=form, auth=(client["client_id"], client["client_secret"]))
    return str(answer.json()["access_token"])


async def user_token(world: InProcess, client: dict[str, Any], email: str) -> str:
    user = next(user["id"] for user in client["users"] if user["email"] == email)
    query = {"client_id": client["client_id"], "redirect_uri": client["redirect_uris"][0]}
    approved = await world.http.post(f"/_sandbox/users/{user}/approve?workspace=mine", json=query)
    code = parse_qs(urlsplit(approved.json()["redirect"]).query)["code"][0]
    answer = await world.http.post("/apiToken.action", data={"grant_type": "authorization_code", "code": code, **query})
    return str(answer.json()["access_token"])


class HalfSent:
    """A body of which one half has arrived; the other arrives on `finish`."""

    def __init__(self, body: str) -> None:
        self._body = body.encode()
        self.is_half = asyncio.Event()
        self._rest = asyncio.Event()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._body[: len(self._body) // 2]
        self.is_half.set()
        await self._rest.wait()
        yield self._body[len(self._body) // 2 :]

    def finish(self) -> None:
        self._rest.set()


async def begun(world: InProcess, door: Door) -> tuple[asyncio.Task[httpx.Response], HalfSent]:
    """A request at a door of which half of the body has arrived."""
    body, headers = HalfSent(door.body), await headers_for(world, door)
    task = asyncio.ensure_future(world.http.request(door.method, door.path, content=body, headers=headers))
    await body.is_half.wait()
    return task, body


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
@pytest.mark.parametrize("happened", CHANGES)
def test_a_body_that_ends_after_the_change_writes_nothing(door: Door, happened: str):
    async def scenario() -> None:
        world = InProcess()
        await world.http.post("/_sandbox/checkpoints?workspace=mine", json={"name": "before"})
        task, body = await begun(world, door)
        assert (await CHANGES[happened](world)).is_success
        after = entities(world.workspace)
        body.finish()
        answer = await task
        assert (answer.status_code, entities(world.workspace) == after) == (door.status, True), answer.text
        assert f"The workspace was {happened} before this request was answered" in answer.text

    asyncio.run(scenario())


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_without_a_change_the_same_body_writes(door: Door):
    async def scenario() -> None:
        world = InProcess()
        task, body = await begun(world, door)
        before = entities(world.workspace)
        body.finish()
        answer = await task
        assert answer.is_success, answer.text
        assert entities(world.workspace) != before

    asyncio.run(scenario())


def test_a_control_call_that_still_arrives_is_for_the_new_state():
    async def scenario() -> None:
        world = InProcess()
        for change, status in ((reset, 201), (delete, 409)):
            body = HalfSent('{"patients": 1, "seed": 4}')
            late = asyncio.ensure_future(world.http.post("/_sandbox/generate?workspace=mine", content=body))
            await body.is_half.wait()
            await change(world)
            before = entities(world.workspace)
            body.finish()
            answer = await late
            assert (answer.status_code, entities(world.workspace) == before) == (status, status == 409), answer.text

    asyncio.run(scenario())


def test_a_message_that_a_fault_rule_repeats_is_not_repeated_after_a_reset(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sandbox.worlds.slices.SLICE", -1)

    async def scenario() -> None:
        world = InProcess()
        rules = {"rules": [{"api": "customer", "duplicate": True}]}
        assert (await world.http.put("/_sandbox/faults?workspace=mine", json=rules)).status_code == 200
        task = asyncio.ensure_future(world.send_a_batch())
        while not world.workspace.in_flight and not task.done():
            await asyncio.sleep(0)
        await world.http.post("/_sandbox/reset?workspace=mine", json={"reset": ["store"]})
        assert (await task).status_code == 409
        assert world.workspace.store.count(Resource) == 0

    asyncio.run(scenario())


@pytest.mark.parametrize("happened", ["reset", "deleted"])
def test_what_waits_for_a_long_change_does_not_go_on_in_another_state(happened: str):
    async def scenario() -> None:
        world = InProcess()
        headers = await headers_for(world, DOORS["Customer"])
        async with world.workspace.in_flight.alone():
            waiting = asyncio.ensure_future(
                world.http.put(DOORS["Customer"].path, content=DOORS["Customer"].body, headers=headers)
            )
            await asyncio.sleep(0.01)
            assert not waiting.done()
            if happened == "reset":
                world.workspace.reset(("store",))
            else:
                await delete(world)
        answer = await waiting
        assert answer.status_code == 409
        assert f"The workspace was {happened}" in answer.text
        assert world.workspace.store.count(Resource) == 0

    asyncio.run(scenario())


@pytest.mark.parametrize("change", [reset, restore], ids=lambda change: change.__name__)
def test_delayed_work_of_a_state_that_was_left_is_not_done(change: Change):
    async def scenario() -> None:
        world = InProcess(Settings(aggregation_delay=60))
        await world.http.post("/_sandbox/checkpoints?workspace=mine", json={"name": "before"})
        before, door = entities(world.workspace), DOORS["Customer"]
        response = await world.http.put(door.path, content=door.body, headers=await headers_for(world, door))
        assert (response.status_code, aggregations(world.workspace)) == (201, 1)
        await change(world)
        assert (entities(world.workspace) == before, aggregations(world.workspace)) == (True, 0)
        await world.http.put("/_sandbox/clock?workspace=mine", json={"advance": "PT2M"})
        assert entities(world.workspace) == before

    asyncio.run(scenario())


def aggregations(workspace: Workspace) -> int:
    return sum(work.kind == AGGREGATION for work in workspace.store.all(DueWork))


def test_a_run_of_the_console_ends_with_the_state_that_it_fills(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sandbox.worlds.slices.SLICE", -1)

    async def scenario() -> None:
        world = InProcess()
        csrf = (await world.http.get("/_sandbox/console/bench/generate?workspace=mine")).text
        token_ = csrf.partition('name="_csrf" value="')[2].partition('"')[0]
        form = {"_csrf": token_, "_call": "POST /generate", "patients:int": "600", "seed:int": "3"}
        await world.http.post("/_sandbox/console/bench/generate?workspace=mine", data=form)
        run = generation.latest(world.workspace)
        assert run is not None
        assert run.task is not None
        while not world.workspace.in_flight and not run.task.done():
            await asyncio.sleep(0)
        await reset(world)
        await run.task
        assert (run.state, "The workspace was reset" in run.text) == ("failed", True)
        assert world.workspace.store.count(Patient) == world.workspaces.default.store.count(Patient)

    asyncio.run(scenario())
