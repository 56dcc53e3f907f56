"""Custom REST, in worlds made at random, shows what the rules of the Facade's tests allow, door by door."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox import model
from sandbox.access.principal import Principal
from sandbox.base.ids import legacy_id
from sandbox.rest.endpoint import front_end
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.fhir.facade.oracle import TEAM_OF, Caller, Point, World, is_in_care, knows, sees
from tests.fhir.facade.test_visibility_property import PEOPLE, stored, worlds

WORKSPACES = Workspaces(Settings())
ROUTED = front_end(WORKSPACES)
CALLERS = st.sampled_from((*PEOPLE, *TEAM_OF)).map(Caller)
STREAM = ("Communication", "DocumentReference")


class Asking:
    """Custom REST with a world of its own, asked as one person."""

    def __init__(self, world: World, caller: Caller) -> None:
        workspace = WORKSPACES.default
        workspace.store = stored(world)
        scope = "PATIENT" if caller.person in PEOPLE else "CLINICIAN"
        credential = model.Credential(id="x", kind="user-client", name="", partner="x")
        principal = Principal(workspace=workspace, credential=credential, user=caller.person, scope=scope)
        self._application = replace(ROUTED, identify=lambda call: principal)

    def ask(self, path: str) -> tuple[int, set[str]]:
        """The status, and the ids of what is listed."""
        response = asyncio.run(self._ask(f"/json{path}"))
        body = response.json()
        rows = body.get("results", []) if isinstance(body, dict) else body
        return response.status_code, {row["id"] for row in rows}

    async def _ask(self, path: str) -> httpx.Response:
        async def mounted(scope: Any, receive: Any, send: Any) -> None:
            await self._application(scope, receive, send)

        transport = httpx.ASGITransport(app=mounted)
        async with httpx.AsyncClient(transport=transport, base_url="http://pkb.test") as client:
            return await client.get(path)


def ids(points: list[Point]) -> set[str]:
    return {legacy_id(point.id) for point in points}


@settings(max_examples=60)
@given(worlds(), CALLERS)
def test_each_caller_sees_the_data_that_the_rules_allow(world: World, caller: Caller):
    asking = Asking(world, caller)
    if caller.person in world.people and world.people[caller.person].frozen:
        assert asking.ask("/messages/after/2000-01-01T00:00:00Z")[0] == 403
        return
    visible = [point for point in world.points if sees(world, caller, point)]
    stream = [point for point in visible if point.kind in STREAM and _streams(caller, point)]
    assert asking.ask("/messages/after/2000-01-01T00:00:00Z") == (200, ids(stream))
    if caller.person in PEOPLE:
        return
    for patient in PEOPLE:
        is_known = knows(world, caller, world.people[patient])
        assert asking.ask(f"/v1/users/{patient}")[0] == (200 if is_known else 404)
        results = [point for point in visible if (point.kind, point.patient) == ("Observation", patient)]
        path = f"/v1/tests/results/forPatient/byTestIds?patientId={patient}&testIds={','.join(ids(results)) or 'x'}"
        assert asking.ask(path) == ((200, ids(results)) if is_known else (404, set()))
        in_care = is_in_care(world, caller, world.people[patient])
        assert asking.ask(f"/v1/consents/byPatient/{patient}")[0] == (200 if in_care else 404)


def _streams(caller: Caller, point: Point) -> bool:
    """A patient's stream is that of the own record, and of what the patient sent, received or entered elsewhere."""
    if caller.person not in PEOPLE:
        return True
    return caller.person in {point.patient, point.person, *point.between}
