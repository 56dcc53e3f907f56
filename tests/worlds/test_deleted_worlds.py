"""A deleted world is gone: nothing of the process holds it, and no garbage has to be collected for that."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator

import pytest

from benchmarks.soak.requests import AGGREGATED, CUSTOMER, LABORATORY, REQUESTS, _http, mllp, prepare
from benchmarks.soak.wire import Wire
from benchmarks.soak.worlds import SoakWorld, Worlds
from sandbox.server import SandboxServer
from tests.hl7.test_mllp import free_port

PATIENCE = 5.0
"""Seconds for the end of the last request, which still knows its world when its answer has arrived."""
PAGES = tuple(
    _http("GET", path, caller)
    for path, caller in (
        ("/fhir/DocumentReference?patient=$PATIENT&_count=1", "partner"),
        (f"/fhir/Observation?patient=$PATIENT&category={LABORATORY}&_count=1", "partner"),
        (f"{CUSTOMER}/Patient?_count=1", "customer"),
        (f"{AGGREGATED}/Patient?_count=1", "customer"),
    )
)
"""Searches with more than one page, whose results wait for the reader of the others."""


@pytest.fixture
def no_collection() -> Iterator[None]:
    """Let no garbage be collected: `pkb-sandbox serve` does it so rarely that garbage stays for hours."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


class OneWorld(Worlds):
    """Two worlds, of which the first gets every request."""

    async def ask_all(self, port: int, mllp_port: int) -> list[str]:
        """Send every request of the soak, by every door, to the first world; return what is wrong with the answers."""
        http, by_mllp = Wire(port), Wire(mllp_port)
        problems = [await ask(http, self.first) for ask in (*REQUESTS, *PAGES)]
        problems.append(await mllp(by_mllp, self.first))
        for wire in (http, by_mllp):
            wire.close()
        return [problem for problem in problems if problem]

    @property
    def first(self) -> SoakWorld:
        return self._live[0]


def is_gone(reference: weakref.ref[object]) -> bool:
    end = time.monotonic() + PATIENCE
    while reference() is not None and time.monotonic() < end:
        time.sleep(0.01)
    return reference() is None


@pytest.mark.usefixtures("no_collection")
def test_nothing_holds_a_deleted_world_after_requests_at_every_door():
    async def use_and_delete(server: SandboxServer) -> dict[str, weakref.ref[object]]:
        worlds = OneWorld(Wire(server.port), prepare)
        await worlds.begin()
        workspace = server.workspaces.named(worlds.first.name)
        parts = {"world": workspace, "store": workspace.store, "journal": workspace.exchanges}
        references: dict[str, weakref.ref[object]] = {name: weakref.ref(part) for name, part in parts.items()}
        del workspace, parts
        assert await worlds.ask_all(server.port, server.mllp_port) == []
        await worlds.replace()
        worlds.close()
        return references

    with SandboxServer(port=0, mllp_port=free_port()) as server:
        references = asyncio.run(use_and_delete(server))
        assert [name for name, reference in references.items() if not is_gone(reference)] == []
