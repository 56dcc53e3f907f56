"""Which patient an exchange is about: a request of each API that names one, by each way of naming."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.http import subject
from tests.hl7.samples import IDS, message, pid
from tests.support import SOAP, Client

TOLA, RHYS = "4c86625f-13d7-423c-93e9-d58574a12dec", "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200"
NHS_SYSTEM = "https://fhir.nhs.uk/Id/nhs-number"
RHYS_NUMBER, TOLA_NUMBER = "9991013709", "9991001379"
PERSON = {
    "resourceType": "Patient",
    "id": "local-7",
    "identifier": [{"system": NHS_SYSTEM, "value": RHYS_NUMBER}],
    "name": [{"family": "Delacroix"}],
}


def customer(pkb: Client, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}
    return pkb.http.request(method, f"/customer/northmoor-r4/fhir{path}", headers=headers, **options)


def rest(pkb: Client, method: str, path: str, email: str = "", **options: Any) -> httpx.Response:
    token = pkb.user_token(email) if email else pkb.user_token("owen.bright@northmoor.example", "stepwise-clinic")
    return pkb.http.request(method, path, headers={"Authorization": f"Bearer {token}"}, **options)


def aggregated(pkb: Client, path: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}
    return pkb.http.get(f"/aggregated/fhir{path}", headers=headers)


def condition_of(pkb: Client, reference: str) -> httpx.Response:
    body = {"resourceType": "Condition", "id": "c-1", "subject": {"reference": reference}}
    return customer(pkb, "PUT", "/Condition/c-1", json=body)


def local_condition(pkb: Client) -> httpx.Response:
    customer(pkb, "PUT", "/Patient/local-7", json=PERSON)
    return condition_of(pkb, "Patient/local-7")


def read_of_local_condition(pkb: Client) -> httpx.Response:
    local_condition(pkb)
    return customer(pkb, "GET", "/Condition/c-1")


def bundle_of(pkb: Client, kind: str) -> httpx.Response:
    condition = {"resourceType": "Condition", "subject": {"reference": f"Patient/{RHYS}"}}
    entry = {"resource": condition, "request": {"method": "POST", "url": "Condition"}}
    return customer(pkb, "POST", "", json={"resourceType": "Bundle", "type": kind, "entry": [entry]})


def first_appointment(pkb: Client) -> httpx.Response:
    bundle = pkb.facade(f"/Appointment?patient={RHYS}").json()
    return pkb.facade(f"/Appointment/{bundle['entry'][0]['resource']['id']}")


def first_aggregated_patient(pkb: Client) -> httpx.Response:
    bundle = aggregated(pkb, f"/Patient?identifier={NHS_SYSTEM}|{RHYS_NUMBER}").json()
    return aggregated(pkb, f"/Patient/{bundle['entry'][0]['resource']['id']}")


def process_message(pkb: Client) -> httpx.Response:
    return pkb.facade("/../phr-fhir/Patient/$process-message", method="POST", json={**PERSON, "id": "x"})


def refresh(pkb: Client) -> None:
    pkb.user_token("rhys.delacroix@example.org")


Act = Callable[[Client], object]
ABOUT: dict[str, tuple[Act, str]] = {
    "hl7 to a known patient": (lambda pkb: pkb.send(message(pid(f"{RHYS_NUMBER}^^^NHS^NH", "Delacroix^Rhys"))), RHYS),
    "hl7 that is refused": (
        lambda pkb: pkb.send(message(pid(f"{RHYS_NUMBER}^^^NHS^NH", fields={13: "^^^tola.adeyemi@example.org"}))),
        RHYS,
    ),
    "facade read Patient": (lambda pkb: pkb.facade(f"/Patient/{TOLA}"), TOLA),
    "facade read Patient, refused": (lambda pkb: pkb.facade(f"/Patient/{TOLA}", organisation=None), TOLA),
    "facade read of data": (first_appointment, RHYS),
    "facade search by patient": (lambda pkb: pkb.facade(f"/Observation?patient={RHYS}"), RHYS),
    "facade search by reference": (lambda pkb: pkb.facade(f"/Observation?subject=Patient/{RHYS}"), RHYS),
    "facade search by number": (lambda pkb: pkb.facade(f"/Patient?identifier={NHS_SYSTEM}|{TOLA_NUMBER}"), TOLA),
    "facade search by POST": (
        lambda pkb: pkb.facade("/Observation/_search", method="POST", data={"patient": RHYS}),
        RHYS,
    ),
    "facade by the token": (
        lambda pkb: pkb.facade(
            "/Patient",
            organisation=None,
            headers={"Authorization": f"Bearer {pkb.user_token('tola.adeyemi@example.org')}"},
        ),
        TOLA,
    ),
    "messaging": (process_message, RHYS),
    "customer write by PKB's id": (lambda pkb: condition_of(pkb, f"Patient/{RHYS}"), RHYS),
    "customer write by its own id": (local_condition, RHYS),
    "customer read": (read_of_local_condition, RHYS),
    "customer Patient": (lambda pkb: customer(pkb, "PUT", "/Patient/local-7", json=PERSON), RHYS),
    "customer XML": (
        lambda pkb: customer(
            pkb,
            "POST",
            "/Condition",
            content=f'<Condition xmlns="http://hl7.org/fhir"><subject><reference value="Patient/{RHYS}"/></subject>'
            "</Condition>",
        ),
        RHYS,
    ),
    "aggregated read Patient": (first_aggregated_patient, RHYS),
    "aggregated search": (
        lambda pkb: aggregated(pkb, f"/Condition?patient.identifier={NHS_SYSTEM}|{RHYS_NUMBER}"),
        RHYS,
    ),
    "rest by legacy id": (lambda pkb: rest(pkb, "GET", "/json/v2-beta/measurements/5010"), RHYS),
    "rest by public id": (lambda pkb: rest(pkb, "GET", f"/json/v2-beta/measurements/{RHYS}"), RHYS),
    "rest by national number": (
        lambda pkb: rest(pkb, "GET", f"/json/v2-beta/users/byNationalId/{RHYS_NUMBER}/NHS_NUMBER"),
        RHYS,
    ),
    "rest by query": (
        lambda pkb: rest(pkb, "GET", "/json/v1/tests/results/forPatient/byTestIds?patientId=5010&testIds=1"),
        RHYS,
    ),
    "rest by body": (
        lambda pkb: rest(pkb, "POST", "/json/v1/treatmentPlans", json={"patientId": "5010", "name": "Plan"}),
        RHYS,
    ),
    "rest by the token": (lambda pkb: rest(pkb, "GET", "/json/users/self", "tola.adeyemi@example.org"), TOLA),
    "oauth code": (refresh, RHYS),
    "customer transaction": (lambda pkb: bundle_of(pkb, "transaction"), RHYS),
    "customer batch": (lambda pkb: bundle_of(pkb, "batch"), RHYS),
    "facade operation": (lambda pkb: pkb.facade(f"/Patient/{RHYS}/$purview"), RHYS),
    "nobody: all patients": (lambda pkb: pkb.facade("/Patient?name=a"), ""),
    "nobody: an unknown id": (lambda pkb: pkb.facade("/Patient/0f0f0f0f-0000-4000-8000-000000000000"), ""),
    "nobody: a professional": (lambda pkb: rest(pkb, "GET", "/json/users/self"), ""),
    "nobody: a client's token": (lambda pkb: pkb.http.post("/api/oauth/token"), ""),
}


@pytest.mark.parametrize(("act", "patient"), ABOUT.values(), ids=ABOUT)
def test_an_exchange_names_the_patient_whom_it_is_about(pkb: Client, act: Act, patient: str):
    act(pkb)
    *_, newest = pkb.server.workspaces.default.exchanges
    assert newest.patient == patient


def test_a_message_that_creates_a_patient_is_about_that_patient(pkb: Client):
    assert pkb.send(message(pid(IDS))).code == "AA"
    *_, newest = pkb.server.workspaces.default.exchanges
    assert newest.patient == pkb.control("/records/9998120012")["patient"]["id"]


@pytest.mark.parametrize(
    ("text", "operation"),
    [
        (message("PID", type_="ORU^R01"), "ORU^R01 laboratory"),
        (message(pid(), "OBR", type_="MDM^T02"), "MDM^T02 document"),
        (message(pid(), facility="NOBODY", type_="ORU^R01"), "ORU^R01"),
        (message(pid(), type_="ADT^A99"), "ADT^A99"),
        ("nonsense", "acceptMessage"),
    ],
)
def test_a_message_s_operation_is_its_profile_once_that_is_known(pkb: Client, text: str, operation: str):
    pkb.post_soap(SOAP.format(text.replace("&", "&amp;")), "partner_letterbox" if "NOBODY" in text else "org_northmoor")
    *_, newest = pkb.server.workspaces.default.exchanges
    assert newest.operation == operation


@given(word=st.text(max_size=300))
def test_any_word_names_one_patient_or_none(running: Client, word: str):
    assert isinstance(subject.patient_of_word(running.server.workspaces.default.store, word, legacy=True), str)


@pytest.mark.parametrize("act", [act for act, _ in ABOUT.values()], ids=ABOUT)
def test_a_fault_rule_knows_beforehand_what_the_journal_says_afterwards(pkb: Client, act: Act):
    """Operation, client and patient of a request are the same before it is carried out as in its exchange."""
    act(pkb)
    *_, newest = pkb.server.workspaces.default.exchanges
    words = {"operation": newest.operation, "client": newest.client, "patient": newest.patient}
    conditions = words if newest.operation else {**words, "path": newest.path}
    rule = {"api": newest.api, **{key: value for key, value in conditions.items() if value}, "status": 503}
    pkb.http.post("/_sandbox/reset")
    assert pkb.http.put("/_sandbox/faults", json={"rules": [rule]}).status_code == 200
    with suppress(AssertionError, KeyError):  # what the act itself expects of an answer
        act(pkb)
    *_, faulted = pkb.server.workspaces.default.exchanges
    assert faulted.fault is not None
    assert {key: getattr(faulted, key) for key in words} == words
