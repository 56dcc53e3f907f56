"""Reading and checking credentials: HTTP Basic (RFC 7617), bearer tokens (RFC 6750), form-decoding (RFC 6749)."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from sandbox.access.credentials import authenticate, basic, bearer, list_credentials, world_of
from sandbox.model import Credential, Patient, User
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


BASIC = {
    "user and password": (f"Basic {encoded('ann:secret')}", ("ann", "secret")),
    "the scheme in any case": (f"bAsIc {encoded('ann:secret')}", ("ann", "secret")),
    "a password with colons": (f"Basic {encoded('ann:a:b:c')}", ("ann", "a:b:c")),
    "an empty password": (f"Basic {encoded('ann:')}", ("ann", "")),
    "letters of any script": (f"Basic {encoded('王:ключ')}", ("王", "ключ")),
    "no colon": (f"Basic {encoded('ann')}", None),
    "another scheme": (f"Bearer {encoded('ann:secret')}", None),
    "no base64": ("Basic !!!", None),
    "a letter that is none of base64": (f"Basic !{encoded('ann:secret')}", None),
    "padding missing": ("Basic YQ", None),
    "bytes that are no UTF-8": (f"Basic {base64.b64encode(bytes([255, 58, 255])).decode()}", None),
    "nothing": ("", None),
}
BEARER = {
    "a token": ("Bearer abc", "abc"),
    "the scheme in any case": ("bearer abc", "abc"),
    "no token": ("Bearer ", None),
    "the scheme alone": ("Bearer", None),
    "another scheme": ("Basic abc", None),
    "nothing": ("", None),
}


@pytest.mark.parametrize(("header", "read"), BASIC.values(), ids=BASIC)
def test_a_basic_header_is_read(header: str, read: tuple[str, str] | None):
    assert basic(header) == read


@pytest.mark.parametrize(("header", "read"), BEARER.values(), ids=BEARER)
def test_a_bearer_header_is_read(header: str, read: str | None):
    assert bearer(header) == read


@pytest.fixture
def workspaces() -> Workspaces:
    fresh = Workspaces(Settings())
    fresh.default.store.put(Credential(id="a b", kind="system-client", name="Odd", secret="s+c%r t"))
    fresh.default.store.put(Credential(id="a%20b", kind="system-client", name="Odder", secret="100%25"))
    return fresh


@pytest.mark.parametrize(
    ("id_", "secret", "checked_id"),
    [
        ("a b", "s+c%r t", "a b"),
        ("a+b", "s%2Bc%25r+t", "a b"),
        ("a%20b", "s%2Bc%25r%20t", "a b"),
        ("a%20b", "100%25", "a%20b"),
        ("a b", "s c%r t", None),
        ("a b", "", None),
        ("nobody", "s+c%r t", None),
        ("nobody", "", None),
        ("stepwise-diary", "", None),
    ],
    ids=[
        "as sent",
        "form-encoded",
        "percent-encoded",
        "as sent wins",
        "wrong",
        "empty",
        "unknown",
        "both",
        "no secret",
    ],
)
def test_credentials_are_compared_as_sent_and_then_form_decoded(
    workspaces: Workspaces, id_: str, secret: str, checked_id: str | None
):
    credential = authenticate(workspaces, id_, secret)
    assert (credential and credential[1].id) == checked_id


def test_a_revoked_credential_opens_nothing_and_is_not_listed(workspaces: Workspaces):
    store = workspaces.default.store
    credential = store.get(Credential, "letterbox-facade")
    assert authenticate(workspaces, credential.id, credential.secret) is not None
    store.put(replace(credential, revoked=True))
    assert authenticate(workspaces, credential.id, credential.secret) is None
    assert credential.id not in {row.get("client_id") for row in list_credentials(workspaces.default)}


ALWAYS = ("kind", "integration_type", "name", "apis")
KEYS: dict[str, tuple[str, ...]] = {
    "org_northmoor": ("username", "password", "organisation"),
    "partner_letterbox": ("username", "password", "on_behalf_of"),
    "partner_untethered": ("username", "password"),
    "stepwise-diary": ("client_id", "users", "redirect_uris"),
    "stepwise-clinic": ("client_id", "users", "redirect_uris"),
    "letterbox-facade": ("client_id", "client_secret", "on_behalf_of"),
    "northmoor-fhir": ("client_id", "client_secret", "organisation", "endpoints"),
    "letterbox-tethered": ("client_id", "refresh_token", "organisation"),
}
APIS = {
    "org_northmoor": ["hl7"],
    "partner_letterbox": ["hl7"],
    "stepwise-diary": ["rest", "facade"],
    "letterbox-facade": ["facade", "messaging"],
    "northmoor-fhir": ["customer", "aggregated"],
    "letterbox-tethered": ["rest"],
}


@pytest.fixture(scope="module")
def rows() -> dict[str, dict[str, Any]]:
    """The credentials of the default world as they are listed, by client id or user name."""
    return rows_of(Workspaces(Settings()))


def rows_of(workspaces: Workspaces) -> dict[str, dict[str, Any]]:
    return {row.get("client_id") or row["username"]: row for row in list_credentials(workspaces.default)}


@pytest.mark.parametrize("id_", KEYS)
def test_a_credential_is_listed_with_only_the_keys_that_apply(rows: dict[str, dict[str, Any]], id_: str):
    assert {*rows[id_]} == {*ALWAYS, *KEYS[id_]}


@pytest.mark.parametrize("id_", APIS)
def test_a_credential_is_listed_with_the_apis_that_accept_it(rows: dict[str, dict[str, Any]], id_: str):
    assert rows[id_]["apis"] == APIS[id_]


def test_a_team_grants_a_partner_with_the_team_and_an_organisation_without(rows: dict[str, dict[str, Any]]):
    entries = {row["alias"]: row for row in rows["letterbox-facade"]["on_behalf_of"]}
    assert entries["NORTHMOOR_LB"]["team"] is None
    assert entries["EASTGATE_LB"]["team"]["name"] == "Eastgate Diabetes"


def test_the_people_of_an_app_have_its_scopes_and_can_sign_in(workspaces: Workspaces):
    store = workspaces.default.store
    clinician, coordinator = (
        next(user for user in store.all(User) if user.scope == s) for s in ("CLINICIAN", "TEAMCOORD")
    )
    store.put(replace(clinician, active=False))
    patients = [patient for patient in store.all(Patient) if patient.registered and patient.password]
    store.put(replace(patients[0], registered=False))
    store.put(replace(patients[1], password=""))
    store.put(replace(patients[2], deceased=True))
    rows = rows_of(workspaces)
    diary = {user["id"] for user in rows["stepwise-diary"]["users"]}
    clinic = {user["id"] for user in rows["stepwise-clinic"]["users"]}
    assert diary == {patient.id for patient in patients[3:]}
    assert clinician.id not in clinic
    assert coordinator.id in clinic


def test_a_client_has_a_refresh_token_if_a_coordinator_tethered_it(workspaces: Workspaces):
    store = workspaces.default.store
    tethered = store.get(Credential, "letterbox-tethered")
    store.put(replace(tethered, id="loose", team=None))
    store.put(replace(store.get(Credential, "letterbox-facade"), id="of-a-team", team=tethered.team))
    rows = rows_of(workspaces)
    assert "refresh_token" in rows["letterbox-tethered"]
    assert "refresh_token" not in rows["loose"]
    assert "refresh_token" not in rows["of-a-team"]


def test_the_world_of_a_client_is_that_of_its_id_as_sent_or_form_decoded(workspaces: Workspaces):
    assert world_of(workspaces, "stepwise-diary") is workspaces.default
    assert world_of(workspaces, "a b") is workspaces.default
    assert world_of(workspaces, "a+b") is workspaces.default
    assert world_of(workspaces, "nobody") is None
