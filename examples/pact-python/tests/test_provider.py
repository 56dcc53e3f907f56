"""The sandbox keeps the pact: each interaction is replayed against it, in the provider states that it names."""

from __future__ import annotations

import os
from pathlib import Path

from pact import Verifier

PACTS = Path(__file__).parents[1] / "pacts"
URL = os.environ.get("PKB_SANDBOX_URL", "http://127.0.0.1:8080")


def test_the_sandbox_keeps_the_pact() -> None:
    verifier = Verifier("Patients Know Best", host="127.0.0.1").add_transport(url=URL).add_source(PACTS)
    verifier.state_handler(f"{URL}/_sandbox/pact/states", teardown=True, body=True)
    try:
        verifier.verify()
    finally:
        print(verifier.output(strip_ansi=True))
