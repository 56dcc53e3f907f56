"""`_format` in the form of a search by POST: it counts at PKB's own endpoints, not at those of the FHIR server."""

from __future__ import annotations

import httpx
import pytest

from tests.fhir.aggregated.support import Aggregated
from tests.fhir.customer.support import Endpoint
from tests.support import Client

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("in_address", [True, False])
@pytest.mark.parametrize("api", ["customer", "aggregated"])
def test_a_format_counts_in_the_address_alone(pkb: Client, api: str, in_address: bool):
    path = "/Patient/_search" + ("?_format=xml" if in_address else "")
    body = b"family=nobody" if in_address else b"family=nobody&_format=xml"
    response: httpx.Response = (
        Endpoint(pkb).ask("POST", path, body, **{name.replace("-", "_"): value for name, value in FORM.items()})
        if api == "customer"
        else Aggregated(pkb).ask(path, "POST", content=body, headers=FORM)
    )
    assert response.status_code == 200, response.text
    expected = "application/fhir+xml" if in_address else "application/fhir+json"
    assert response.headers["content-type"].startswith(expected)
