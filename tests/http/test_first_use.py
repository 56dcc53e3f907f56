"""An API is imported and built for its first request: a start, and whoever uses another API, never waits for it."""

from __future__ import annotations

import json
import subprocess
import sys

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
