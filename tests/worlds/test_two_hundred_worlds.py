"""Two hundred tests of somebody else's, eight at a time, against one server: each in a world of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.hl7.samples import ORGANISATIONS, message, pid
from tests.worlds.world import World

TESTS, WORKERS = 200, 8
NUMBER = "9998120039"
"""The same NHS number in every world: whoever sees another world would find another name under it."""
PERSON, PASSWORD = "tola.adeyemi@example.org", "Sandbox-1234"
NHS = "https://fhir.nhs.uk/Id/nhs-number"


@pytest.fixture(scope="module")
def base_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server in a process of its own."""
    ready = tmp_path_factory.mktemp("served") / "ready"
    options = ["serve", "--port", "0", "--ready-file", str(ready)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PKB_SANDBOX_")}
    with subprocess.Popen(
        [sys.executable, "-m", "sandbox", *options],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=Path(__file__).parents[2],
    ) as process:
        deadline = time.monotonic() + 120
        while not ready.is_file() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        try:
            yield ready.read_text(encoding="utf-8").strip()
        finally:
            process.terminate()
            process.wait(30)


def scenario(base_url: str, number: int) -> None:
    """One test: a message, a sign-in, reads of FHIR and REST, all of them at a time of its own."""
    world = World(base_url, f"test-{number}")
    at = f"20{30 + number % 60}-03-{1 + number % 28:02}T{number % 24:02}:00:00Z"
    family = f"Family{number}"
    assert world.control("PUT", "/clock", {"mode": "frozen", "at": at})["now"] == at

    acknowledgement = world.send(
        message(pid(f"{NUMBER}^^^NHS^NH", f"{family}^Rina"), "PV1|1|N", control_id=f"c{number}")
    )
    assert (acknowledgement.code, acknowledgement.control_id) == ("AA", f"c{number}")
    assert acknowledgement.segment("MSH")[6].startswith(at[:10].replace("-", ""))

    tokens = world.sign_in(PERSON, PASSWORD)
    myself = world.get("/rest/users/self", tokens["access_token"])
    assert myself.status_code == 200, myself.text
    system = world.token("Letterbox, Facade")
    search = world.get(f"/fhir/Patient?identifier={NHS}|{NUMBER}", system, X_Org_Public_Id=ORGANISATIONS["northmoor"])
    assert search.status_code == 200, search.text
    (entry,) = search.json()["entry"]
    assert entry["resource"]["name"][0]["family"] == family

    assert world.control("GET", f"/records/{NUMBER}")["patient"]["name"]["family"] == family
    exchanges = world.exchanges()
    assert {row["at"] for row in exchanges} == {at}
    own = {entry.get("username") or entry["client_id"] for entry in world.credentials}
    assert {row["request"]["method"] for row in exchanges} == {"GET", "POST"}
    # Message, authorize page and its form, code for token, self, token, search; the page and its form have no caller.
    assert len(exchanges) == 7
    assert all(any(f" {id_} " in row["caller"] for id_ in own) for row in exchanges if row["caller"])
    assert world.control("GET", "/clock")["now"] == at
    world.delete()
    assert is_refused(world, system, tokens["access_token"])
    world.http.close()


def is_refused(world: World, *tokens: str) -> bool:
    """Check that no token or password of a world is valid any more."""
    responses = [world.get("/fhir/Patient/1", token) for token in tokens]
    return {response.status_code for response in (*responses, world.post_soap("MSH|"))} == {401}


def test_two_hundred_tests_over_eight_workers_do_not_see_each_other(base_url: str):
    with ThreadPoolExecutor(WORKERS) as workers:
        list(workers.map(lambda number: scenario(base_url, number), range(TESTS)))
    default = World(base_url, "last")
    rows = default.http.get("/_sandbox/workspaces").json()["workspaces"]
    assert [row["name"] for row in rows] == ["default", "last"]
    # What came to the default world is only what deleted credentials were refused.
    refused = default.http.get("/_sandbox/exchanges?limit=1000").json()["exchanges"]
    assert {row["response"]["status"] for row in refused} == {401}
    assert default.http.get(f"/_sandbox/records/{NUMBER}").status_code == 404
    default.delete()
    default.http.close()
