"""Kill a server on a data file under load, and look for what it acknowledged: `python -m benchmarks.crash`

HL7, Custom REST, FHIR and OAuth clients write at the same time; `kill -9` comes at a random moment, `--kills` times.
The file then has every acknowledged write, and each write whole or not at all: a patient with the allergy of the same
message, all resources of a transaction, also of one that is processed in slices. The next server starts on the same
file, and the last tokens are good there. Exit code 1 otherwise.
"""

from __future__ import annotations

import argparse
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx

from benchmarks.messages import ENVELOPE, HEADERS, header
from sandbox import Sandbox
from sandbox.store.durable.data_file import DataFile
from sandbox.store.durable.maintenance import check_rows, export_rows

NUMBERS = count(1)
LONGEST_LOAD = 1.0
"""Seconds of load before a kill, at most."""
READY_SECONDS = 60
USER = "tola.adeyemi@example.org"
SIZES = {"pair-": 2, "slices-": 120}
"""How the patients of a transaction are named → their number. A long one is processed in slices."""


class Written:
    """What servers have acknowledged, and the tokens of the last acknowledged refresh."""

    def __init__(self) -> None:
        self.patients: set[str] = set()
        self.measurements: set[str] = set()
        self.transactions: set[str] = set()
        self.access_token = self.refresh_token = ""
        self.is_refreshing = False

    def __len__(self) -> int:
        return len(self.patients) + len(self.measurements) + len(self.transactions)


class Server:
    """A server process on a data file."""

    def __init__(self, file: Path) -> None:
        ready = file.with_suffix(".ready")
        ready.unlink(missing_ok=True)
        started = time.perf_counter()
        command = [
            sys.executable,
            "-m",
            "sandbox",
            "serve",
            "--port",
            "0",
            "--data",
            str(file),
            "--ready-file",
            str(ready),
        ]
        with file.with_suffix(".log").open("a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=log)
        while not ready.is_file() or not (url := ready.read_text().strip()):
            if self.process.poll() is not None or time.perf_counter() - started > READY_SECONDS:
                raise SystemExit(f"the server did not start on {file}: exit code {self.process.poll()}")
            time.sleep(0.01)
        self.url = url
        self.seconds = time.perf_counter() - started

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def send_messages(http: httpx.Client, pkb: Sandbox, written: Written) -> None:
    number = f"C{next(NUMBERS):06}"
    name_and_birth = "Khatun^Rina^Lee^^Mrs||19910623|F"
    pid = f"PID|||{number}^^^NORTHMOOR^MR||{name_and_birth}|||2 Mill Yard^^Leeds^^LS0 0ZZ||07700900111^PRS"
    message = "\r".join((header("ADT^A28"), pid, "AL1|1||91936005^Penicillin allergy^SCT|||20190401"))
    answer = http.post("/services/hl7", content=ENVELOPE.format(message).encode(), headers=HEADERS)
    if "MSA|AA|" in answer.text:
        written.patients.add(number)


def add_measurements(http: httpx.Client, pkb: Sandbox, written: Written) -> None:
    body = {"apiRef": "bloodPressure", "takenDate": "2026-02-11T07:30:00Z", "value": "124", "value2": "81"}
    answer = http.post("/json/v1/measurements", json=body, headers={"Authorization": f"Bearer {written.access_token}"})
    if answer.is_success:
        written.measurements.add(str(answer.json()["id"]))


def send_transactions(http: httpx.Client, pkb: Sandbox, written: Written) -> None:
    send_transaction("pair-", http, pkb, written)


def send_long_transactions(http: httpx.Client, pkb: Sandbox, written: Written) -> None:
    send_transaction("slices-", http, pkb, written)
    time.sleep(0.2)


def send_transaction(kind: str, http: httpx.Client, pkb: Sandbox, written: Written) -> None:
    name = f"{kind}{next(NUMBERS)}"
    entry = {
        "resource": {"resourceType": "Patient", "name": [{"text": name}]},
        "request": {"method": "POST", "url": "Patient"},
    }
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry] * SIZES[kind]}
    answer = http.post("/customer/northmoor-r4/fhir", json=bundle, headers={"Authorization": f"Bearer {TOKENS[pkb]}"})
    if answer.is_success:
        written.transactions.add(name)


def refresh(http: httpx.Client, pkb: Sandbox, written: Written) -> None:
    written.is_refreshing = True
    form = {"grant_type": "refresh_token", "refresh_token": written.refresh_token}
    answer = http.post("/apiToken.action", data=form, auth=("stepwise-diary", ""))
    written.access_token, written.refresh_token = answer.json()["access_token"], answer.json()["refresh_token"]
    written.is_refreshing = False


TOKENS: dict[Sandbox, str] = {}
"""The token of the Customer System Client of each server."""
WRITERS: tuple[Callable[[httpx.Client, Sandbox, Written], None], ...] = (
    send_messages,
    send_messages,
    add_measurements,
    send_transactions,
    send_long_transactions,
    refresh,
)


def write(server: Server, pkb: Sandbox, written: Written, stopped: threading.Event, writer: Any) -> None:
    with httpx.Client(base_url=server.url, timeout=30, trust_env=False) as http:
        while not stopped.is_set():
            try:
                writer(http, pkb, written)
            except httpx.TransportError:
                return


def main() -> int:
    """Print the counts; exit code 1 when a write was lost or is half there."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    moments, written, slowest = random.Random(options.seed), Written(), 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "crash.db"
        for number in range(options.kills):
            slowest = max(slowest, one_life(file, written, moments.uniform(0.02, LONGEST_LOAD)))
            wrong = problems(file, written)
            if wrong:
                print(f"after kill {number + 1}: {'; '.join(wrong)}")
                return 1
            if (number + 1) % 10 == 0:
                print(f"{number + 1} of {options.kills} kills", flush=True)
        size = os.path.getsize(file)
    counts = f"{len(written.patients)} messages, {len(written.measurements)} measurements"
    counts += f", {len(written.transactions)} transactions"
    print(f"{options.kills} kills: {counts} acknowledged, none lost, none half there, and every token good;")
    print(f"opened every time, the slowest start took {slowest:.1f} s; the file has {size / 1e6:.1f} MB")
    return 0


def one_life(file: Path, written: Written, seconds: float) -> float:
    """Start a server, look at the tokens of the last one, write for some time, and kill it. Returns its start time."""
    server = Server(file)
    try:
        pkb = Sandbox.connect(server.url, workspace="default")
        sign_in(pkb, written)
        TOKENS[pkb] = pkb.token("customer-system-client")
        for writer in dict.fromkeys(WRITERS):
            writer(pkb._http, pkb, written)  # so that every API is loaded when the clock starts
        stopped = threading.Event()
        threads = [threading.Thread(target=write, args=(server, pkb, written, stopped, writer)) for writer in WRITERS]
        for thread in threads:
            thread.start()
        time.sleep(seconds)
    finally:
        server.kill()
    stopped.set()
    for thread in threads:
        thread.join()
    return server.seconds


def sign_in(pkb: Sandbox, written: Written) -> None:
    """Use the last acknowledged tokens, then a new session. Raises SystemExit for a token that is not good."""
    if written.access_token:
        headers = {"Authorization": f"Bearer {written.access_token}"}
        if pkb._http.get("/json/users/self", headers=headers).status_code != 200:
            raise SystemExit("an acknowledged access token is not good after the restart")
        # Of a refresh that was not acknowledged nobody can say whether it happened.
        if not written.is_refreshing:
            refresh(pkb._http, pkb, written)
    tokens = pkb.sign_in(USER, "stepwise-diary")
    written.access_token, written.refresh_token = tokens.access_token, str(tokens.refresh_token)
    written.is_refreshing = False


def problems(file: Path, written: Written) -> list[str]:
    """Return what the file lacks, or has by half."""
    data = DataFile(str(file), create=False)
    check_rows(data)
    rows = list(export_rows(data))
    data.close()
    patients = {
        identifier["value"]: row["id"]
        for row in rows
        if row.get("entity") == "Patient"
        for identifier in row.get("identifiers", ())
        if identifier["value"].startswith("C0")
    }
    allergies = Counter(row["patient"] for row in rows if row.get("entity") == "Allergy")
    measurements = {row["id"] for row in rows if row.get("entity") == "Measurement"}
    transactions = Counter(name for row in rows if row.get("entity") == "Resource" if (name := name_in(row["text"])))
    halves = [number for number, id_ in patients.items() if allergies[id_] != 1]
    halves += [name for name, number in transactions.items() if number != SIZES[name[: name.index("-") + 1]]]
    lost = (written.patients - patients.keys()) | (written.transactions - transactions.keys())
    lost |= legacy_ids(written.measurements, measurements)
    wrong = {"lost": sorted(lost), "half there": halves}
    return [f"{len(names)} {what} ({', '.join(names[:5])})" for what, names in wrong.items() if names]


def name_in(text: str) -> str:
    """Return the name of a transaction's patients, which a resource contains; empty for another resource."""
    for kind in SIZES:
        _, start, rest = text.partition(kind)
        if start:
            return kind + rest.partition('"')[0]
    return ""


def legacy_ids(ids: set[str], stored: set[str]) -> set[str]:
    """Return the ids that are not those of stored measurements, which Custom REST names by their legacy ids."""
    from sandbox.base.ids import legacy_id

    return ids - stored - {legacy_id(id_) for id_ in stored}


if __name__ == "__main__":
    sys.exit(main())
