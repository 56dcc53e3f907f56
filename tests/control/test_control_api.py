"""The control API: what it shows, what it resets, and how it says no (RFC 9457)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from sandbox import __version__
from sandbox.access.matrix import matrix
from sandbox.base.clock import Clock
from sandbox.base.ids import is_uuid
from sandbox.facts import STANDINGS, ledger
from sandbox.model import Patient
from sandbox.model.access import KINDS
from tests.support import Client

TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
CREDENTIAL_KEYS = {
    "hl7-org": {"username", "password", "organisation"},
    "hl7-partner": {"username", "password", "on_behalf_of"},
    "user-client": {"client_id", "users", "redirect_uris"},
    "system-client": {"client_id", "client_secret", "on_behalf_of"},
    "customer-system-client": {"client_id", "client_secret", "organisation", "endpoints"},
    "tethered-token-system-client": {"client_id", "refresh_token", "organisation"},
}
"""Kind → the keys that apply, besides what every credential has."""


def get(pkb: Client, path: str, **options: Any) -> httpx.Response:
    return pkb.http.get(f"/_sandbox{path}", **options)


def assert_problem(response: httpx.Response, status: int, detail: str = "") -> None:
    """The one shape in which the control API says no."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert set(body) == {"type", "title", "status", "detail"}
    assert (body["type"], body["status"]) == ("about:blank", status)
    assert body["title"]
    assert detail in body["detail"]


# --- health, credentials, world ---


@pytest.mark.parametrize("state", ["live", "ready"])
def test_health_is_asked_by_anyone_from_anywhere(pkb: Client, state: str):
    response = get(pkb, f"/health/{state}", headers={"Host": "example.org"})
    assert response.status_code == 200
    assert (response.json()["status"], response.json()["version"]) == (state, __version__)


def test_ready_says_where_everything_is(pkb: Client):
    base_url = pkb.server.base_url
    places = {"base_url": base_url, "hl7_url": f"{base_url}/services/hl7", "mllp_port": None}
    assert pkb.control("/health/ready") == {"status": "ready", "version": __version__, **places}
    assert pkb.control("/health/live") == {"status": "live", "version": __version__}


def test_credentials_have_only_the_keys_that_apply(pkb: Client):
    seen = set()
    for credential in pkb.control("/credentials")["credentials"]:
        keys = set(credential) - {"kind", "integration_type", "name", "apis"}
        expected = CREDENTIAL_KEYS[credential["kind"]]
        granted_by_nobody = credential.get("username", credential.get("client_id")) in (
            "partner_untethered",
            "untethered-facade",
        )
        assert keys == expected - ({"on_behalf_of"} if granted_by_nobody else set()), credential
        assert all(credential[key] for key in keys)
        seen.add(credential["kind"])
    assert seen == set(KINDS)


APIS = {
    "hl7-org": ["hl7"],
    "hl7-partner": ["hl7"],
    "user-client": ["rest", "facade"],
    "system-client": ["facade", "messaging"],
    "customer-system-client": ["customer", "aggregated"],
    "tethered-token-system-client": ["rest"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_credentials_name_the_apis_that_they_open(pkb: Client, kind: str):
    for credential in pkb.control("/credentials")["credentials"]:
        if credential["kind"] == kind:
            assert credential["apis"] == APIS[kind]
            assert credential["integration_type"] in ("customer", "partner", "app")


def test_a_partner_s_credential_shows_for_whom_it_may_act(pkb: Client):
    northmoor = {"id": pkb.organisation(), "name": "Northmoor NHS Trust"}
    eastgate = {"id": pkb.organisation("Eastgate Community Health"), "name": "Eastgate Community Health"}
    diabetes = {"id": "2c753854-647e-425b-af7c-17507335f501", "name": "Eastgate Diabetes"}
    expected = [
        {"alias": "NORTHMOOR_LB", "organisation": northmoor, "team": None},
        {"alias": "EASTGATE_LB", "organisation": eastgate, "team": diabetes},
    ]
    assert pkb.credential("letterbox-facade")["on_behalf_of"] == expected
    assert pkb.credential("partner_letterbox")["on_behalf_of"] == expected


def test_an_app_s_credential_shows_who_can_sign_in(pkb: Client):
    patients = pkb.credential("stepwise-diary")["users"]
    assert {patient["scope"] for patient in patients} == {"PATIENT"}
    assert "tola.adeyemi@example.org" in {patient["email"] for patient in patients}
    assert {user["scope"] for user in pkb.credential("stepwise-clinic")["users"]} == {"CLINICIAN", "TEAMCOORD"}


def test_a_customer_s_credential_names_its_endpoints(pkb: Client):
    assert pkb.credential("northmoor-fhir")["endpoints"] == ["northmoor-stu3", "northmoor-r4"]


def test_the_world_shows_organisations_patients_users_and_partners(pkb: Client):
    world = pkb.control("/world")
    assert set(world) >= {"organisations", "patients", "users", "partners"}
    northmoor = next(
        organisation for organisation in world["organisations"] if organisation["name"] == "Northmoor NHS Trust"
    )
    assert northmoor["endpoints"] == [
        {"name": "northmoor-stu3", "release": "stu3", "url": f"{pkb.server.base_url}/customer/northmoor-stu3/fhir"},
        {"name": "northmoor-r4", "release": "r4", "url": f"{pkb.server.base_url}/customer/northmoor-r4/fhir"},
    ]
    assert [team["alias"] for team in northmoor["teams"]] == [
        "northmoor_default",
        "northmoor_renal",
        "northmoor_sexual",
    ]
    assert all(set(team) >= {"id", "name", "alias", "labels"} for team in northmoor["teams"])
    assert len(world["patients"]) == 17
    assert all(patient["reason"] for patient in world["patients"])
    tola = next(patient for patient in world["patients"] if patient["id"] == TOLA)
    assert (tola["legacy_id"], tola["nhs_number"], tola["name"]) == (5001, "9991001379", "Ms Tola Adeyemi")
    nobody = next(patient for patient in world["patients"] if "no NHS number" in patient["reason"])
    assert nobody["nhs_number"] is None


def test_the_world_shows_no_passwords(pkb: Client):
    assert "Sandbox-1234" not in get(pkb, "/world").text


# --- matrix, facts, outbox ---


def test_the_matrix_is_shown_cell_by_cell(pkb: Client):
    cells = pkb.control("/matrix")["cells"]
    assert [cell["cell"] for cell in cells] == list(matrix())
    for cell in cells:
        assert set(cell) == {"cell", "decision", "credential", "standing", "source", "reason"}
        assert pkb.control(f"/matrix/{cell['cell']}") == cell


@pytest.mark.parametrize("cell", ["partner.facade", "partner.facade.write", "nobody.hl7.send_data", "x", "a.b.c%0A"])
def test_an_unknown_cell_is_not_found(pkb: Client, cell: str):
    assert_problem(get(pkb, f"/matrix/{cell}"), 404, "a cell is <type>.<api>.<action>")


def test_the_ledger_is_listed(pkb: Client):
    facts = pkb.control("/facts")["facts"]
    assert [fact["id"] for fact in facts] == list(ledger())
    assert all(set(fact) == {"id", "text", "standing", "source", "where"} for fact in facts)
    assert all(fact[key] for fact in facts for key in fact)


def test_the_ledger_is_filtered_by_standing(pkb: Client):
    parts = {standing: pkb.control(f"/facts?standing={standing}")["facts"] for standing in STANDINGS}
    assert all({fact["standing"] for fact in facts} == {standing} for standing, facts in parts.items())
    assert sum(len(facts) for facts in parts.values()) == len(ledger())


@pytest.mark.parametrize("query", ["standing=certain", "standing=", "kind=x"])
def test_the_ledger_has_no_other_filter(pkb: Client, query: str):
    assert_problem(get(pkb, f"/facts?{query}"), 400)


def test_the_outbox_is_empty_until_pkb_would_mail_something(pkb: Client):
    assert pkb.control("/outbox") == {"items": []}


# --- reset ---


def spoil(pkb: Client) -> None:
    workspace = pkb.server.workspaces.default
    workspace.store.delete(workspace.store.get(Patient, TOLA))
    workspace.clock = Clock.parse("2020-01-01")
    pkb.http.put("/_sandbox/faults", json={"rules": [{"delay_ms": 1}]})
    pkb.http.get("/fhir/metadata")


def spoiled(pkb: Client) -> set[str]:
    """Which parts of the state are not as seeded."""
    workspace = pkb.server.workspaces.default
    parts = {
        "store": workspace.store.find_one(Patient, TOLA) is None,
        "faults": bool(workspace.faults),
        "clock": workspace.clock.mode == "frozen",
        "exchanges": len(workspace.exchanges) > 0,
    }
    return {name for name, changed in parts.items() if changed}


RESETS: dict[str, tuple[bytes, list[str]]] = {
    "nothing said": (b"", ["store", "faults", "clock", "exchanges"]),
    "an empty object": (b"{}", ["store", "faults", "clock", "exchanges"]),
    "the store": (b'{"reset":["store"]}', ["store"]),
    "the exchanges": (b'{"reset":["exchanges"]}', ["exchanges"]),
    "two, in the order of the list": (b'{"reset":["clock","store"]}', ["store", "clock"]),
    "one of them twice": (b'{"reset":["clock","clock"]}', ["clock"]),
    "none": (b'{"reset":[]}', []),
}


@pytest.mark.parametrize(("body", "parts"), RESETS.values(), ids=RESETS)
def test_a_reset_brings_back_what_it_names(pkb: Client, body: bytes, parts: list[str]):
    spoil(pkb)
    response = pkb.http.post("/_sandbox/reset", content=body)
    assert response.status_code == 200
    assert response.json() == {"reset": parts}
    assert spoiled(pkb) == {"store", "faults", "clock", "exchanges"} - set(parts)


BAD_RESETS: dict[str, tuple[bytes, str]] = {
    "an unknown part": (b'{"reset":["everything"]}', "reset must be a list of: store, faults, clock, exchanges"),
    "no list": (b'{"reset":"store"}', "reset must be a list"),
    "null": (b'{"reset":null}', "reset must be a list"),
    "a list of lists": (b'{"reset":[["store"]]}', "reset must be a list"),
    "an unknown key": (b'{"reset":["store"],"now":true}', "Unknown key 'now'; allowed: reset"),
    "a list": (b'["store"]', "The body must be a JSON object"),
    "a number": (b"1", "The body must be a JSON object"),
    "no JSON": (b"reset=store", "The body is not JSON"),
    "no text": (b"\xff\xfe\xfd", "The body is not JSON"),
    "endless JSON": (b"[" * 100000, "The body is not JSON"),
}


@pytest.mark.parametrize(("body", "detail"), BAD_RESETS.values(), ids=BAD_RESETS)
def test_an_invalid_reset_resets_nothing(pkb: Client, body: bytes, detail: str):
    spoil(pkb)
    assert_problem(pkb.http.post("/_sandbox/reset", content=body), 400, detail)
    assert spoiled(pkb) == {"store", "faults", "clock", "exchanges"}


def test_two_resets_in_a_row_are_as_good_as_one(pkb: Client):
    before = pkb.control("/world")
    for _ in range(3):
        spoil(pkb)
        assert pkb.http.post("/_sandbox/reset").status_code == 200
        assert pkb.control("/world") == before


# --- saying no ---


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/matrix/a/b", "/credentials/", "/health", "/exchanges/1/2"])
def test_an_unknown_address_is_not_found(pkb: Client, path: str):
    assert_problem(get(pkb, path), 404, f"No route matches /_sandbox{path}")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/world", "GET"),
        ("POST", "/matrix", "GET"),
        ("GET", "/reset", "POST"),
        ("PUT", "/exchanges", "GET, DELETE"),
    ],
)
def test_another_verb_is_refused(pkb: Client, method: str, path: str, allowed: str):
    response = pkb.http.request(method, f"/_sandbox{path}")
    assert_problem(response, 405, f"{method} is not offered at /_sandbox{path}; allowed: {allowed}")
    assert response.headers["allow"] == allowed


def test_control_calls_are_not_in_the_journal(pkb: Client):
    pkb.http.delete("/_sandbox/exchanges")
    response = get(pkb, "/world")
    assert not [name for name in response.headers if name.startswith("pkb-sandbox")]
    assert pkb.control("/exchanges") == {"exchanges": [], "dropped": 0}


def test_a_head_request_is_answered_as_a_get_without_a_body(pkb: Client):
    response = pkb.http.head("/_sandbox/world")
    assert response.status_code == 200
    assert response.content == b""


def test_ids_in_the_world_are_public_ids(pkb: Client):
    world = pkb.control("/world")
    every: Callable[[str], list[dict[str, Any]]] = world.__getitem__
    assert all(
        is_uuid(entity["id"]) for kind in ("organisations", "patients", "users", "partners") for entity in every(kind)
    )
