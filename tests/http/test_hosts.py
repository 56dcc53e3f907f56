"""PKB's host names: which endpoint `/fhir` is under them."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.http.hosts import path_by_host
from tests.support import Client

PATHS = {
    ("localhost:8080", "/fhir/Patient"): "/fhir/Patient",
    ("sandbox.patientsknowbest.com", "/fhir"): "/fhir",
    ("aggregated-fhir.sandbox.patientsknowbest.com", "/fhir/Patient"): "/aggregated/fhir/Patient",
    ("aggregated-fhir.localhost:8080", "/fhir"): "/aggregated/fhir",
    ("sandboxaggregated.fhir-api.sandbox.patientsknowbest.com", "/fhir/Patient/1"): "/aggregated/fhir/Patient/1",
    ("aggregated.fhir-api.pkb.test", "/fhir"): "/aggregated/fhir",
    ("northmoor-r4.fhir-api.sandbox.patientsknowbest.com", "/fhir/metadata"): "/customer/northmoor-r4/fhir/metadata",
    ("NORTHMOOR-R4.FHIR-API.pkb.test:443", "/fhir"): "/customer/northmoor-r4/fhir",
    ("northmoor-r4.fhir-api.pkb.test", "/phr-fhir"): "/phr-fhir",
    ("northmoor-r4.fhir-api.pkb.test", "/fhirs"): "/fhirs",
    ("northmoor-r4.fhir-api.pkb.test", "/_sandbox/world"): "/_sandbox/world",
    ("fhir-api.pkb.test", "/fhir"): "/fhir",
    ("www.northmoor-r4.fhir-api.pkb.test", "/fhir"): "/fhir",
    ("", "/fhir"): "/fhir",
}


@pytest.mark.parametrize(
    ("host_and_path", "path"), PATHS.items(), ids=[f"{host or 'none'}{path}" for host, path in PATHS]
)
def test_a_host_name_selects_an_endpoint(host_and_path: tuple[str, str], path: str):
    host, requested_path = host_and_path
    scope: dict[str, Any] = {"path": requested_path, "headers": [(b"host", host.encode())] if host else []}
    assert path_by_host(scope) == path


@pytest.mark.parametrize(
    ("host", "cell"),
    [
        ("aggregated-fhir.pkb.test", "customer.aggregated.read_demographics"),
        ("northmoor-r4.fhir-api.pkb.test", "customer.customer.read_demographics"),
        ("pkb.test", "customer.facade.read_demographics"),
    ],
)
def test_the_cell_is_that_of_the_endpoint(pkb: Client, host: str, cell: str):
    headers = {"Host": host, "Authorization": f"Bearer {pkb.token('northmoor-fhir')}"}
    response = pkb.http.get("/fhir/Patient/1", headers=headers)
    assert response.headers["pkb-sandbox-cell"] == cell
    assert response.json()["resourceType"] == "OperationOutcome"
    assert (response.status_code == 401) == ("facade" in cell)
