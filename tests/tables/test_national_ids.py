"""Each kind of national number: what Custom REST calls it, where it is used, its FHIR system, and its older pairs.

Sources: http://dev.patientsknowbest.com/home/fhir-api/identifier-systems ;
https://github.com/patientsknowbest/pkb-common
"""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.domain.patients.national_numbers import SAMPLES
from tests.fhir.aggregated.support import Aggregated, by, feed, patient
from tests.journeys.test_national_numbers import a28, identifiers, user
from tests.rest.support import ask
from tests.support import Client

NAMES: dict[str, tuple[str, list[str]]] = {
    "NHS": ("NHS number", ["GB-ENG", "GB-WLS"]),
    "CHI": ("CHI number", ["GB-SCT"]),
    "HCN": ("Health and Care number", ["GB-NIR"]),
    "IHI": ("IHI number", ["IE"]),
    "SSN": ("SSN", ["US"]),
    "SIN": ("SIN", ["CA"]),
    "HKID": ("HKID", ["HK"]),
    "BSN": ("BSN", ["NL"]),
    "KVNR": ("Krankenversichertennummer", ["DE"]),
    "CIVIL": ("Civil ID", ["KW"]),
}
OLDER_PAIRS = [
    ("CHI", "CHI", "CHI"),
    ("HCN", "HCN", "HCN"),
    ("IHI", "DSP", "NI"),
    ("IHI", "IHI", "IHI"),
    ("SSN", "SSN", "SS"),
    ("SIN", "SIN", "SIN"),
    ("HKID", "HKID", "HKID"),
    ("BSN", "BSN", "BSN"),
    ("KVNR", "KVNR", "KVNR"),
    ("CIVIL", "CIVIL", "CIVIL"),
]
SYSTEMS = {
    "NHS": "https://fhir.nhs.uk/Id/nhs-number",
    "CHI": "urn:oid:2.16.840.1.113883.2.1.3.2.4.16.53",
    "HCN": "urn:uuid:1479257a-ce8f-482a-89fa-429ac066c158",
    "IHI": "http://ns.electronichealth.net.au/id/hi/ihi/1.0",
    "SSN": "http://hl7.org/fhir/sid/us-ssn",
    "SIN": "https://fhir.infoway-inforoute.ca/NamingSystem/ca-social-insurance-number",
    "HKID": "http://fhir.patientsknowbest.com/id/hong-kong-identity-card-number",
    "BSN": "http://fhir.nl/fhir/NamingSystem/bsn",
    "KVNR": "http://fhir.de/NamingSystem/gkv/kvnr-30",
    "CIVIL": "http://fhir.patientsknowbest.com/id/kuwait-civil-id",
}


@pytest.mark.parametrize(("type_", "row"), NAMES.items(), ids=NAMES)
def test_custom_rest_names_a_number_and_its_countries(pkb: Client, type_: str, row: tuple[str, list[str]]):
    name, countries = row
    created = ask(pkb, "POST", "/v1/users", "SITE", json=user(name, SAMPLES[type_]))
    user_ = ask(pkb, "GET", f"/v2-beta/users/byNationalId/{SAMPLES[type_]}/{quote(name)}", "SITE")
    assert user_["id"] == created["id"]
    assert user_["nationalIds"] == [{"value": SAMPLES[type_], "name": name, "countryCodes": countries}]


@pytest.mark.parametrize(("type_", "authority", "code"), OLDER_PAIRS)
def test_an_older_pair_of_authority_and_type_code_is_taken(pkb: Client, type_: str, authority: str, code: str):
    assert pkb.send(a28(type_, SAMPLES[type_], (authority, code))).code == "AA"
    assert identifiers(pkb) == [{"type": type_, "value": SAMPLES[type_]}]


@pytest.mark.parametrize(("type_", "system"), SYSTEMS.items(), ids=SYSTEMS)
def test_fhir_knows_a_number_by_its_system(pkb: Client, type_: str, system: str):
    assert pkb.send(a28(type_, SAMPLES[type_])).code == "AA"
    identifier = {"system": system, "value": SAMPLES[type_]}
    feed(pkb, "northmoor-r4").put(patient(identifier=[identifier]))
    (merged,) = Aggregated(pkb).search(f"/Patient?identifier={by(SAMPLES[type_], system)}")
    assert identifier in merged["identifier"]
    assert [identifier["system"] for identifier in merged["identifier"]].count(
        "http://fhir.patientsknowbest.com/id/public-id"
    ) == 1
