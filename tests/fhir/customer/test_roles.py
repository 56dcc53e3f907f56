"""The roles of a Customer's token: `fhir_reader` reads, `fhir_writer` writes, and neither does the other's work.

Source: https://github.com/patientsknowbest/aidbox_501_repro
"""

from __future__ import annotations

from typing import Any

import httpx
import jwt
import pytest

from sandbox.access import tokens
from sandbox.model import Credential
from tests.fhir.customer.support import Endpoint
from tests.support import EASTGATE, Client

Json = dict[str, Any]
READER, WRITER = "fhir_reader", "fhir_writer"
REALM = "/auth/realms/pkb"
PATIENT = {"resourceType": "Patient", "id": "p1", "name": [{"family": "Byrne"}]}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
PATCH = {"Content_Type": "application/json-patch+json"}
NUMBER = "identifier=urn:x%7C1"


def issued(pkb: Client, *roles: str, organisation: str = "Northmoor NHS Trust") -> Json:
    body = {"kind": "customer-system-client", "name": "A feed", "organisation": pkb.organisation(organisation)}
    response = pkb.http.post("/_sandbox/credentials", json={**body, "roles": list(roles)} if roles else body)
    assert response.status_code == 201, response.text
    credential: Json = response.json()
    return credential


@pytest.fixture(params=["northmoor-r4", "northmoor-stu3"])
def reader(pkb: Client, request: pytest.FixtureRequest) -> Endpoint:
    """A read-only client of an endpoint that holds one patient."""
    Endpoint(pkb, request.param).put(PATIENT)
    return Endpoint(pkb, request.param, issued(pkb, READER)["client_id"])


@pytest.fixture
def writer(pkb: Client) -> Endpoint:
    return Endpoint(pkb, client=issued(pkb, WRITER)["client_id"])


def claims(pkb: Client, client: str) -> Json:
    decoded: Json = jwt.decode(pkb.token(client), options={"verify_signature": False})
    return decoded


def assert_forbidden(response: httpx.Response, role: str = WRITER, box: str = "northmoor") -> None:
    assert response.status_code == 403, response.text
    (issue,) = response.json()["issue"]
    assert issue["code"] == "forbidden"
    assert issue["diagnostics"].startswith(f"The access token has no role {role} for {box}")
    assert response.headers["pkb-sandbox-explain"]


def test_a_token_names_its_roles_at_each_endpoint_of_its_organisation(pkb: Client):
    both = {"roles": [READER, WRITER]}
    expected = {"northmoor-stu3-client": both, "northmoor-r4-client": both}
    assert claims(pkb, "northmoor-fhir")["resource_access"] == expected
    only = {"roles": [READER]}
    assert claims(pkb, issued(pkb, READER, organisation=EASTGATE)["client_id"])["resource_access"] == {
        "eastgate-r4-client": only
    }
    assert "resource_access" not in claims(pkb, "letterbox-facade")


def test_an_issued_client_shows_the_role_that_it_is_limited_to(pkb: Client):
    assert "roles" not in issued(pkb)
    assert "roles" not in issued(pkb, WRITER, READER, WRITER)
    only = issued(pkb, READER, READER)
    assert only["roles"] == [READER]
    assert only in pkb.control("/credentials")["credentials"]


@pytest.mark.parametrize("roles", [[], ["fhir_admin"], "fhir_reader", [1], 7, [READER, "x"]])
def test_roles_are_those_that_there_are(pkb: Client, roles: Any):
    body = {"kind": "customer-system-client", "name": "A feed", "organisation": pkb.organisation(), "roles": roles}
    assert pkb.http.post("/_sandbox/credentials", json=body).status_code == 400


@pytest.mark.parametrize("kind", ["system-client", "hl7-org", "user-client"])
def test_roles_are_for_customer_system_clients(pkb: Client, kind: str):
    body = {"kind": kind, "name": "x", "organisation": pkb.organisation(), "roles": [READER]}
    response = pkb.http.post("/_sandbox/credentials", json=body)
    assert response.status_code == 400
    assert "roles" in response.text


READS = ("/Patient/p1", "/Patient?family=byrne", "/Patient/p1/_history", "/Patient/_history", "/metadata")


def test_a_reader_reads(reader: Endpoint):
    for path in READS:
        assert reader.ask("GET", path).status_code == 200, path
    assert reader.ask("POST", "/Patient/_search", b"family=byrne", **FORM).json()["total"] == 1
    version = reader.get("/Patient/p1")["meta"]["versionId"]
    assert reader.ask("GET", f"/Patient/p1/_history/{version}").status_code == 200


def test_a_reader_writes_nothing(reader: Endpoint):
    before = reader.get("/Patient/p1")
    operations = [{"op": "add", "path": "/active", "value": True}]
    for response in (
        reader.ask("POST", "/Patient", PATIENT),
        reader.ask("POST", "/Patient", PATIENT, If_None_Exist=NUMBER),
        reader.ask("PUT", "/Patient/p1", PATIENT),
        reader.ask("PUT", "/Patient/p2", PATIENT),
        reader.ask("PUT", f"/Patient?{NUMBER}", PATIENT),
        reader.ask("PATCH", "/Patient/p1", operations, **PATCH),
        reader.ask("DELETE", "/Patient/p1"),
        reader.ask("DELETE", f"/Patient?{NUMBER}"),
        reader.ask("DELETE", f"/Patient?{NUMBER}", X_Conditional_Delete="remove-all"),
        reader.ask("PUT", "/Patient/p1", b"not json"),
    ):
        assert_forbidden(response)
        assert response.headers["pkb-sandbox-cell"] == "customer.customer.send_data"
    assert reader.get("/Patient/p1") == before
    assert reader.get("/Patient")["total"] == 1


def bundle(kind: str, *entries: tuple[str, str]) -> Json:
    def entry(method: str, url: str) -> Json:
        resource = {"resource": PATIENT} if method in ("POST", "PUT") else {}
        return {"request": {"method": method, "url": url}, **resource}

    return {"resourceType": "Bundle", "type": kind, "entry": [entry(*parts) for parts in entries]}


MIXED = (("GET", "Patient/p1"), ("PUT", "Patient/p1"), ("GET", "Patient?family=byrne"), ("DELETE", "Patient/p1"))


def test_of_a_batch_each_entry_is_judged_alone(reader: Endpoint):
    answers = reader.ask("POST", "/", bundle("batch", *MIXED)).json()["entry"]
    assert [answer["response"]["status"][:3] for answer in answers] == ["200", "403", "200", "403"]
    assert answers[1]["response"]["outcome"]["issue"][0]["code"] == "forbidden"
    assert reader.ask("GET", "/Patient/p1").status_code == 200


@pytest.mark.parametrize("write", [("POST", "Patient"), ("PUT", "Patient/p9"), ("DELETE", "Patient/p1")])
def test_a_transaction_with_a_write_is_refused_as_a_whole(reader: Endpoint, write: tuple[str, str]):
    assert_forbidden(reader.ask("POST", "/", bundle("transaction", ("GET", "Patient/p1"), write)))
    assert reader.get("/Patient")["total"] == 1


def test_a_collection_is_a_batch_of_updates(reader: Endpoint):
    collection = {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": PATIENT}]}
    (answer,) = reader.ask("POST", "/", collection).json()["entry"]
    assert answer["response"]["status"][:3] == "403"


def test_a_transaction_that_only_reads_is_a_reader_s(reader: Endpoint):
    response = reader.ask("POST", "/", bundle("transaction", ("GET", "Patient/p1"), ("GET", "Patient")))
    assert [entry["response"]["status"][:3] for entry in response.json()["entry"]] == ["200", "200"]


def test_a_writer_writes_and_reads_nothing(writer: Endpoint):
    assert writer.put(PATIENT)["id"] == "p1"
    for path in READS[:-1]:
        assert_forbidden(writer.ask("GET", path), READER)
    assert_forbidden(writer.ask("POST", "/Patient/_search", b"family=byrne", **FORM), READER)
    answers = writer.ask("POST", "/", bundle("batch", *MIXED)).json()["entry"]
    assert [answer["response"]["status"][:3] for answer in answers] == ["403", "200", "403", "200"]


def test_aggregated_wants_a_reader(pkb: Client, writer: Endpoint, reader: Endpoint):
    for client, status in ((writer.client, 403), (reader.client, 200), ("northmoor-fhir", 200)):
        headers = {"Authorization": f"Bearer {pkb.token(client)}"}
        for path in ("/Patient", "/Condition?subject=Patient/x", "/Basic"):
            response = pkb.http.get(f"/aggregated/fhir{path}", headers=headers)
            assert response.status_code == status, response.text
    headers = {"Authorization": f"Bearer {pkb.token(writer.client)}"}
    assert_forbidden(pkb.http.get("/aggregated/fhir/Patient/x", headers=headers), READER, "any endpoint")
    assert pkb.http.get("/aggregated/fhir/Consent/$carers", headers=headers).status_code == 403


def test_another_customer_s_endpoint_is_refused_whatever_the_role(reader: Endpoint, pkb: Client):
    response = Endpoint(pkb, "eastgate-r4", reader.client).ask("GET", "/Patient")
    assert response.status_code == 403
    assert "belongs to another Customer" in response.text


@pytest.mark.parametrize(
    ("issuer", "status"),
    [
        (f"https://iam.patientsknowbest.example{REALM}", 200),
        (REALM, 200),
        ("http://127.0.0.1:1/auth/realms/master", 401),
        (f"http://127.0.0.1:1{REALM}/", 401),
        ("", 401),
    ],
)
def test_a_customer_s_token_is_of_the_realm_whatever_the_host(pkb: Client, issuer: str, status: int):
    world = pkb.server.workspaces.default
    credential = world.store.get(Credential, "northmoor-fhir")
    token = tokens.issue(world, credential, issuer, 300, {}).value
    for path in ("/customer/northmoor-r4/fhir/Patient", "/aggregated/fhir/Patient"):
        response = pkb.http.get(path, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == status, response.text
        assert ("BAD_AUTHENTICATION" in response.text) == (status == 401)


def test_a_system_client_s_token_is_taken_whatever_its_issuer(pkb: Client):
    world = pkb.server.workspaces.default
    token = tokens.issue(world, world.store.get(Credential, "letterbox-facade"), "https://elsewhere", 300, {}).value
    headers = {"Authorization": f"Bearer {token}", "X-Org-Public-Id": pkb.organisation()}
    assert pkb.http.get("/fhir/Questionnaire", headers=headers).status_code == 200
