"""Aggregated over the wire: what is offered, what is refused, and the shape of what comes back.

Source: *Aggregated*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/3364388935/Aggregated
"""

from __future__ import annotations

import pytest

from sandbox.base import datafiles
from sandbox.fhir.aggregated.intake.upstream import types
from sandbox.fhir.aggregated.statement import CANONICAL, statement
from tests.fhir.aggregated.filled import model
from tests.fhir.aggregated.support import NHS, PUBLIC_ID, RHYS, TOLA, Aggregated, by
from tests.support import Client, assert_operation_outcome

OLDER_PUBLIC_ID = "urn:uuid:cd97da65-0aa4-43a6-b695-cfd0c6f3267d"


def test_the_statement_is_the_file_that_the_tables_make(pkb: Client):
    served = pkb.http.get("/aggregated/fhir/metadata")
    assert served.status_code == 200
    file = datafiles.read_json(datafiles.path("capability_statements/aggregated.json"))
    assert file == statement()
    body = served.json()
    assert body["url"] == CANONICAL
    assert body["implementation"]["url"] == f"{pkb.http.base_url}/aggregated/fhir".replace(
        "//aggregated", "/aggregated"
    )
    assert body["rest"] == file["rest"]
    model("r4", "CapabilityStatement").model_validate(body)


@pytest.mark.parametrize("id_", ["Consent-t-carers", "Questionnaire-i-send-questionnaire-request-r4"])
def test_the_definitions_of_its_operations_need_no_token(pkb: Client, id_: str):
    response = pkb.http.get(f"/aggregated/fhir/OperationDefinition/{id_}")
    assert response.status_code == 200
    model("r4", "OperationDefinition").model_validate(response.json())
    assert pkb.http.get("/aggregated/fhir/OperationDefinition/Patient-t-nothing").status_code == 404


@pytest.mark.parametrize("type_", types())
def test_every_type_of_the_statement_is_searched_and_read(pkb: Client, type_: str):
    aggregated = Aggregated(pkb)
    assert "total" in aggregated.bundle(f"/{type_}")
    for resource in aggregated.search(f"/{type_}")[:3]:
        assert resource["resourceType"] == type_
        assert aggregated.ask(f"/{type_}/{resource['id']}").json() == resource
    assert aggregated.ask(f"/{type_}/00000000-0000-3000-8000-000000000000").status_code == 404


@pytest.mark.parametrize("type_", ["Person", "Account", "Slot", "ChargeItem", "Invoice", "Task"])
def test_a_type_that_is_not_aggregated_gives_an_empty_searchset(pkb: Client, type_: str):
    bundle = Aggregated(pkb).bundle(f"/{type_}?identifier=urn:x%7C1")
    assert bundle["total"] == 0
    assert "entry" not in bundle


def test_a_type_that_r4_does_not_have_is_not_found(pkb: Client):
    for path in ("/Nonsense", "/Nonsense/1", "/ProcedureRequest"):
        response = Aggregated(pkb).ask(path)
        assert response.status_code == 404
        assert response.json()["issue"][0]["code"] == "not-found"


WRITES = [
    ("POST", "/Patient"),
    ("PUT", "/Patient/1"),
    ("PATCH", "/Patient/1"),
    ("DELETE", "/Patient/1"),
    ("POST", ""),
    ("POST", "/"),
]


@pytest.mark.parametrize(("method", "path"), WRITES)
def test_every_write_is_refused(pkb: Client, method: str, path: str):
    response = Aggregated(pkb).ask(path, method, json={"resourceType": "Patient"})
    assert_operation_outcome(response, 405, "not-supported")
    assert response.headers["allow"] == "GET"
    assert response.headers["pkb-sandbox-cell"] == "customer.aggregated.send_data"


def test_history_is_not_offered(pkb: Client):
    assert Aggregated(pkb).ask("/Patient/1/_history").status_code == 405
    assert Aggregated(pkb).ask("/Patient/$everything").status_code == 404


def test_tokens_of_another_issuer_mean_nothing_here(pkb: Client):
    assert Aggregated(pkb, "letterbox-facade").ask("/Patient").status_code in (401, 403)
    assert pkb.http.get("/aggregated/fhir/Patient").status_code == 401


def test_the_searchset_has_the_shape_of_pkb_s_samples(pkb: Client):
    path = f"/Patient?identifier={by(TOLA)}"
    bundle = Aggregated(pkb).bundle(path)
    assert bundle["meta"]["versionId"] == "0"
    assert bundle["meta"]["lastUpdated"].endswith("+00:00")
    assert bundle["total"] == 1
    links = {link["relation"]: link["url"] for link in bundle["link"]}
    assert links == {"first": f"/aggregated/fhir{path}&page=1", "self": f"/aggregated/fhir{path}"}
    (entry,) = bundle["entry"]
    assert entry["link"] == [{"relation": "self", "url": entry["fullUrl"]}]
    assert entry["fullUrl"].endswith(f"/aggregated/fhir/Patient/{entry['resource']['id']}")
    assert entry["resource"]["id"][14] == "3", "a name-based UUID"
    assert entry["resource"]["meta"]["lastUpdated"].endswith("Z")
    assert int(entry["resource"]["meta"]["versionId"]) > 1_000_000


def test_by_host_name_links_begin_with_fhir(pkb: Client):
    headers = {"Host": "aggregated-fhir.sandbox.example", "Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}
    response = pkb.http.get(f"/fhir/Patient?identifier={by(TOLA)}", headers=headers)
    assert response.status_code == 200
    assert response.json()["link"][1]["url"] == f"/fhir/Patient?identifier={by(TOLA)}"
    assert response.json()["entry"][0]["fullUrl"].startswith("http://aggregated-fhir.sandbox.example/fhir/Patient/")


def test_pages_are_linked(pkb: Client):
    aggregated = Aggregated(pkb)
    first = aggregated.bundle("/Patient?_count=5")
    assert len(first["entry"]) == 5
    seen = [entry["resource"]["id"] for entry in first["entry"]]
    page = first
    while following := next((link["url"] for link in page["link"] if link["relation"] == "next"), None):
        assert following.startswith("/aggregated/fhir/Patient?_count=5&page=")
        page = aggregated.bundle(following.removeprefix("/aggregated/fhir"))
        seen += [entry["resource"]["id"] for entry in page["entry"]]
    assert len(seen) == len(set(seen)) == first["total"]


def test_a_patient_is_found_by_every_number(pkb: Client):
    aggregated = Aggregated(pkb)
    public = pkb.patient("Shared by both")["id"]
    (patient,) = aggregated.search(f"/Patient?identifier={by(RHYS)}")
    for system, value in ((PUBLIC_ID, public), (OLDER_PUBLIC_ID, public)):
        assert aggregated.search(f"/Patient?identifier={by(value, system)}") == [patient]
    links = aggregated.bundle(f"/Patient?identifier={by(public, OLDER_PUBLIC_ID)}")["link"]
    assert OLDER_PUBLIC_ID in links[1]["url"], "self is what was asked"
    assert patient["id"] != public


def test_the_record_is_found_by_reference_and_by_chain(pkb: Client):
    aggregated = Aggregated(pkb)
    (patient,) = aggregated.of("Patient")
    chained = aggregated.of("Condition")
    assert chained
    assert aggregated.search(f"/Condition?subject=Patient/{patient['id']}") == chained
    assert aggregated.search(f"/Condition?patient={patient['id']}") == chained
    assert aggregated.search(f"/Condition?patient.identifier={by(TOLA)}") == chained
    form = {"subject:Patient.identifier": f"{NHS}|{TOLA}"}
    assert aggregated.ask("/Condition/_search", "POST", data=form).json()["entry"][0]["resource"] == chained[0]
    assert all(condition in aggregated.search("/Condition") for condition in chained), (
        "a search without a patient gives all"
    )


def test_a_bad_date_is_refused(pkb: Client):
    response = Aggregated(pkb).ask(f"/Appointment?actor:Patient.identifier={by(TOLA)}&date=yesterday")
    assert response.status_code == 400


def test_includes_bring_what_shows_only(pkb: Client):
    bundle = Aggregated(pkb).bundle(f"/Condition?subject:Patient.identifier={by(TOLA)}&_include=Condition:subject")
    modes = {entry["resource"]["resourceType"]: entry["search"]["mode"] for entry in bundle["entry"]}
    assert modes == {"Condition": "match", "Patient": "include"}


def test_searches_are_answered_in_xml_and_as_summaries(pkb: Client):
    aggregated = Aggregated(pkb)
    xml = aggregated.ask(f"/Patient?identifier={by(TOLA)}&_format=xml")
    assert xml.headers["content-type"].startswith("application/fhir+xml")
    assert "<family" in xml.text
    (counted,) = [aggregated.bundle(f"/Patient?identifier={by(TOLA)}&_summary=count")]
    assert counted["total"] == 1
    assert "entry" not in counted
