"""An appointment partner: a link out of PKB with who the patient is, and the way back into PKB.

Source: *Appointment Partners*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012889/Appointment+Partners
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import httpx
import pytest

from tests.hl7.samples import message, pid
from tests.journeys.test_notifications import CARER, IDRIS, NOOR, TOLA, appointment, clock, outbox, send
from tests.support import Client

MANAGE = "https://manage.example/visit?lang=cy"
BACK = "/listAppointments.action"
Json = dict[str, Any]


def managed(pkb: Client, number: str = TOLA, url: str = MANAGE) -> str:
    """An appointment of the hospital, and the partner's message with nothing but the URL; gives its exchange."""
    send(pkb, appointment(number, "20990709093000"))
    update = message(
        pid(f"{number}^^^NHS^NH"),
        f"SCH|APT-{number}",
        f"ZAP|{url}",
        type_="SIU^S14",
        facility="NORTHMOOR_LB{NORTHMOOR_LB}",
    )
    return send(pkb, update, "partner_letterbox")


def links(pkb: Client, number: str = TOLA, **headers: str) -> Json:
    record = pkb.http.get(f"/_sandbox/records/{number}", headers=headers).json()
    matches: Json = record["appointments"][-1]["links"]
    return matches


def open_page(pkb: Client, url: str) -> httpx.Response:
    parts = urlsplit(url)
    return pkb.http.get(parts.path, params=dict(parse_qsl(parts.query)), headers={"Accept": "application/json"})


def test_the_link_out_carries_the_identity_last_and_the_partner_brings_it_back(pkb: Client):
    managed(pkb)
    out = urlsplit(links(pkb)["manage"])
    assert (out.scheme, out.netloc, out.path) == ("https", "manage.example", "/visit")
    assert [name for name, _ in parse_qsl(out.query)] == ["lang", "assertedLoginIdentity"]
    identity = parse_qs(out.query)["assertedLoginIdentity"][0]
    back = links(pkb)["return"]
    assert back == pkb.server.base_url + BACK
    page = open_page(pkb, f"{back}?appointment=7&assertedLoginIdentity={identity}")
    assert page.status_code == 200
    assert page.json() == {
        "page": BACK,
        "person": {"id": pkb.control(f"/records/{TOLA}")["patient"]["id"], "name": "Ms Tola Adeyemi"},
        "signed_in": True,
        "prompt": "none",
        "parameters": {"appointment": "7"},
    }


def test_the_appointment_as_it_is_stored_keeps_the_partner_s_url(pkb: Client):
    managed(pkb)
    assert pkb.control(f"/records/{TOLA}")["appointments"][-1]["management_url"] == MANAGE


def test_the_mail_has_the_same_links(pkb: Client):
    exchange = managed(pkb)
    mail, push = outbox(pkb, exchange=exchange)
    for item in (mail, push):
        into, out = item["links"]
        assert into == pkb.server.base_url + BACK
        assert out.startswith(f"{MANAGE}&assertedLoginIdentity=")


def test_links_are_on_the_base_that_the_client_used(pkb: Client):
    managed(pkb)
    assert links(pkb, Host="localhost:1234")["return"] == f"http://localhost:1234{BACK}"


def test_a_person_without_an_account_has_no_identity_token(pkb: Client):
    managed(pkb, IDRIS)
    assert links(pkb, IDRIS)["manage"] == MANAGE


def test_a_carer_s_mail_does_not_carry_the_child_s_identity(pkb: Client):
    exchange = managed(pkb, NOOR)
    (mail,) = outbox(pkb, exchange=exchange, to=CARER)
    assert mail["links"][1] == MANAGE


def test_a_setting_leaves_the_identity_out(pkb: Client):
    workspace = pkb.server.workspaces.default
    before = workspace.settings
    workspace.settings = replace(before, nhs_login_links=False)
    try:
        exchange = managed(pkb)
        assert links(pkb) == {"manage": MANAGE, "return": pkb.server.base_url + BACK}
        assert outbox(pkb, exchange=exchange)[0]["links"][1] == MANAGE
    finally:
        workspace.settings = before


@pytest.mark.parametrize("url", ["javascript:alert(1)", "https://[x", "manage.example/visit"])
def test_an_invalid_web_link_stays_unchanged(pkb: Client, url: str):
    managed(pkb, url=url)
    assert links(pkb)["manage"] == url


def test_a_fragment_stays_behind_the_identity(pkb: Client):
    managed(pkb, url="https://manage.example/#/visit")
    out = links(pkb)["manage"]
    assert out.startswith("https://manage.example/?assertedLoginIdentity=")
    assert out.endswith("#/visit")


def test_an_appointment_without_a_partner_has_no_links(pkb: Client):
    send(pkb, appointment(TOLA))
    assert "links" not in pkb.control(f"/records/{TOLA}")["appointments"][-1]


# --- the way back: who, and with which prompt ---

PROMPTS = {
    "no prompt": ("", "none", True),
    "none": ("&prompt=none", "none", True),
    "login": ("&prompt=login", "login", False),
}


@pytest.mark.parametrize(("body", "prompt", "signed_in"), PROMPTS.values(), ids=PROMPTS)
def test_without_a_prompt_pkb_passes_none(pkb: Client, body: str, prompt: str, signed_in: bool):
    page = open_page(pkb, f"{BACK}?assertedLoginIdentity=tola.adeyemi@example.org{body}").json()
    assert (page["prompt"], page["signed_in"], page["person"]["name"]) == (prompt, signed_in, "Ms Tola Adeyemi")


def test_without_an_identity_token_the_patient_is_not_signed_in(pkb: Client):
    page = open_page(pkb, f"/auth/patientSummary.action?tab=patientSummary&contextUserId={TOLA}").json()
    assert (page["person"], page["signed_in"], page["prompt"]) == (None, False, None)
    assert page["parameters"] == {"tab": "patientSummary", "contextUserId": TOLA}


def identity(pkb: Client, number: str = TOLA) -> httpx.Response:
    user = pkb.control(f"/records/{number}")["patient"]["id"]
    return pkb.http.post(f"/_sandbox/users/{user}/asserted-login-identity")


def test_an_identity_is_good_for_an_hour_and_for_nothing_else(pkb: Client):
    clock(pkb, {"mode": "frozen", "at": "2026-07-01T09:00:00Z"})
    issued = identity(pkb).json()
    assert issued["expires_in"] == 3600
    assert open_page(pkb, f"{BACK}?assertedLoginIdentity={issued['token']}").json()["signed_in"] is True
    called = pkb.facade("/Patient", client="", headers={"Authorization": f"Bearer {issued['token']}"})
    assert called.status_code == 401
    clock(pkb, {"advance": "PT1H"})
    refused = open_page(pkb, f"{BACK}?assertedLoginIdentity={issued['token']}")
    assert refused.status_code == 400
    assert "unknown or has expired" in refused.text


@pytest.mark.parametrize("body", ["nobody@example.org", "x", "a.b.c", "idris"])
def test_an_unknown_person_is_not_signed_in(pkb: Client, body: str):
    assert open_page(pkb, f"{BACK}?assertedLoginIdentity={body}").status_code == 400


def test_an_access_token_is_not_an_identity_token(pkb: Client):
    token = pkb.token("letterbox-facade")
    assert open_page(pkb, f"{BACK}?assertedLoginIdentity={token}").status_code == 400


def test_a_person_who_cannot_sign_in_has_no_identity_token(pkb: Client):
    assert identity(pkb, IDRIS).status_code == 404


def test_elsewhere_than_on_loopback_an_address_is_not_enough(pkb: Client):
    workspace = pkb.server.workspaces.default
    before = workspace.settings
    try:
        workspace.settings = replace(before, host="0.0.0.0")
        assert open_page(pkb, f"{BACK}?assertedLoginIdentity=tola.adeyemi@example.org").status_code == 400
        workspace.settings = replace(workspace.settings, plain_login_identity=True)
        assert open_page(pkb, f"{BACK}?assertedLoginIdentity=tola.adeyemi@example.org").status_code == 200
    finally:
        workspace.settings = before


def test_the_page_says_for_people_what_would_open(pkb: Client):
    page = pkb.http.get(f"{BACK}?assertedLoginIdentity=tola.adeyemi@example.org&x=<b>")
    assert page.headers["content-type"].startswith("text/html")
    for text in ("PKB would open", BACK, "Ms Tola Adeyemi", "prompt=none", "&lt;b&gt;"):
        assert text in page.text
    assert "<b>" not in page.text
    assert pkb.http.post(BACK).status_code == 405
    assert pkb.http.get("/apiToken.action").status_code == 405
