"""An API is imported and built for its first request: a start, and whoever uses another API, never waits for it."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from importlib import import_module
from pathlib import Path

import pytest
from starlette.responses import PlainTextResponse

from sandbox.http.first_use import FirstUse

PROGRAM = """
import json, sys, threading
from pathlib import Path
from sandbox.server import SandboxServer

ROOMS = {
    "console": "sandbox.console.endpoint",
    "fhir": "sandbox.fhir.mounts",
    **{room: f"sandbox.{room}" for room in ("control", "hl7", "oauth", "rest")},
}
LIBRARIES = (
    "cryptography defusedxml fhir hl7 jinja2 jsonpatch jsonpath jwt prometheus_client pydantic regex trustme"
).split()
threads = set()

class Importing:
    # Notes the threads in which rooms are imported.

    def find_spec(self, name, path=None, target=None):
        if name in (*ROOMS.values(), "sandbox.hl7.endpoint"):
            threads.add(threading.current_thread().name.partition("_")[0])

sys.meta_path.insert(0, Importing())
server = SandboxServer(port=0)
steps = [[library for library in LIBRARIES if library in sys.modules]]

def step():
    steps.append(sorted(room for room, module in ROOMS.items() if module in sys.modules))

from tests.support import Client

with server:
    pkb = Client(server)
    step()
    assert pkb.http.get("/_sandbox/health/ready").status_code == 200
    step()
    assert pkb.http.get("/rest/dictionaries").status_code == 401
    step()
    for example in ("adt_a28", "oru_r01_laboratory"):  # with credentials of the control API
        assert pkb.send(Path(f"fixtures/hl7/{example}.hl7").read_text()).code == "AA"
    step()
    assert pkb.http.get("/aggregated/fhir/metadata").status_code == 200
    step()
json.dump([*steps, sorted(threads)], sys.stdout)
"""


def test_each_api_is_loaded_by_its_own_first_request():
    run = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    libraries, started, ready, rest, messages, read, threads = json.loads(run.stdout)
    assert libraries == []
    assert started == []
    assert ready == ["control"]
    assert rest == ["control", "rest"]
    assert messages == ["control", "hl7", "oauth", "rest"]
    assert read == ["control", "fhir", "hl7", "oauth", "rest"]
    assert threads in (["asyncio"], ["uvloop"]), (
        "imported in worker threads of the loop, so that others are answered meanwhile"
    )


GATE = threading.Event()
SLOW_ROOM = """
from tests.http.test_first_use import GATE
was_opened = GATE.wait(3)
"""


def test_the_event_loop_goes_on_while_several_requests_wait_for_the_same_import(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    (tmp_path / "slow_room.py").write_text(SLOW_ROOM, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    scope = {"type": "http", "method": "GET", "path": "/", "headers": []}
    statuses: list[int] = []

    def build() -> PlainTextResponse:
        import_module("slow_room")
        return PlainTextResponse("built")

    async def send(message: dict[str, object]) -> None:
        if isinstance(status := message.get("status"), int):
            statuses.append(status)

    async def ask_twice() -> None:
        # Two applications, as two FHIR endpoints are, which share their modules.
        first, second = (FirstUse(build, ("slow_room",)) for _ in range(2))  # type: ignore[arg-type]
        request = asyncio.ensure_future(first(scope, None, send))  # type: ignore[arg-type]
        async with asyncio.timeout(10):
            while "slow_room" not in sys.modules:
                await asyncio.sleep(0.001)
        other = asyncio.ensure_future(second(scope, None, send))  # type: ignore[arg-type]
        await asyncio.sleep(0)
        GATE.set()
        await asyncio.gather(request, other)

    asyncio.run(ask_twice())
    assert sys.modules.pop("slow_room").was_opened, "the loop waited for the import"
    assert statuses == [200, 200]
