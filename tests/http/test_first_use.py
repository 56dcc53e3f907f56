"""An API is imported and built for its first request: a start, and whoever uses another API, never waits for FHIR."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

PROGRAM = """
import json, sys
from pathlib import Path
from sandbox import Sandbox

FHIR = "sandbox.fhir.mounts"
loaded = {}
with Sandbox(mode="asgi") as pkb:
    loaded["start"] = FHIR in sys.modules
    for example in ("adt_a28", "oru_r01_laboratory"):
        assert pkb.send_hl7(Path(f"fixtures/hl7/{example}.hl7").read_text()).code == "AA"
    loaded["message"] = FHIR in sys.modules
    with pkb.client("northmoor-fhir") as customer:
        statuses = [customer.get(path).status_code for path in ("/fhir/metadata", "/aggregated/fhir/metadata")]
    loaded["request"] = FHIR in sys.modules
    json.dump({"loaded": loaded, "statuses": statuses}, sys.stdout)
"""


def test_fhir_is_loaded_by_its_first_request_and_not_by_messages():
    outcome = run(PROGRAM)
    assert outcome == {"loaded": {"start": False, "message": False, "request": True}, "statuses": [200, 200]}


def run(program: str) -> Any:
    """Return the JSON that a program of its own writes: other tests have imported everything."""
    return json.loads(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    )
