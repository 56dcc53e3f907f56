"""What workspaces cost to make, reset, have, write and read in. `python -m benchmarks.workspaces [FOLDER]`

The folder is a world of 1,000 people written by `pkb-sandbox generate`; without one it is generated, which takes a
minute. Making and resetting are timed there, in turns with an empty request, over one keep-alive socket. Reading is
timed against two servers with the default world, in turns: one with a single workspace, one with a thousand.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

PEOPLE, MANY = 1_000, 1_000
ROUNDS, TURNS, READS = 200, 31, 200
ORGANISATION = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
MOST = {"create": 20.0, "reset": 10.0}
"""What is timed → the most empty requests that it may take."""
MOST_FIRST = 5.0
"""The most later writes that the first write in a workspace may take."""
LEAST_READING, MOST_MEGABYTES = 0.9, 100.0
OBSERVATION = {
    "resourceType": "Observation",
    "id": "o",
    "status": "final",
    "code": {"text": "Note"},
    "subject": {"reference": "Patient/p"},
}
NAMES = (f"w{number}" for number in count())


def main() -> int:
    """Prints the ratios; exit code 1 when one is over its limit."""
    with tempfile.TemporaryDirectory() as folder:
        world = sys.argv[1] if len(sys.argv) > 1 else generated(Path(folder) / "world")
        with server("--world", world) as client:
            megabytes = growth(client)  # first, while there is nothing to be used again
            ratios = {"create": client.compare(create), "reset": client.compare(reset)}
            first_write = compare_writing(client)
    with ExitStack() as servers:
        single, several = (servers.enter_context(server()) for _ in range(2))
        reading = compare_reading(single, several)
    for name, ratio in ratios.items():
        print(f"{name}: {ratio:.1f} x an empty request, with {PEOPLE:,} people (at most {MOST[name]:g} x)")
    print(f"first write in a workspace: {first_write:.1f} x a later one (at most {MOST_FIRST:g} x)")
    print(f"{MANY:,} empty workspaces: {megabytes:.0f} MB (at most {MOST_MEGABYTES:g} MB)")
    print(f"reading with {MANY:,} workspaces: {reading:.2f} x the rate with one (at least {LEAST_READING} x)")
    is_fast = all(ratio <= MOST[name] for name, ratio in ratios.items()) and reading >= LEAST_READING
    is_fast = is_fast and first_write <= MOST_FIRST
    return 0 if is_fast and megabytes <= MOST_MEGABYTES else 1


def generated(folder: Path) -> str:
    command = ["generate", "--patients", str(PEOPLE), "--seed", "1", "-o", str(folder)]
    subprocess.run([sys.executable, "-m", "sandbox", *command], check=True, capture_output=True)
    return str(folder)


class Client:
    """One keep-alive connection to a server."""

    def __init__(self, port: int, process: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self.process = process
        """The id of the server's process."""

    def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """The answer as JSON, which must be a success."""
        text = self.text(method, path, body if isinstance(body, str | None) else json.dumps(body), headers)
        return json.loads(text) if text else None

    def text(self, method: str, path: str, body: str | None, headers: dict[str, str] | None = None) -> str:
        """The body of the answer, which must be a success."""
        self._connection.request(method, path, body, headers or {})
        response = self._connection.getresponse()
        text = response.read().decode()
        assert response.status < 300, text
        return text

    def seconds(self, act: Callable[[], object]) -> float:
        started = time.perf_counter()
        act()
        return time.perf_counter() - started

    def compare(self, act: Callable[[Client], Callable[[], object]]) -> float:
        """How many empty requests an act takes: medians over rounds in which both take turns."""
        empty, acts = [], []
        for _ in range(ROUNDS):
            empty.append(self.seconds(lambda: self.ask("GET", "/_sandbox/health/live")))
            acts.append(self.seconds(act(self)))
        return statistics.median(acts) / statistics.median(empty)

    @property
    def megabytes(self) -> float:
        """Resident memory of the server."""
        pages = int(Path(f"/proc/{self.process}/statm").read_text(encoding="ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def create(client: Client) -> Callable[[], object]:
    return lambda: client.ask("POST", "/_sandbox/workspaces", {"name": next(NAMES)})


def reset(client: Client) -> Callable[[], object]:
    """A reset of a workspace in which something has been written."""
    name = f"{next(NAMES)}-reset"
    client.ask("POST", "/_sandbox/workspaces", {"name": name})
    client.ask("POST", f"/_sandbox/records/{TOLA}/allergies?workspace={name}", {"allergen": "Latex"})
    return lambda: client.ask("POST", f"/_sandbox/reset?workspace={name}")


def growth(client: Client) -> float:
    """What a thousand empty workspaces add to the memory of a server."""
    create(client)()
    before = client.megabytes
    for _ in range(MANY):
        create(client)()
    return client.megabytes - before


def compare_writing(client: Client) -> float:
    """How many later writes of a Customer's resource the first one in a workspace takes: medians over the rounds."""
    first, later = [], []
    for _ in range(TURNS):
        credentials = client.ask("POST", "/_sandbox/workspaces", {"name": next(NAMES)})["credentials"]
        customer = next(row for row in credentials if row["name"] == "Northmoor FHIR feed")
        path = "/auth/realms/pkb/protocol/openid-connect/token"
        headers = {"Authorization": f"Bearer {token_of(client, customer, path)}", "Content-Type": "application/json"}
        address = "/customer/northmoor-r4/fhir/Observation/o"
        writes = [{**OBSERVATION, "valueString": str(number)} for number in range(10)]
        seconds = [client.seconds(partial(client.ask, "PUT", address, write, headers)) for write in writes]
        first.append(seconds[0])
        later += seconds[1:]
    return statistics.median(first) / statistics.median(later)


def token_of(client: Client, credential: dict[str, Any], path: str) -> str:
    basic = base64.b64encode(f"{credential['client_id']}:{credential['client_secret']}".encode()).decode()
    form = {"Authorization": f"Basic {basic}", "Content-Type": "application/x-www-form-urlencoded"}
    return str(client.ask("POST", path, "grant_type=client_credentials", form)["access_token"])


def compare_reading(single: Client, several: Client) -> float:
    """The rate of Facade reads in the last of a thousand workspaces, against that in the only one."""
    for _ in range(MANY - 1):
        create(several)()
    reads = [reader(client) for client in (single, several)]
    ratios = []
    for turn in range(TURNS):
        order = reads if turn % 2 else reads[::-1]
        seconds = {read: sum(single.seconds(read) for _ in range(READS)) for read in order}
        ratios.append(seconds[reads[0]] / seconds[reads[1]])
    return statistics.median(ratios)


def reader(client: Client) -> Callable[[], object]:
    """A read of a patient in a new workspace."""
    credentials = client.ask("POST", "/_sandbox/workspaces", {"name": next(NAMES)})["credentials"]
    partner = next(row for row in credentials if row["name"] == "Letterbox, Facade and Messaging")
    headers = {
        "Authorization": f"Bearer {token_of(client, partner, '/api/oauth/token')}",
        "X-Org-Public-Id": ORGANISATION,
    }
    return lambda: client.ask("GET", f"/fhir/Patient/{TOLA}", headers=headers)


@contextmanager
def server(*options: str) -> Iterator[Client]:
    """A server on the first core that this process may use."""
    core = min(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        ready = Path(folder) / "ready"
        command = ["serve", "--port", "0", "--ready-file", str(ready), "--max-workspaces", "5000", *options]
        process = subprocess.Popen(
            [sys.executable, "-m", "sandbox", *command],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            preexec_fn=lambda: os.sched_setaffinity(0, {core}),
        )
        try:
            while process.poll() is None and not (ready.is_file() and ready.read_text(encoding="utf-8")):
                time.sleep(0.1)
            port = int(ready.read_text(encoding="utf-8").strip().rpartition(":")[2])
            yield Client(port, process.pid)
        finally:
            process.terminate()
            process.wait()


if __name__ == "__main__":
    sys.exit(main())
