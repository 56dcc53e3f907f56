"""The price of `--data`: the same requests to a sandbox that keeps a file on the disk of temporary files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks import load
from benchmarks.fhir import patient
from benchmarks.figures import Figure, Run
from benchmarks.load import Load
from benchmarks.messages import HEADERS
from benchmarks.parts.hot_path import MESSAGE
from benchmarks.stage import CUSTOMER, Stage, stage

PART = "With a data file, requests as they are answered, 16 connections"


def figures(run: Run) -> Iterator[Figure]:
    if not load.is_at_hand():
        run.skipped.append("with a data file: wrk is not installed")
        return
    with TemporaryDirectory() as folder, stage() as memory, stage("--data", str(Path(folder, "team.db"))) as kept:
        loads = {"kept": _loads(kept), "memory": _loads(memory)}
        for name in loads["memory"]:
            rates = load.best({where: loads[where][name] for where in loads}, run)
            detail = " and ".join(f"{rates[where].a_second:,.0f}" for where in loads)
            ratio = rates["kept"].a_second / rates["memory"].a_second
            yield Figure(part=PART, name=name, ratio=ratio, against="without --data", detail=f"{detail} a second")


def _loads(staged: Stage) -> dict[str, Load]:
    headers = {**staged.customer, "Content-Type": "application/fhir+json"}
    content = json.dumps({name: value for name, value in patient(1).items() if name != "id"})
    port = staged.port
    return {
        "Facade: read": staged.reads["facade-read"],
        "HL7: ADT^A28 of a new patient": Load(
            port=port, path="/services/hl7", headers=HEADERS, method="POST", body=MESSAGE
        ),
        "Customer: create": Load(port=port, path=f"{CUSTOMER}/Patient", headers=headers, method="POST", body=content),
    }
