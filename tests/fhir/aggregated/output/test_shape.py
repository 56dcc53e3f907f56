"""The shape of aggregated resources: the order and the times of PKB's samples, sources, addresses.

Source: *Extract Patient*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/5150474272 ; *Extract
Observations*, https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4654694418
"""

from __future__ import annotations

import re
from typing import Any

import pytest

from sandbox.server import SandboxServer
from tests.fhir.aggregated.support import NHS, RHYS, TOLA, Aggregated, by, extension, feed, observation, patient
from tests.support import Client

Json = dict[str, Any]
MICROS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
MILLIS = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}\+00:00")
TYPES = ("Patient", "Condition", "Appointment", "MedicationStatement", "ServiceRequest", "QuestionnaireResponse")


@pytest.mark.parametrize("type_", TYPES)
def test_extensions_of_meta_come_in_pkb_s_order_with_pkb_s_times(pkb: Client, type_: str) -> None:
    resources = Aggregated(pkb).search(f"/{type_}")
    assert resources
    for resource in resources:
        urls = [part["url"].rpartition("/")[2] for part in resource["meta"]["extension"]]
        assert urls[-2:] == ["version-persisted", "ex:createdAt"]
        assert MILLIS.fullmatch(extension(resource, "version-persisted"))
        assert MICROS.fullmatch(extension(resource, "ex:createdAt"))
        assert MICROS.fullmatch(resource["meta"]["lastUpdated"])
        assert extension(resource, "recorded-date") is None or MILLIS.fullmatch(extension(resource, "recorded-date"))


def test_everything_of_a_known_source_names_it(pkb: Client) -> None:
    endpoint = feed(pkb, "northmoor-r4")
    endpoint.put(patient())
    endpoint.put({"resourceType": "Practitioner", "id": "d", "name": [{"family": "Bright"}]})
    endpoint.put(observation(performer=[{"reference": "Practitioner/d"}]))
    aggregated = Aggregated(pkb)
    (own,) = aggregated.search("/Organization?identifier=RNM99")
    for resource in (*aggregated.of("Observation"), *aggregated.search("/Practitioner?family=Bright")):
        assert extension(resource, "source-organisation") == {"reference": f"Organization/{own['id']}"}
    for type_ in TYPES[1:]:
        for resource in aggregated.search(f"/{type_}"):
            codes = {code["system"].rpartition("/")[2]: code["code"] for code in resource["meta"]["security"]}
            source = extension(resource, "source-organisation")
            expected = codes.get("source-organization")
            assert source == ({"reference": f"Organization/{expected}"} if expected else None)
            assert expected or codes["source-patient"], "data that a patient entered has no source organisation"


def test_a_response_names_its_questionnaire_by_the_address_that_the_client_knows(pkb: Client) -> None:
    aggregated = Aggregated(pkb)
    responses = aggregated.search("/QuestionnaireResponse")
    assert responses
    base = f"{pkb.server.base_url}/aggregated/fhir"
    for response in responses:
        assert response["questionnaire"].startswith(f"{base}/Questionnaire/")
        name = response["questionnaire"].removeprefix(f"{base}/")
        assert aggregated.ask(f"/{name}").json()["id"] == name.split("/")[1]
        assert aggregated.ask(f"/QuestionnaireResponse/{response['id']}").json() == response
        for canonical in (response["questionnaire"], name, name.split("/")[1]):
            assert response in aggregated.search(f"/QuestionnaireResponse?questionnaire={canonical}")
        resources = aggregated.search(
            f"/QuestionnaireResponse?_id={response['id']}&_include=QuestionnaireResponse:questionnaire"
        )
        assert name in {f"{resource['resourceType']}/{resource['id']}" for resource in resources}
    hosted = aggregated.ask("/QuestionnaireResponse", headers={"Host": "pkb.example:81"}).json()
    for entry in hosted["entry"]:
        address = entry["resource"]["questionnaire"]
        assert address.startswith("http://pkb.example:81/aggregated/fhir/Questionnaire/")


def test_local_numbers_of_other_organisations_show_with_the_patient(pkb: Client) -> None:
    for client in ("northmoor-fhir", "eastgate-fhir"):
        (patient,) = Aggregated(pkb, client).search(f"/Patient?identifier={by(RHYS)}")
        systems = {identifier["system"] for identifier in patient["identifier"]}
        assert {NHS, "urn:uuid:00b6e67a-7a2a-4c2b-8180-60a7da1de808"} <= systems
        assert "urn:uuid:3bfbac5d-14e9-48cb-b7b0-6962ea6b0dae" in systems


@pytest.mark.parametrize(
    ("mount", "client"),
    [("/aggregated/fhir", "northmoor-fhir"), ("/customer/northmoor-r4/fhir", "northmoor-fhir")],
)
def test_relative_links_keep_the_path_of_the_base_url(mount: str, client: str) -> None:
    with SandboxServer(port=0, base_url="https://proxy.example/pkb/") as server:
        pkb = Client(server)
        headers = {"Authorization": f"Bearer {pkb.token(client)}"}
        for path in ("/Patient?_count=1", "/Patient"):
            bundle = pkb.http.get(mount + path, headers=headers).json()
            for link in bundle["link"]:
                assert link["url"].startswith(f"/pkb{mount}/Patient")
            for entry in bundle.get("entry", ()):
                assert entry["fullUrl"].startswith(f"https://proxy.example/pkb{mount}/Patient/")
        hosted = pkb.http.get("/fhir/Patient", headers={**headers, "Host": "aggregated-fhir.pkb.example"}).json()
        assert hosted["link"][0]["url"].startswith("/pkb/fhir/Patient?")
        pkb.http.close()


def test_history_links_keep_it_too() -> None:
    with SandboxServer(port=0, base_url="https://proxy.example/pkb") as server:
        pkb = Client(server)
        endpoint = feed(pkb, "northmoor-r4")
        endpoint.put(patient(TOLA))
        bundle = endpoint.get("/Patient/p/_history")
        for link in bundle["link"]:
            assert link["url"].startswith("/pkb/customer/northmoor-r4/fhir/Patient/p/_history")
        pkb.http.close()
