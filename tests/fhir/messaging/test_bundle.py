"""The roadmap's message Bundle, with the setting and without:
https://dev.patientsknowbest.com/home/fhir-api/fhir-api-roadmap/messages/create-or-update-patient
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from sandbox.server import SandboxServer
from tests.fhir.messaging.samples import NHS, NUMBER, Json, numbered, person, stored
from tests.support import Client, assert_operation_outcome

PATHS = ["/phr-fhir/$process-message", "/phr-fhir/Bundle/$process-message", "/fhir/Bundle/$process-message"]
ODS, OLD_ODS = "https://fhir.nhs.uk/Id/ods-organization-code", "https://fhir.nhs.uk/Id/ODS-Code"
EVENT = "http://fhir.patientsknowbest.com/codesystem/message-event"


@pytest.fixture(scope="module")
def server() -> Iterator[Client]:
    with SandboxServer(port=0, messaging_bundle=True) as started:
        client = Client(started)
        yield client
        client.http.close()


@pytest.fixture
def roadmap(server: Client) -> Client:
    """A sandbox that takes Bundles, in its seeded state."""
    assert server.http.post("/_sandbox/reset").status_code == 200
    return server


def bundle(resource: Json | None = None, **changed: Any) -> Json:
    """As a client of the roadmap writes it: no timestamp, no focus, no endpoint of the destination, no fullUrl."""
    header = {
        "resourceType": "MessageHeader",
        "event": {"system": EVENT, "code": "create-or-update-patient"},
        "destination": [{"name": "PKB"}],
        "source": {"name": "hospital", "endpoint": "https://hospital.example/fhir"},
    }
    patient = resource or tagged()
    entries = [{"resource": header}, {"resource": patient}]
    return {"resourceType": "Bundle", "type": "message", "entry": entries, **changed}


def tagged(code: str = "RNM99", system: str = ODS, **changed: Any) -> Json:
    return person(extension=None, meta={"tag": [{"system": system, "code": code}]}, **changed)


def send(pkb: Client, body: Any, path: str = PATHS[0], query: str = "?async=true") -> httpx.Response:
    headers = {"Authorization": f"Bearer {pkb.token('letterbox-facade')}", "Content-Type": "application/json"}
    return pkb.http.post(f"{path}{query}", json=body, headers=headers)


def test_without_the_setting_it_is_refused(pkb: Client):
    assert [send(pkb, bundle(), path).status_code for path in PATHS] == [404, 404, 400]
    assert pkb.http.get(f"/_sandbox/records/{NUMBER}").status_code == 404


@pytest.mark.parametrize("path", [*PATHS, PATHS[2].replace("$", "%24")])
def test_a_lenient_bundle_is_taken_at_each_address(roadmap: Client, path: str):
    response = send(roadmap, bundle(), path)
    assert (response.status_code, response.content) == (202, b"")
    assert response.headers["pkb-sandbox-cell"] == "partner.messaging.send_data"
    assert response.headers["pkb-sandbox-standing"] == "choice"
    assert stored(roadmap)["organisations"] == [roadmap.organisation()]


def test_the_older_spelling_of_the_tag_is_read(roadmap: Client):
    assert send(roadmap, bundle(tagged(system=OLD_ODS))).status_code == 202


def test_what_is_not_sent_of_a_known_patient_stays(roadmap: Client):
    short = {
        "resourceType": "Patient",
        "meta": {"tag": [{"system": ODS, "code": "RNM99"}]},
        "identifier": numbered("9991001379"),
        "address": [{"city": "York"}],
    }
    before = stored(roadmap, "9991001379")
    assert send(roadmap, bundle(short)).status_code == 202
    after = stored(roadmap, "9991001379")
    assert (after["address"]["city"], after["name"]) == ("York", before["name"])


def test_a_new_patient_must_be_complete(roadmap: Client):
    response = send(roadmap, bundle(tagged(birthDate=None)))
    assert_operation_outcome(response, 422, "required", "A Patient must have birthDate")


def test_a_message_is_taken_once(roadmap: Client):
    named = bundle(identifier={"system": "urn:x", "value": "m-1"})
    assert send(roadmap, named).status_code == 202
    text = "The message urn:x|m-1 has already been received"
    assert_operation_outcome(send(roadmap, named), 409, "duplicate", text)
    assert send(roadmap, bundle()).status_code == 202
    assert send(roadmap, bundle()).status_code == 202


def test_a_message_that_was_refused_may_be_sent_again(roadmap: Client):
    name = {"identifier": {"system": "urn:x", "value": "m-2"}}
    assert send(roadmap, bundle(tagged(gender=None), **name)).status_code == 422
    assert send(roadmap, bundle(**name)).status_code == 202


WRONG: dict[str, tuple[Any, int, str]] = {
    "an identifier without value": (bundle(tagged(identifier=[{"system": NHS}])), 422, "exception"),
    "no tag": (bundle(person()), 400, "required"),
    "an unknown organisation": (bundle(tagged("XXX")), 403, "forbidden"),
    "another case": (bundle(tagged("rnm99")), 403, "forbidden"),
    "an organisation without a grant": (bundle(tagged("8ST77")), 403, "forbidden"),
    "a collection": (bundle(type="collection"), 400, "invalid"),
    "a bare patient": (tagged(), 400, "invalid"),
    "no entries": (bundle(entry=[]), 400, "invalid"),
    "entries that are none": (bundle(entry="x"), 400, "invalid"),
    "two patients": (bundle(entry=bundle()["entry"] + bundle()["entry"][1:]), 400, "invalid"),
    "no header": (bundle(entry=bundle()["entry"][1:]), 400, "invalid"),
    "another event": (
        bundle(entry=[{"resource": {"resourceType": "MessageHeader", "event": {"code": "x"}}}, bundle()["entry"][1]]),
        400,
        "not-supported",
    ),
    "a broken patient": (bundle(tagged(name="Khatun")), 400, "structure"),
}


@pytest.mark.parametrize(("body", "status", "code"), WRONG.values(), ids=WRONG)
def test_a_bundle_that_is_wrong_is_refused(roadmap: Client, body: Any, status: int, code: str):
    assert_operation_outcome(send(roadmap, body), status, code)
    assert roadmap.http.get(f"/_sandbox/records/{NUMBER}").status_code == 404


def test_synchronous_messages_are_not_taken(roadmap: Client):
    text = "Messages are accepted only asynchronously, with ?async=true"
    for query in ("", "?async=false"):
        assert_operation_outcome(send(roadmap, bundle(), query=query), 400, "not-supported", text)


def test_the_rest_of_the_facade_stays_as_it_is(roadmap: Client):
    assert_operation_outcome(roadmap.facade("/Bundle"), 404, "processing")
    assert roadmap.facade("/Patient/4c86625f-13d7-423c-93e9-d58574a12dec").status_code == 200
