"""A Customer endpoint's statement, edited by hand, changes what the endpoint does."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from sandbox.base import datafiles
from sandbox.fhir.base.capability import compile_statement
from sandbox.fhir.customer import admission
from tests.fhir.customer.support import Endpoint
from tests.fhir.facade.inprocess import row_of
from tests.support import Client

Json = dict[str, Any]
PATIENT = {"resourceType": "Patient", "id": "a"}


@pytest.fixture
def edit(pkb: Client, monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[Json, Json], object]], None]:
    """Puts an edited statement and edited rules in the place of the files of R4."""

    def put(change: Callable[[Json, Json], object]) -> None:
        statement = copy.deepcopy(datafiles.read_json(datafiles.path("capability_statements/customer_r4.json")))
        rules = copy.deepcopy(datafiles.read_toml(datafiles.path("capability_statements/customer_r4.toml")))
        change(statement, rules)
        compiled = compile_statement(statement, rules)
        monkeypatch.setattr(admission, "offered", lambda workspace, endpoint: compiled)
        # A statement changes at a start only: what is remembered was answered by the one before.
        pkb.server.workspaces.default.store.mark = object()

    return put


def without(code: str) -> Callable[[Json, Json], None]:
    def change(statement: Json, rules: Json) -> None:
        row = row_of(statement, "Patient")
        row["interaction"] = [interaction for interaction in row["interaction"] if interaction["code"] != code]

    return change


CALLS = {
    "create": ("POST", "/Patient"),
    "read": ("GET", "/Patient/a"),
    "vread": ("GET", "/Patient/a/_history/101"),
    "update": ("PUT", "/Patient/a"),
    "patch": ("PATCH", "/Patient/a"),
    "delete": ("DELETE", "/Patient/a"),
    "history-instance": ("GET", "/Patient/a/_history"),
    "history-type": ("GET", "/Patient/_history"),
    "search-type": ("GET", "/Patient"),
}


@pytest.mark.parametrize("code", CALLS)
def test_an_interaction_that_is_taken_out_is_refused(pkb: Client, edit: Any, code: str):
    feed = Endpoint(pkb)
    edit(without(code))
    method, path = CALLS[code]
    response = feed.ask(method, path, {})
    assert response.status_code == 405
    assert response.json()["issue"][0]["code"] == "not-supported"
    for other in CALLS.keys() - {code}:
        assert feed.ask(*CALLS[other], {}).status_code != 405


def test_it_is_refused_in_a_bundle_as_well(pkb: Client, edit: Any):
    feed = Endpoint(pkb)
    edit(without("update"))
    entry = {"request": {"method": "PUT", "url": "Patient/a"}, "resource": PATIENT}
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [entry]}
    assert feed.ask("POST", "", bundle).status_code == 405
    answered = feed.ask("POST", "", {**bundle, "type": "batch"}).json()
    assert answered["entry"][0]["response"]["status"] == "405"


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_kind_of_bundle_that_is_taken_out_is_refused(pkb: Client, edit: Any, kind: str):
    def change(statement: Json, rules: Json) -> None:
        rest = statement["rest"][0]
        rest["interaction"] = [interaction for interaction in rest["interaction"] if interaction["code"] != kind]

    feed = Endpoint(pkb)
    edit(change)
    for each in ("batch", "transaction"):
        status = feed.ask("POST", "", {"resourceType": "Bundle", "type": each}).status_code
        assert status == (405 if each == kind else 200)


def test_a_type_that_is_taken_out_is_unknown(pkb: Client, edit: Any):
    def change(statement: Json, rules: Json) -> None:
        rest = statement["rest"][0]
        rest["resource"] = [resource for resource in rest["resource"] if resource["type"] != "Patient"]

    edit(change)
    assert Endpoint(pkb).ask("GET", "/Patient/a").status_code == 404


def test_a_parameter_that_is_made_required_must_be_there(pkb: Client, edit: Any):
    def change(statement: Json, rules: Json) -> None:
        rules["search"]["Condition"] = {"patient": {"optionality": "required"}}

    feed = Endpoint(pkb)
    assert feed.ask("GET", "/Condition").status_code == 200
    edit(change)
    assert feed.ask("GET", "/Condition").status_code == 400
    assert feed.ask("GET", "/Condition?patient=Patient/a").status_code == 200


def test_a_parameter_that_is_taken_out_is_unknown(pkb: Client, edit: Any):
    def change(statement: Json, rules: Json) -> None:
        row = row_of(statement, "Patient")
        row["searchParam"] = [parameter for parameter in row["searchParam"] if parameter["name"] != "gender"]

    feed = Endpoint(pkb)
    feed.put(PATIENT)
    assert feed.get("/Patient?gender=male")["total"] == 0
    edit(change)
    assert feed.get("/Patient?gender=male")["total"] == 1
    assert feed.ask("GET", "/Patient?gender=male", Prefer="handling=strict").status_code == 400
