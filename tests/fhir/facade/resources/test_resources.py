"""The Facade's resources, element by element, for people of the default world.

Sources: *Facade Patient*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364946397 ; *Facade Consent*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077275 ; *Facade Practitioner*,
https://pkbdev.atlassian.net/wiki/x/qAGTy ; *Entity: Organisation*, .../spaces/api/pages/3752722465
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from sandbox.base.clock import Clock
from sandbox.model import Patient
from sandbox.model.patient import Address, Contact, Name
from tests.support import EASTGATE, NORTHMOOR, Client, assert_operation_outcome

NHS = "https://fhir.nhs.uk/Id/nhs-number"
NORTHMOOR_NUMBER = "urn:uuid:00b6e67a-7a2a-4c2b-8180-60a7da1de808"
EASTGATE_NUMBER = "urn:uuid:3bfbac5d-14e9-48cb-b7b0-6962ea6b0dae"
DIABETES_REGISTER = "urn:uuid:ec9a24c8-99f3-4dd1-b821-84c3bb92870b"
SHARING = "http://fhir.patientsknowbest.com/structuredefinition/sharing-disabled"
LABEL = "http://fhir.patientsknowbest.com/codesystem/privacy-label"
ROPEWALK = {
    "line": ["12 Ropewalk"],
    "city": "Leeds",
    "state": "West Yorkshire",
    "postalCode": "LS0 0ZZ",
    "country": "GBR",
}
TOLA, RHYS, NOOR = (
    "4c86625f-13d7-423c-93e9-d58574a12dec",
    "ca7dfd5d-19d2-4e88-88f1-def6bb3a9200",
    "c5df01a4-efc3-421a-8827-6c4aa06cf228",
)


def patient(**elements: Any) -> dict[str, Any]:
    """A Patient as `facade-patient`, with what is the same in most of these people."""
    common = {
        "resourceType": "Patient",
        "extension": [{"url": SHARING, "valueBoolean": False}],
        "deceasedBoolean": False,
        "address": [ROPEWALK],
    }
    return {key: value for key, value in (common | elements).items() if value is not None}


def numbers(*pairs: tuple[str, str]) -> list[dict[str, str]]:
    return [{"system": system, "value": value} for system, value in pairs]


PATIENTS: dict[str, dict[str, Any]] = {
    "registered, with a middle name, an e-mail address and a phone": patient(
        id=TOLA,
        meta={"lastUpdated": "2026-01-05T09:00:00Z"},
        identifier=numbers((NHS, "9991001379"), (NORTHMOOR_NUMBER, "NM00401")),
        name=[{"family": "Adeyemi", "given": ["Tola", "Grace"], "prefix": ["Ms"]}],
        telecom=[{"system": "email", "value": "tola.adeyemi@example.org"}, {"system": "phone", "value": "07700900101"}],
        gender="female",
        birthDate="1988-02-14",
    ),
    "not registered, with a phone only": patient(
        id="1a9eca6b-4294-4260-a20c-2a23e852f2a2",
        meta={"lastUpdated": "2026-01-06T09:00:00Z"},
        identifier=numbers((NHS, "9991002758"), (NORTHMOOR_NUMBER, "NM00402")),
        name=[{"family": "Pennant", "given": ["Idris"], "prefix": ["Mr"]}],
        telecom=[{"system": "phone", "value": "07700900102"}],
        gender="male",
        birthDate="1975-09-30",
    ),
    "deceased at a known time": patient(
        id="cc5654cb-d06a-4326-b273-65b089ed5cd0",
        meta={"lastUpdated": "2026-01-07T09:00:00Z"},
        identifier=numbers((NHS, "9991004114"), (NORTHMOOR_NUMBER, "NM00403")),
        name=[{"family": "Oldcastle", "given": ["Marjorie"], "prefix": ["Mrs"]}],
        gender="female",
        birthDate="1931-03-08",
        deceasedBoolean=None,
        deceasedDateTime="2025-12-02T04:15:00Z",
    ),
    "with sharing disabled": patient(
        id="7851058b-23ad-41e3-ba47-a022f1e3560d",
        meta={"lastUpdated": "2026-01-11T09:00:00Z"},
        extension=[{"url": SHARING, "valueBoolean": True}],
        identifier=numbers((NHS, "9991009590"), (NORTHMOOR_NUMBER, "NM00407")),
        name=[{"family": "Prosser", "given": ["Gethin"], "prefix": ["Mr"]}],
        telecom=[{"system": "email", "value": "gethin.prosser@example.org"}],
        gender="male",
        birthDate="1969-01-25",
    ),
    "without an NHS number": patient(
        id="b74b07e1-88c0-4daa-9211-92cac75e7724",
        meta={"lastUpdated": "2026-01-13T09:00:00Z"},
        identifier=numbers((NORTHMOOR_NUMBER, "NM00409")),
        name=[{"family": "Forsyth", "given": ["Kwabena"], "prefix": ["Mr"]}],
        gender="male",
        birthDate="1959-04-04",
    ),
    "of indeterminate sex": patient(
        id="446cf39c-c0c1-48ac-a661-f9b2f7284d05",
        meta={"lastUpdated": "2026-01-16T09:00:00Z"},
        identifier=numbers((NHS, "9991016449"), (NORTHMOOR_NUMBER, "NM00412")),
        name=[{"family": "Casterline", "given": ["Robin"], "prefix": ["Mx"]}],
        telecom=[{"system": "email", "value": "robin.casterline@example.org"}],
        gender="other",
        birthDate="1998-06-27",
    ),
    "with apostrophes": patient(
        id="9af39cdb-2dca-4c9f-85cb-de07b74c0641",
        meta={"lastUpdated": "2026-01-17T09:00:00Z"},
        identifier=numbers((NHS, "9991017828"), (NORTHMOOR_NUMBER, "NM00413")),
        name=[{"family": "O'Dowd", "given": ["Siobhán", "Áine d'Arcy"], "prefix": ["Ms"]}],
        gender="female",
        birthDate="1990-01-31",
    ),
    "with a Chinese name, born on 29 February": patient(
        id="ef005975-efd3-473c-b818-972640025d09",
        meta={"lastUpdated": "2026-01-19T09:00:00Z"},
        identifier=numbers((NHS, "9991020551"), (NORTHMOOR_NUMBER, "NM00415")),
        name=[{"family": "王", "given": ["伟"], "prefix": ["Mr"]}],
        gender="male",
        birthDate="1996-02-29",
    ),
    "of both organisations": patient(
        id=RHYS,
        meta={"lastUpdated": "2026-01-14T09:00:00Z"},
        identifier=numbers((NHS, "9991013709"), (NORTHMOOR_NUMBER, "NM00410")),
        name=[{"family": "Delacroix", "given": ["Rhys"], "prefix": ["Mr"]}],
        telecom=[
            {"system": "email", "value": "rhys.delacroix@example.org"},
            {"system": "phone", "value": "07700900110"},
        ],
        gender="male",
        birthDate="1981-12-19",
    ),
}
each_patient = pytest.mark.parametrize("expected", PATIENTS.values(), ids=PATIENTS)


@each_patient
def test_a_patient_is_read(pkb: Client, expected: dict[str, Any]):
    response = pkb.facade(f"/Patient/{expected['id']}")
    assert response.status_code == 200
    assert response.json() == expected
    assert response.headers["pkb-sandbox-standing"] == "documented"


@each_patient
def test_a_patient_is_found_by_nhs_number_and_by_no_other(pkb: Client, expected: dict[str, Any]):
    number = next((identifier["value"] for identifier in expected["identifier"] if identifier["system"] == NHS), None)
    if number is None:
        (local,) = expected["identifier"]
        bundle = pkb.facade(f"/Patient?identifier={NHS}%7C{local['value']}").json()
        assert bundle["total"] == 0
    else:
        (entry,) = pkb.facade(f"/Patient?identifier={NHS}%7C{number}").json()["entry"]
        assert entry["resource"] == expected
        assert entry["fullUrl"] == f"{pkb.server.fhir_url('facade')}/Patient/{expected['id']}"


# --- what a patient does not have ---


def changed(pkb: Client, **parts: Any) -> dict[str, Any]:
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Patient, TOLA), **parts))
    body: dict[str, Any] = pkb.facade(f"/Patient/{TOLA}").json()
    return body


ABSENT: dict[str, tuple[dict[str, Any], str]] = {
    "no contacts": ({"contacts": (), "phone": ""}, "telecom"),
    "no address": ({"address": Address()}, "address"),
    "no birth date": ({"date_of_birth": None}, "birthDate"),
    "no numbers": ({"identifiers": ()}, "identifier"),
}


@pytest.mark.parametrize(("parts", "element"), ABSENT.values(), ids=ABSENT)
def test_unknown_values_are_left_out(pkb: Client, parts: dict[str, Any], element: str):
    assert element not in changed(pkb, **parts)


def test_unknown_sex_is_said(pkb: Client):
    assert changed(pkb, gender="UNKNOWN")["gender"] == "unknown"


def test_a_name_without_title_or_given_name(pkb: Client):
    assert changed(pkb, name=Name(family="Adeyemi"))["name"] == [{"family": "Adeyemi"}]


def test_every_e_mail_address_shows_and_the_second_line_of_the_address(pkb: Client):
    contacts = (Contact(value="a@example.org", primary=True), Contact(value="b@example.org"))
    body = changed(pkb, contacts=contacts, phone="", address=Address(line2="Flat 2", city="Leeds"))
    assert body["telecom"] == [{"system": "email", "value": value} for value in ("a@example.org", "b@example.org")]
    assert body["address"] == [{"line": ["Flat 2"], "city": "Leeds"}]


def test_a_time_of_death_is_written_in_utc(pkb: Client):
    at = datetime(2026, 6, 30, 12, 0, tzinfo=timezone(timedelta(hours=1)))
    body = changed(pkb, deceased=True, died_at=at)
    assert body["deceasedDateTime"] == "2026-06-30T11:00:00Z"
    assert "deceasedBoolean" not in body


# --- what depends on who asks ---


def test_local_numbers_show_to_their_own_organisation_only(pkb: Client):
    at_northmoor = pkb.facade(f"/Patient/{RHYS}").json()
    at_eastgate = pkb.facade(f"/Patient/{RHYS}", organisation=EASTGATE).json()
    assert at_northmoor["identifier"] == numbers((NHS, "9991013709"), (NORTHMOOR_NUMBER, "NM00410"))
    assert at_eastgate["identifier"] == numbers((NHS, "9991013709"), (EASTGATE_NUMBER, "EG00710"))
    del at_northmoor["identifier"], at_eastgate["identifier"]
    assert at_northmoor == at_eastgate


def test_a_patient_deceased_at_an_unknown_time_has_no_time_of_death(pkb: Client):
    cedric = pkb.patient("the time of death is not known")["id"]
    assert_operation_outcome(pkb.facade(f"/Patient/{cedric}", organisation=EASTGATE), 404, "not-found")
    store = pkb.server.workspaces.default.store
    store.put(replace(store.get(Patient, cedric), teams=("2c753854-647e-425b-af7c-17507335f501",)))
    body = pkb.facade(f"/Patient/{cedric}", organisation=EASTGATE).json()
    assert body["deceasedBoolean"] is True
    assert "deceasedDateTime" not in body


def test_a_team_s_grant_finds_that_team_s_patients_only(pkb: Client):
    world = pkb.control("/world")["patients"]
    diabetes = "2c753854-647e-425b-af7c-17507335f501"
    for person in world:
        if person["nhs_number"]:
            bundle = pkb.facade(f"/Patient?identifier={NHS}%7C{person['nhs_number']}", organisation=EASTGATE).json()
            assert bundle["total"] == (diabetes in person["teams"]), person["reason"]


def test_an_organisation_s_grant_finds_all_of_its_patients(pkb: Client):
    world, northmoor = pkb.control("/world")["patients"], pkb.organisation(NORTHMOOR)
    for person in world:
        if person["nhs_number"]:
            bundle = pkb.facade(f"/Patient?identifier={NHS}%7C{person['nhs_number']}").json()
            assert bundle["total"] == (northmoor in person["organisations"]), person["reason"]


# --- organisations, practitioners, naming systems ---


def test_an_organisation_is_read(pkb: Client):
    id_ = pkb.organisation()
    response = pkb.facade(f"/Organization/{id_}")
    assert response.json() == {"resourceType": "Organization", "id": id_, "name": NORTHMOOR}


def test_a_team_is_an_organization_that_is_part_of_one(pkb: Client):
    id_, northmoor = "b1fca6de-884d-4803-b760-ebd7f8cac475", pkb.organisation()
    assert pkb.facade(f"/Organization/{id_}").json() == {
        "resourceType": "Organization",
        "id": id_,
        "name": "Northmoor Renal",
        "partOf": {"reference": f"Organization/{northmoor}", "display": NORTHMOOR},
    }


def test_every_organisation_and_team_of_the_world_is_read(pkb: Client):
    for organisation in pkb.control("/world")["organisations"]:
        for place in (organisation, *organisation["teams"]):
            assert pkb.facade(f"/Organization/{place['id']}").json()["name"] == place["name"]


def test_a_practitioner_is_read(pkb: Client):
    id_ = "f1640ff8-d059-403c-b0d5-295ffc6e627d"
    assert pkb.facade(f"/Practitioner/{id_}").json() == {
        "resourceType": "Practitioner",
        "id": id_,
        "name": [{"family": "Bright", "given": ["Owen"], "prefix": ["Dr"]}],
    }


def test_a_patient_is_not_a_practitioner(pkb: Client):
    assert_operation_outcome(pkb.facade(f"/Practitioner/{TOLA}"), 404, "not-found")


def test_a_naming_system_bears_the_date_of_the_request(pkb: Client):
    pkb.server.workspaces.default.clock = Clock(datetime(2026, 2, 3, 4, 5, tzinfo=UTC))
    pkb.tokens.clear()
    (entry,) = pkb.facade(f"/NamingSystem?value={NORTHMOOR_NUMBER}").json()["entry"]
    pkb.tokens.clear()
    assert entry["resource"] == {
        "resourceType": "NamingSystem",
        "id": "00b6e67a-7a2a-4c2b-8180-60a7da1de808",
        "name": "Northmoor hospital number",
        "status": "active",
        "kind": "identifier",
        "date": "2026-02-03",
        "uniqueId": [{"type": "uri", "value": NORTHMOOR_NUMBER}],
    }


@pytest.mark.parametrize(
    ("organisation", "visible"),
    [(NORTHMOOR, [NORTHMOOR_NUMBER]), (EASTGATE, [EASTGATE_NUMBER, DIABETES_REGISTER])],
    ids=["the organisation's own", "the organisation's and the granting team's"],
)
def test_naming_systems_are_those_whose_numbers_are_visible(pkb: Client, organisation: str, visible: list[str]):
    bundle = pkb.facade("/NamingSystem?value=urn:uuid:", organisation=organisation).json()
    assert [entry["resource"]["uniqueId"][0]["value"] for entry in bundle["entry"]] == visible


def test_the_system_of_a_local_number_leads_to_its_naming_system(pkb: Client):
    body = pkb.facade(f"/Patient/{RHYS}", organisation=EASTGATE).json()
    system = next(identifier["system"] for identifier in body["identifier"] if identifier["system"] != NHS)
    bundle = pkb.facade(f"/NamingSystem?value={system}", organisation=EASTGATE).json()
    assert bundle["total"] == 1
    assert bundle["entry"][0]["resource"]["name"] == "Eastgate client number"
