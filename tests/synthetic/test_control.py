"""`POST /_sandbox/generate`: invented people in the running world."""

from __future__ import annotations

import subprocess
import sys
import time
from urllib.parse import urlsplit

import pytest

from sandbox.server import SandboxServer
from sandbox.synthetic.people.nhs_numbers import nhs_number
from tests.control.test_openapi import assert_described
from tests.support import EASTGATE, Client

CLOCK = "2025-03-01T12:00:00Z"


def test_people_are_made_with_records_and_can_be_read_at_once(pkb: Client):
    response = pkb.http.post("/_sandbox/generate", json={"patients": 4, "seed": 3})
    assert response.status_code == 201
    assert_described("post", "/generate", response)
    patients = response.json()["patients"]
    assert len(patients) == 4
    assert {organisation["organisation"] for organisation in patients} == {
        organisation["id"] for organisation in pkb.control("/world")["organisations"][:2]
    }
    for patient in patients:
        record = pkb.control(f"/records/{patient['nhs_number']}")
        assert record["patient"]["id"] == patient["id"]
        assert record["lab_results"][0]["unit"]["code"]
        assert record["documents"]
    system = "https://fhir.nhs.uk/Id/nhs-number"
    bundle = pkb.facade(f"/Patient?identifier={system}%7C{patients[0]['nhs_number']}").json()
    assert bundle["total"] == 1


def test_the_same_call_again_makes_the_next_people(pkb: Client):
    calls = [pkb.http.post("/_sandbox/generate", json={"patients": 3}).json()["patients"] for _ in range(2)]
    numbers = [patient["nhs_number"] for patients in calls for patient in patients]
    assert len(set(numbers)) == 6
    pkb.http.post("/_sandbox/reset")
    assert pkb.http.post("/_sandbox/generate", json={"patients": 3}).json()["patients"][0]["nhs_number"] == numbers[0]


def test_another_seed_makes_its_own_people_from_the_first_on(pkb: Client):
    for seed in (5, 6):
        patients = pkb.http.post("/_sandbox/generate", json={"patients": 2, "seed": seed}).json()["patients"]
        assert [patient["nhs_number"] for patient in patients] == [nhs_number(seed, number) for number in range(2)]


def test_an_organisation_can_be_named(pkb: Client):
    body = {"patients": 2, "organisation": pkb.organisation(EASTGATE)}
    patients = pkb.http.post("/_sandbox/generate", json=body).json()["patients"]
    assert {patient["organisation"] for patient in patients} == {body["organisation"]}


def test_everything_happened_before_the_time_of_the_clock():
    with SandboxServer(port=0, clock=CLOCK) as server:
        client = Client(server)
        patients = client.http.post("/_sandbox/generate", json={"patients": 5}).json()["patients"]
        for patient in patients:
            record = client.control(f"/records/{patient['id']}")
            assert record["patient"]["date_of_birth"] < CLOCK
            for kind in ("lab_results", "documents", "measurements"):
                assert all(row["at"] < CLOCK for row in record[kind])
        client.http.close()


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        ({"patients": 0}, "patients must be a whole number from 1 to 1000, not 0"),
        ({"patients": 1001}, "not 1001"),
        ({"patients": True}, "not True"),
        ({"patients": "3"}, "not '3'"),
        ({"seed": -1}, "seed must be a whole number"),
        ({"organisation": "nobody"}, "organisation must be the id"),
        ({"dragons": 1}, "Unknown key 'dragons'"),
    ],
)
def test_an_impossible_request_is_refused(pkb: Client, body, detail):
    response = pkb.http.post("/_sandbox/generate", json=body)
    assert response.status_code == 400
    assert detail in response.json()["detail"]
    assert_described("post", "/generate", response)


ASK = """
import http.client, sys, time
connection = http.client.HTTPConnection("127.0.0.1", int(sys.argv[1]))
while True:
    started = time.monotonic()
    connection.request("GET", "/_sandbox/health/live")
    connection.getresponse().read()
    print(started, time.monotonic(), flush=True)
"""
"""Asks again and again, in a process of its own: threads of this one would wait for the server's."""


def test_other_requests_are_answered_while_people_are_made(pkb: Client):
    port = str(urlsplit(pkb.server.base_url).port)
    with subprocess.Popen([sys.executable, "-c", ASK, port], stdout=subprocess.PIPE, text=True) as asking:
        assert asking.stdout is not None
        asking.stdout.readline()
        started = time.monotonic()
        assert pkb.http.post("/_sandbox/generate", json={"patients": 1000}).status_code == 201
        quarter = (time.monotonic() - started) / 4
        asking.terminate()
        answers = [tuple(map(float, line.split())) for line in asking.stdout if len(line.split()) == 2]
    in_the_middle = [end for start, end in answers if start > started + quarter and end < started + 3 * quarter]
    assert in_the_middle
