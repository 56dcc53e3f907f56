"""A national number in any spelling is one patient at every door, and one that is not valid is nobody's.

Sources: *Identifiers & matching*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077836 ; the checks of
https://github.com/patientsknowbest/pkb-common
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from sandbox.domain.patients.national_ids import national_id_types
from sandbox.fhir.base.identifiers import identifier_systems
from tests.domain.patients.national_numbers import INVALID, SAMPLES, spellings
from tests.fhir.aggregated.support import Aggregated, feed, patient
from tests.fhir.messaging import samples as messaging
from tests.hl7.samples import explanation, message, pid
from tests.hl7.test_lint import lint
from tests.rest.support import ask, assert_error, call, token_of
from tests.support import Client

TYPES = sorted(national_id_types())
BAD = [(type_, number) for type_, numbers in INVALID.items() for number in numbers]
PAIRS = {
    "NHS": ("NHS", "NH"),
    "CHI": ("NHS Scotland", "NH"),
    "HCN": ("DHSSPS", "NH"),
    "IHI": ("HSE", "NI"),
    "SSN": ("USA", "NI"),
    "SIN": ("CA", "NI"),
    "HKID": ("HK", "NI"),
    "BSN": ("NL", "NI"),
    "KVNR": ("DE", "NH"),
    "CIVIL": ("KW", "NI"),
}
WORDS = {
    "NHS": "NHS_NUMBER",
    "CHI": "CHI_NUMBER",
    "HCN": "H_AND_C_NUMBER",
    "IHI": "IHI_NUMBER",
    "SSN": "SSN_USA",
    "SIN": "SIN_CA",
    "HKID": "HKID_HK",
    "BSN": "BSN_NL",
    "KVNR": "KVN_DE",
    "CIVIL": "CIVIL_ID_KW",
}
NAME = "Quaye^Ottoline"


def a28(type_: str, number: str, pair: tuple[str, str] | None = None) -> str:
    authority, code = pair or PAIRS[type_]
    return message(pid(f"{number}^^^{authority}^{code}", NAME, {7: "19871123", 8: "F"}))


def records(pkb: Client) -> list[dict[str, Any]]:
    """The patients of that name."""
    patients = [patient for patient in pkb.control("/world")["patients"] if "Quaye" in patient["name"]]
    return [pkb.control(f"/records/{patient['id']}")["patient"] for patient in patients]


def identifiers(pkb: Client) -> list[dict[str, str]]:
    (patient,) = records(pkb)
    held: list[dict[str, str]] = patient["identifiers"]
    return held


@pytest.mark.parametrize("type_", TYPES)
def test_each_pair_creates_and_finds_a_patient_in_every_spelling(pkb: Client, type_: str):
    number = SAMPLES[type_]
    aliases = national_id_types()[type_].aliases
    messages = [a28(type_, number), *(a28(type_, spelling) for spelling in spellings(number))]
    for text in [*messages, *(a28(type_, number, pair) for pair in aliases)]:
        assert pkb.send(text).code == "AA"
        assert identifiers(pkb) == [{"type": type_, "value": number}]


@pytest.mark.parametrize("type_", TYPES)
def test_a_query_finds_and_shows_the_number_with_pkb_s_pair(pkb: Client, type_: str):
    number, country = SAMPLES[type_], national_id_types()[type_].countries[0]
    organisation = pkb.organisation()
    configured = pkb.http.put(f"/_sandbox/organisations/{organisation}/configuration", json={"country": country})
    assert configured.status_code == 200, configured.text
    assert pkb.send(a28(type_, number)).code == "AA"
    for spelling in (number, *spellings(number)):
        query = message(f"QRD|20260310101500|R|I|q-1|||10^RD|{spelling}|DEM", type_="QRY^A19")
        reply = pkb.send(query)
        assert (reply.code, reply.segment("PID")[3].split("~")[0]) == ("AA", f"{number}^^^{'^'.join(PAIRS[type_])}")


@pytest.mark.parametrize(("type_", "number"), BAD)
def test_an_invalid_number_is_ignored_over_hl7_with_its_reason(pkb: Client, type_: str, number: str):
    name = national_id_types()[type_].name
    beside = a28(type_, f"NM00999^^^NORTHMOOR^MR~{number}")
    for text, place in ((a28(type_, number), "PID-3"), (beside, "PID-3[2]")):
        findings = lint(pkb, text)["findings"]
        (noticed,) = [
            finding for finding in findings if finding["level"] == "ignored" and finding["field"].startswith("3")
        ]
        assert (noticed["level"], f"{noticed['segment']}-{noticed['field']}") == ("ignored", place)
        assert f"not a valid {name}" in noticed["text"]
    assert f"PID-3[2]: {number} is ignored" in explanation(pkb, beside)["expected"]
    assert [identifier["value"] for identifier in identifiers(pkb)] == ["NM00999"]
    assert f"PID-3: {number} is ignored" in explanation(pkb, a28(type_, number))["instead"]


@pytest.mark.parametrize("type_", TYPES)
def test_custom_rest_creates_and_finds_by_each_word_and_spelling(pkb: Client, type_: str):
    number, kind = SAMPLES[type_], national_id_types()[type_]
    written = spellings(number)[0]
    created = ask(pkb, "POST", "/v1/users", "SITE", json=user(kind.name, written))
    for word in (WORDS[type_], WORDS[type_].lower(), kind.name):
        for spelling in (number, *spellings(number)):
            user_ = ask(pkb, "GET", f"/v2-beta/users/byNationalId/{quote(spelling, safe='')}/{quote(word)}", "SITE")
            assert user_["id"] == created["id"]
            assert user_["nationalIds"] == [{"value": number, "name": kind.name, "countryCodes": list(kind.countries)}]
    assert_error(
        call(pkb, "POST", "/v1/users", token_of(pkb, "SITE"), json=user(WORDS[type_], number)), 409, "CONFLICT"
    )
    assert pkb.send(a28(type_, written)).code == "AA"
    assert len(records(pkb)) == 1


@pytest.mark.parametrize(("type_", "number"), BAD)
def test_custom_rest_refuses_an_invalid_number(pkb: Client, type_: str, number: str):
    response = call(pkb, "POST", "/v1/users", token_of(pkb, "SITE"), json=user(WORDS[type_], number))
    assert_error(response, 400, "BAD_REQUEST")
    assert f"{number} is not a valid" in response.json()["message"]
    assert records(pkb) == []


def user(name: str, number: str) -> dict[str, Any]:
    return {"firstName": "Ottoline", "lastName": "Quaye", "nationalIds": [{"value": number, "name": name}]}


@pytest.mark.parametrize("type_", [type_ for type_ in TYPES if type_ != "NHS"])
def test_messaging_takes_each_number_beside_the_nhs_number(pkb: Client, type_: str):
    number, system = SAMPLES[type_], identifier_systems()[type_]
    for written, status in ((number, 201), *((written, 200) for written in spellings(number))):
        body = person(spellings(SAMPLES["NHS"])[0], {"system": system, "value": written})
        assert messaging.issues(messaging.send(pkb, body), status)
        assert identifiers(pkb) == [{"type": "NHS", "value": SAMPLES["NHS"]}, {"type": type_, "value": number}]
    assert pkb.send(a28(type_, spellings(number)[1])).code == "AA"
    assert len(records(pkb)) == 1


@pytest.mark.parametrize(("type_", "number"), BAD)
def test_messaging_refuses_an_invalid_number(pkb: Client, type_: str, number: str):
    bad = {"system": identifier_systems()[type_], "value": number}
    response = messaging.send(pkb, person(SAMPLES["NHS"], bad))
    ((_, code, text),) = messaging.issues(response, 422)
    assert (code, response.json()["issue"][0]["expression"]) == ("value", ["Patient.identifier[1].value"])
    assert text == f"{number} is not a valid {national_id_types()[type_].name}"
    assert records(pkb) == []


def person(nhs_number: str, *more: dict[str, str]) -> dict[str, Any]:
    name = [{"family": "Quaye", "given": ["Ottoline"]}]
    return messaging.person(identifier=[*messaging.numbered(nhs_number), *more], name=name)


def test_the_facade_finds_a_number_in_every_spelling(pkb: Client):
    for spelling in ("9991001379", *spellings("9991001379")):
        bundle = pkb.facade("/Patient", params={"identifier": f"{messaging.NHS}|{spelling}"}).json()
        assert [entry["resource"]["id"] for entry in bundle["entry"]] == ["4c86625f-13d7-423c-93e9-d58574a12dec"]
        assert {"system": messaging.NHS, "value": "9991001379"} in bundle["entry"][0]["resource"]["identifier"]


def test_an_operation_finds_a_number_in_every_spelling(pkb: Client):
    for spelling in ("9991001379", *spellings("9991001379")):
        identifier = {"name": "patientIdentifier", "valueIdentifier": {"system": messaging.NHS, "value": spelling}}
        body = {"resourceType": "Parameters", "parameter": [identifier]}
        response = pkb.facade("/Patient/$status-query", method="POST", json=body)
        parts = {part["name"]: part for part in response.json()["parameter"][0]["part"]}
        assert parts["dateOfBirth"]["valueDate"] == "1988-02-14"


@pytest.mark.parametrize("type_", TYPES)
def test_a_customer_s_patient_is_the_record_with_the_number(pkb: Client, type_: str):
    number, system = SAMPLES[type_], identifier_systems()[type_]
    assert pkb.send(a28(type_, number)).code == "AA"
    endpoint = feed(pkb, "northmoor-r4")
    written = spellings(number)[1]
    endpoint.put(patient(written, identifier=[{"system": system, "value": written}], gender="other"))
    aggregated = Aggregated(pkb)
    for spelling in (number, *spellings(number)):
        value = quote(f"{system}|{spelling}", safe="")
        (merged,) = aggregated.search(f"/Patient?identifier={value}")
        assert [i["value"] for i in merged["identifier"] if i["system"] == system] == [number]
        assert aggregated.search(f"/Patient?identifier={quote(spelling, safe='')}") == [merged]
    assert endpoint.get("/Patient/p")["identifier"][0]["value"] == written


@pytest.mark.parametrize(("type_", "number"), BAD)
def test_a_customer_s_patient_with_an_invalid_number_is_skipped(pkb: Client, type_: str, number: str):
    endpoint = feed(pkb, "northmoor-r4")
    sent_patient = patient(number, identifier=[{"system": identifier_systems()[type_], "value": number}])
    response = endpoint.ask("PUT", "/Patient/p", sent_patient)
    explained = pkb.http.get(response.headers["pkb-sandbox-explain"]).json()["expected"]
    assert f"{number} is not a valid {national_id_types()[type_].name}: " in explained


def test_a_record_is_shown_by_a_number_in_every_spelling(pkb: Client):
    for spelling in spellings("9991001379"):
        assert pkb.control(f"/records/{quote(spelling)}")["patient"]["identifiers"][0]["value"] == "9991001379"
