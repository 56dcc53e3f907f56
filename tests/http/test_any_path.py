"""Any path and method, with a token or without, is answered, and never with an internal error."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.fhir.base.endpoints import AGGREGATED, FACADE, MESSAGING
from sandbox.model import Patient, User
from tests.support import Client

CUSTOMER_R4, CUSTOMER_STU3 = "/customer/northmoor-r4/fhir", "/customer/northmoor-stu3/fhir"
FHIR = {
    FACADE.prefix: "letterbox-facade",
    MESSAGING.prefix: "letterbox-facade",
    CUSTOMER_R4: "northmoor-fhir",
    CUSTOMER_STU3: "northmoor-fhir",
    AGGREGATED.prefix: "northmoor-fhir",
}
"""Mount → a client that may call it."""

OTHERS = ("/rest", "/json", "/services/hl7", "/api/oauth", "/auth/realms/pkb", "/apiAuthorize.action",
          "/apiToken.action", "/otp.action", "/_sandbox", "/customer", "/aggregated")  # fmt: skip
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
TAILS = (
    "", "/", "//", "/metadata", "/metadata/", "/metadata/x", "/x/fhir/metadata", "/OperationDefinition",
    "/OperationDefinition/", "/OperationDefinition//", "/OperationDefinition/x", "/OperationDefinition/x/y",
    "/OperationDefinition/$x", "/OperationDefinition/_search",
    "/OperationDefinition?_id=x", "/x/fhir/OperationDefinition",
    "/Patient", "/Patient/", "/Patient/_search", "/Patient/$x", "/Patient/x/$y", "/Patient/x/_history/y", "/_history",
    "/$process-message", "/Nonsense", "/Consent/$carers", "/Questionnaire/x/$send-questionnaire-request",
    "/users/self", "/v1/measurements/x", "/credentials/x", "/records/x/y", "/%00", "/%2e%2e", "/%C3%28", "/Patient/%0A",
)  # fmt: skip


def assert_answered(pkb: Client, method: str, path: str, client: str) -> None:
    headers = {"Authorization": f"Bearer {pkb.token(client)}"} if client else {}
    if client and not path.startswith(CUSTOMER_R4.rpartition("/")[0]):
        headers["X-Org-Public-Id"] = pkb.organisation()
    response = pkb.http.request(method, path, headers=headers)
    assert response.status_code < 500 or path.startswith("/services/hl7"), (method, path, response.text)
    assert "Internal error" not in response.text, (method, path)


@pytest.mark.parametrize("mount", FHIR)
@pytest.mark.parametrize("signed_in", [False, True])
def test_odd_paths_of_fhir_endpoints_are_answered(pkb: Client, mount: str, signed_in: bool):
    for method, tail in product(METHODS, TAILS):
        assert_answered(pkb, method, mount + tail, FHIR[mount] if signed_in else "")


@pytest.mark.parametrize("mount", OTHERS)
def test_odd_paths_elsewhere_are_answered(pkb: Client, mount: str):
    for method, tail in product(METHODS, TAILS):
        assert_answered(pkb, method, mount + tail, "")


@settings(max_examples=100)
@given(
    mount=st.sampled_from([*FHIR, *OTHERS]),
    method=st.sampled_from(METHODS),
    parts=st.lists(st.sampled_from([*TAILS, "/x", "/1"]), max_size=3),
    signed_in=st.booleans(),
)
def test_any_path_is_answered(pkb: Client, mount: str, method: str, parts: list[str], signed_in: bool):
    assert_answered(pkb, method, mount + "".join(parts), FHIR.get(mount, "") if signed_in else "")


def test_reads_alone_of_operation_definitions_need_no_token(pkb: Client):
    for mount, status in ((FACADE.prefix, 400), (MESSAGING.prefix, 404), (AGGREGATED.prefix, 401)):
        assert pkb.http.get(f"{mount}/OperationDefinition").status_code == status
        assert pkb.http.get(f"{mount}/OperationDefinition/x").status_code == 404
    token = {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}
    response = pkb.http.get(f"{AGGREGATED.prefix}/OperationDefinition", headers=token)
    assert (response.status_code, response.json()["total"]) == (200, 0)


@pytest.mark.parametrize("kind", [Patient, User])
def test_the_session_of_a_person_who_is_gone_is_invalid(pkb: Client, kind: type[Patient | User]):
    email = "tola.adeyemi@example.org" if kind is Patient else "owen.bright@northmoor.example"
    token = pkb.user_token(email, "stepwise-diary" if kind is Patient else "stepwise-clinic")
    store = pkb.server.workspaces.default.store
    for person in store.find(kind, "email", email):
        store.delete(person)
    for path in ("/json/users/self", "/json/v1/measurements/x", "/fhir/Patient/$purview"):
        response = pkb.http.get(path, headers={"Authorization": f"Bearer {token}"})
        assert response.status_code == 401, response.text
