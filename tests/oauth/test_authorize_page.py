"""The page on which a person approves an app: its guards, its forms, and the control call in its place."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.oauth.test_code_grant import (
    ASKED,
    CLINIC,
    DIARY,
    DONE,
    PASSWORD,
    TOLA,
    Browser,
    approve,
    read_patient,
    redirected,
    refresh,
    tokens,
)
from tests.support import Client


def test_a_planted_cookie_does_not_sign_the_person_in(pkb: Client):
    browser = Browser(pkb)
    browser.http.cookies.set("pkb_authorize", "planted")
    browser.submit(browser.open(**ASKED), email=TOLA, password=PASSWORD, decision="approve")
    again = browser.open(**ASKED)
    assert 'name="password"' in again.text
    assert redirected(browser.submit(again, decision="approve"))["error"] == "access_denied"


def test_an_expired_session_differs_from_a_revoked_one(pkb: Client):
    first = tokens(pkb)
    sessions = pkb.server.workspaces.default.sessions
    clock = pkb.server.workspaces.default.clock
    _, session = sessions.of_access_token(first["access_token"], clock.now())
    assert session is not None
    sessions._sessions[session.handle] = replace(session, expires_at=clock.now())
    refused = read_patient(pkb, first["access_token"])
    assert refused.json()["issue"][0]["details"]["coding"][0]["code"] == "API_SESSION_EXPIRED"
    assert refresh(pkb, first["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_token_in_the_query_string_is_not_read(pkb: Client):
    token = tokens(pkb)["access_token"]
    assert pkb.http.get("/fhir/Patient", params={"access_token": token}).status_code == 401


CROSS_SITE = {
    "no-cookie": {"cookie": False},
    "no-csrf": {"csrf": ""},
    "csrf-of-another-browser": {"csrf": "0" * 64},
    "other-origin": {"origin": "https://evil.example"},
}


@pytest.mark.parametrize("changed", CROSS_SITE.values(), ids=CROSS_SITE.keys())
def test_a_form_from_elsewhere_is_refused(pkb: Client, changed: dict[str, str | bool]):
    browser = Browser(pkb)
    page = browser.open(**ASKED)
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert csrf
    if changed.get("cookie") is False:
        browser.http.cookies.clear()
    fields = {"csrf": changed.get("csrf", csrf[1]), "email": TOLA, "password": PASSWORD, "decision": "approve"}
    headers = {"Origin": str(changed["origin"])} if "origin" in changed else {}
    response = browser.http.post(str(page.url), data=fields, headers=headers)
    assert response.status_code == 400
    assert "location" not in response.headers


def test_a_form_answers_only_the_request_that_it_was_shown_for(pkb: Client):
    browser = Browser(pkb)
    page = browser.open(**ASKED)
    other = str(page.url).replace("8400%2Fdone", "8400%2Fdone%3Fextra%3D1")
    csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
    assert csrf
    assert other != str(page.url)
    response = browser.http.post(other, data={"csrf": csrf[1], "decision": "deny"})
    assert response.status_code == 400


def test_the_page_is_guarded_and_escapes_what_it_shows(pkb: Client):
    page = Browser(pkb).open(**{**ASKED, "state": '"><script>alert(1)</script>'})
    assert "<script>" not in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["cache-control"] == "no-store"
    cookie = page.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie


def test_an_asserted_login_identity_needs_no_password(pkb: Client):
    browser = Browser(pkb)
    page = browser.open(**ASKED, assertedLoginIdentity=TOLA)
    assert "Ms Tola Adeyemi" in page.text
    assert "code" in redirected(browser.submit(page, decision="approve"))


def test_the_control_api_approves_as_the_user(pkb: Client):
    user = pkb.patient("Registered, reads her own record")["id"]
    query = {"client_id": DIARY, "redirect_uri": DONE, "scope": "PATIENT", "state": "s"}
    response = pkb.http.post(f"/_sandbox/users/{user}/approve", json={**query, "decision": "approve"})
    assert response.status_code == 200
    assert response.json()["redirect"].startswith(f"{DONE}?code=")
    denied = pkb.http.post(f"/_sandbox/users/{user}/approve", json={**query, "decision": "deny"}).json()
    assert "error=access_denied" in denied["redirect"]


@pytest.mark.parametrize("reason", ["Not registered", "the time of death is known"])
def test_the_control_api_approves_only_as_who_could_sign_in(pkb: Client, reason: str):
    user = pkb.patient(reason)["id"]
    query = {"client_id": DIARY, "redirect_uri": DONE}
    assert pkb.http.post(f"/_sandbox/users/{user}/approve", json=query).status_code == 404


def test_nothing_secret_reaches_the_journal(pkb: Client):
    got = tokens(pkb)
    read_patient(pkb, got["access_token"])
    refresh(pkb, got["refresh_token"])
    journal = pkb.http.get("/_sandbox/exchanges").text
    for secret in (got["access_token"], got["refresh_token"], PASSWORD):
        assert secret not in journal
    assert not re.search(r"code=[\w-]{10}", journal)


@pytest.mark.parametrize("name", ["code", "state", "error"])
def test_a_redirect_uri_does_not_bring_along_what_the_answer_adds(pkb: Client, name: str):
    response = Browser(pkb).open(**{**ASKED, "redirect_uri": f"{DONE}?{name}=mine"})
    assert response.status_code == 400
    assert "location" not in response.headers


def test_a_form_with_too_many_fields_is_an_error_page(pkb: Client):
    browser = Browser(pkb)
    page = browser.open(**ASKED)
    response = browser.http.post(str(page.url), data={f"field{number}": "x" for number in range(30)})
    assert response.status_code == 400
    assert "at most 20 fields" in response.text


def test_other_methods_on_the_page_are_405_and_name_what_is_allowed(pkb: Client):
    response = pkb.http.put("/apiAuthorize.action")
    assert (response.status_code, response.headers["Allow"]) == (405, "GET, POST")


def test_a_lone_surrogate_is_not_text(pkb: Client):
    user = pkb.patient("Registered, reads her own record")["id"]
    content = f'{{"client_id":"{DIARY}","redirect_uri":"{DONE}","state":"\\ud800"}}'
    assert pkb.http.post(f"/_sandbox/users/{user}/approve", content=content).status_code == 400


def test_basic_credentials_are_form_decoded(pkb: Client):
    code = approve(pkb)["code"]
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": DONE}
    response = pkb.http.post("/apiToken.action", data=form, auth=("stepwise%2Ddiary", ""))
    assert response.status_code == 200


def test_a_client_id_that_contradicts_the_header_is_refused(pkb: Client):
    form = {"grant_type": "authorization_code", "code": "x", "client_id": CLINIC}
    response = pkb.http.post("/apiToken.action", data=form, auth=(DIARY, ""))
    assert (response.status_code, response.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("years", [-60, 90])
def test_the_clock_may_be_far_away(pkb: Client, years: int):
    pkb.server.workspaces.default.clock.advance(timedelta(days=365 * years))
    assert read_patient(pkb, tokens(pkb)["access_token"]).status_code == 200


def test_a_button_fills_in_a_person_of_the_world(pkb: Client):
    browser = Browser(pkb)
    page = browser.open(**ASKED)
    persons = dict(re.findall(r'name="fill" value="([^"]+)"[^>]*>([^<]+)<', page.text))
    users = {user["id"]: user["email"] for user in pkb.credential(DIARY)["users"]}
    assert 0 < len(persons) <= 8
    assert persons.keys() <= users.keys()
    tola = next(id_ for id_ in persons if users[id_] == TOLA)
    filled = browser.submit(page, fill=tola)
    assert filled.status_code == 200
    email = re.search(r'id="email"[^>]* value="([^"]+)"', filled.text)
    password = re.search(r'id="password"[^>]* value="([^"]+)"', filled.text)
    assert email
    assert password
    fields = {"email": email[1], "password": password[1]}
    assert "code" in redirected(browser.submit(filled, **fields, decision="approve"))


def test_people_are_those_of_the_scope(pkb: Client):
    page = Browser(pkb).open(
        response_type="code", client_id=CLINIC, scope="TEAMCOORD", redirect_uri="http://localhost:8401/done"
    )
    assert "Dilys Farrow" in page.text
    assert "clinician" not in page.text


def test_only_a_browser_on_this_machine_is_offered_people(pkb: Client):
    browser = Browser(pkb)
    for headers in ({"Host": "sandbox.example.org"}, {"X-Forwarded-For": "203.0.113.7"}, {"Via": "proxy"}):
        page = browser.http.get("/apiAuthorize.action", params=ASKED, headers=headers)
        assert page.status_code == 200
        assert 'name="fill"' not in page.text
    assert PASSWORD not in browser.submit(browser.open(**ASKED), fill="nobody").text
