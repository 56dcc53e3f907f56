"""The headers of a refusal: `Allow` only where a method is refused, `WWW-Authenticate` only where a token is."""

from __future__ import annotations

import httpx
import pytest

from tests.fhir.aggregated.support import Aggregated
from tests.fhir.customer.support import Endpoint
from tests.support import Client

REFUSALS: list[tuple[str, str, str, int, str | None]] = [
    ("customer", "PATCH", "/Patient", 405, "DELETE, GET, PATCH, POST, PUT"),
    ("customer", "GET", "/Patient/x", 404, None),
    ("customer", "GET", "/_history", 404, None),
    ("customer", "GET", "/Patient?birthdate=x", 400, None),
    ("aggregated", "DELETE", "/Patient/x", 405, "GET"),
    ("aggregated", "GET", "/Patient/_history", 405, "GET"),
    ("aggregated", "POST", "/Consent/$carers", 405, "GET"),
    ("aggregated", "GET", "/Patient/x", 404, None),
    ("aggregated", "GET", "/Nothing", 404, None),
    ("aggregated", "GET", "/Condition?recorded-date=x", 400, None),
    ("facade", "GET", "/Patient/x", 404, None),
    ("facade", "DELETE", "/Patient/x", 400, None),
    ("facade", "GET", "/Appointment?date=x", 400, None),
]


@pytest.mark.parametrize(("api", "method", "path", "status", "allow"), REFUSALS)
def test_a_refusal_names_the_methods_only_if_the_method_is_refused(
    pkb: Client, api: str, method: str, path: str, status: int, allow: str | None
):
    response = {
        "customer": lambda: Endpoint(pkb).ask(method, path),
        "aggregated": lambda: Aggregated(pkb).ask(path, method),
        "facade": lambda: pkb.facade(path, method=method),
    }[api]()
    assert (response.status_code, response.headers.get("allow")) == (status, allow), response.text
    assert "www-authenticate" not in response.headers
    assert "accept-patch" not in response.headers


MOUNTS = ["/fhir/Patient/1", "/phr-fhir/Patient", "/aggregated/fhir/Patient", "/customer/northmoor-r4/fhir/Patient"]
CHALLENGES = {
    "": 'Bearer realm="pkb"',
    "Bearer x": 'Bearer realm="pkb", error="invalid_token"',
    "Basic eDp5": 'Bearer realm="pkb"',
}


@pytest.mark.parametrize("authorization", CHALLENGES)
@pytest.mark.parametrize("path", MOUNTS)
def test_a_missing_token_is_no_wrong_token(pkb: Client, path: str, authorization: str):
    headers = {"Authorization": authorization} if authorization else {}
    response: httpx.Response = pkb.http.get(path, headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == CHALLENGES[authorization]
    assert "allow" not in response.headers
