"""A deleted world is gone: nothing of the process holds it, and no garbage has to be collected for that."""

from __future__ import annotations

import asyncio
import gc
import time
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.latency_client import ENVELOPE
from benchmarks.soak.requests import AGGREGATED, CUSTOMER, LABORATORY, REQUESTS, _http, mllp, prepare
from benchmarks.soak.wire import Wire
from benchmarks.soak.worlds import SoakWorld, Worlds
from sandbox.server import SandboxServer
from tests.hl7.samples import message, pid
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
    """Let no garbage be collected: `pkb-sandbox serve` never looks again at what has become old."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


REFUSED = (
    ("GET", "/fhir/Patient/$PATIENT", "customer", ""),  # 401: a token of another API
    ("GET", "/fhir/Patient/nobody", "partner", ""),
    ("GET", "/fhir/Observation", "partner", ""),
    ("GET", "/fhir/nowhere", "partner", ""),
    ("POST", f"{CUSTOMER}/Patient", "customer", "{"),
    ("GET", f"{CUSTOMER}/Patient?_id:unknown=1", "customer", ""),
    ("GET", "/json/users/nobody", "user", ""),
    ("POST", "/services/hl7", "hl7", ENVELOPE.format(message("PID|||1"))),
    ("POST", "/services/hl7", "hl7", ENVELOPE.format(message(pid("x@example.org^^^EMAIL^EMAIL")))),
    ("POST", "/services/hl7", "hl7", "<not SOAP"),
    ("DELETE", "/_sandbox/checkpoints/none?workspace=$WORLD", "", ""),
)
"""Method, path, caller and body of requests that are refused in the world of their caller."""
EXPIRED = (
    ("GET", "/fhir/Patient/$PATIENT", "partner", ""),
    ("GET", f"{CUSTOMER}/Patient", "customer", ""),
    ("GET", "/json/users/self", "user", ""),
)
"""Requests with a token that has expired by then."""


class OneWorld(Worlds):
    """Some worlds, of which the first gets every request."""

    async def ask_all(self, port: int, mllp_port: int) -> list[str]:
        """Send every request of the soak, by every door, to the first world; return what is wrong with the answers."""
        http, by_mllp = Wire(port), Wire(mllp_port)
        problems = [await ask(http, self.first) for ask in (*REQUESTS, *PAGES)]
        problems.append(await mllp(by_mllp, self.first))
        problems += [await self._refused(http, *row) for row in REFUSED]
        await self._call("PUT", f"/clock?workspace={self.first.name}", {"advance": "P1D"})
        problems += [await self._refused(http, *row) for row in EXPIRED]
        for wire in (http, by_mllp):
            wire.close()
        return [problem for problem in problems if problem]

    async def _refused(self, http: Wire, method: str, path: str, caller: str, body: str) -> str:
        filled = path.replace("$PATIENT", self.first.patient).replace("$WORLD", self.first.name)
        kind = {"Content-Type": "text/xml" if caller == "hl7" else "application/fhir+json"} if body else {}
        status, answer = await http.ask(method, filled, body.encode(), {**self.first.headers[caller], **kind})
        return "" if status >= 400 or b"MSA|AR|" in answer else f"{method} {path}: {status}"

    @property
    def first(self) -> SoakWorld:
        return self._live[0]


def is_gone(reference: weakref.ref[object]) -> bool:
    end = time.monotonic() + PATIENCE
    while reference() is not None and time.monotonic() < end:
        time.sleep(0.01)
    return reference() is None


@pytest.mark.usefixtures("no_collection")
@pytest.mark.parametrize("is_stored", [False, True], ids=["in memory", "in a data file"])
def test_nothing_holds_a_deleted_world_after_requests_at_every_door(is_stored: bool, tmp_path: Path):
    stored: dict[str, Any] = {"data": str(tmp_path / "data.db"), "data_journal": True} if is_stored else {}

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
        await asyncio.sleep(0)
        return references

    with SandboxServer(port=0, mllp_port=free_port(), **stored) as server:
        references = asyncio.run(use_and_delete(server))
        assert [name for name, reference in references.items() if not is_gone(reference)] == []
