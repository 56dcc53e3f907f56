"""What `POST /credentials` and `POST /grants` refuse, and in which words."""

from __future__ import annotations

from typing import Any

import pytest

from tests.control.test_control_api import assert_problem
from tests.support import Client

REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "unknown kind": ({"kind": "super-client", "name": "x"}, "kind must be one of"),
    "no name": ({"kind": "hl7-org", "name": " "}, "name is required"),
    "no organisation": ({"kind": "hl7-org", "name": "x"}, "organisation must be the id"),
    "app without an address": ({"kind": "user-client", "name": "x"}, "redirect_uris must name at least one"),
    "roles of another kind": ({"kind": "system-client", "name": "x", "roles": ["fhir_reader"]}, "roles apply to"),
    "unknown partner": ({"kind": "system-client", "name": "x", "partner": "nobody"}, "partner must be the id"),
    "scopes that are no list": (
        {"kind": "user-client", "name": "x", "redirect_uris": ["http://localhost/"], "scopes": "PATIENT"},
        "scopes must be a list of texts",
    ),
    "unknown scope": (
        {"kind": "user-client", "name": "x", "redirect_uris": ["http://localhost/"], "scopes": ["KING"]},
        "'KING' is not one of",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_credential_is_refused_in_words(pkb: Client, case: str):
    payload, words = REFUSED[case]
    before = len(pkb.control("/credentials")["credentials"])
    response = pkb.http.post("/_sandbox/credentials", json=payload)
    assert_problem(response, 400)
    assert words in response.json()["detail"]
    assert len(pkb.control("/credentials")["credentials"]) == before


def test_a_customer_s_client_is_issued_with_known_roles_only(pkb: Client):
    body = {"kind": "customer-system-client", "name": "x", "organisation": pkb.organisation()}
    for roles, status in ((["fhir_reader"], 201), (["fhir_reader", "fhir_writer"], 201), ([], 400), (["king"], 400)):
        assert pkb.http.post("/_sandbox/credentials", json={**body, "roles": roles}).status_code == status, roles


def test_a_user_client_belongs_to_no_organisation(pkb: Client):
    body = {
        "kind": "user-client",
        "name": "x",
        "redirect_uris": ["http://localhost/"],
        "organisation": pkb.organisation(),
    }
    response = pkb.http.post("/_sandbox/credentials", json=body)
    assert_problem(response, 400)
    assert "organisation does not apply" in response.json()["detail"]


def test_a_grant_needs_a_partner_and_an_organisation_and_its_own_team(pkb: Client):
    world = pkb.control("/world")
    partner, (first, second, *_) = world["partners"][0]["id"], world["organisations"]
    assert_problem(pkb.http.post("/_sandbox/grants", json={"partner": partner, "organisation": "none"}), 400)
    foreign = {"partner": partner, "organisation": first["id"], "team": second["teams"][0]["id"]}
    response = pkb.http.post("/_sandbox/grants", json=foreign)
    assert_problem(response, 400)
    assert "team must be the id of a team" in response.json()["detail"]
