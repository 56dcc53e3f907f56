"""One-time passwords: one entry, within a minute, into a path of this server."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from tests.support import Client


def password(pkb: Client) -> str:
    user = pkb.patient("Registered, reads her own record")["id"]
    return pkb.http.post(f"/_sandbox/users/{user}/one-time-password").json()["otpToken"]


def enter(pkb: Client, **form: str) -> httpx.Response:
    return pkb.http.get("/otp.action", params=form)


def test_a_password_opens_a_page_once(pkb: Client):
    token = password(pkb)
    target = "/auth/patientSummary.action?tab=patientSummary&lockPatient=true"
    response = enter(pkb, otpToken=token, redirect_uri=target)
    assert (response.status_code, response.headers["location"]) == (302, target)
    assert "httponly" in response.headers["set-cookie"].lower()
    again = enter(pkb, otpToken=token, redirect_uri=target)
    assert again.status_code == 400
    assert again.headers["content-type"].startswith("text/html")


def test_a_password_lives_a_minute(pkb: Client):
    token = password(pkb)
    pkb.server.workspaces.default.clock.advance(timedelta(seconds=61))
    assert enter(pkb, otpToken=token, redirect_uri="/").status_code == 400


OUTSIDE = [
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "evil",
    "javascript:alert(1)",
    "/a\r\nX: y",
    "",
]


@pytest.mark.parametrize("target", OUTSIDE)
def test_an_address_outside_is_refused_and_the_password_stays_good(pkb: Client, target: str):
    token = password(pkb)
    assert enter(pkb, otpToken=token, redirect_uri=target).status_code == 400
    assert enter(pkb, otpToken=token, redirect_uri="/").status_code == 302


def test_a_person_who_cannot_sign_in_gets_no_password(pkb: Client):
    user = pkb.patient("Not registered")["id"]
    assert pkb.http.post(f"/_sandbox/users/{user}/one-time-password").status_code == 404


def test_the_password_is_not_in_the_journal(pkb: Client):
    token = password(pkb)
    enter(pkb, otpToken=token, redirect_uri="/")
    assert token not in pkb.http.get("/_sandbox/exchanges").text


@pytest.mark.parametrize("target", ["/", "/auth/patientSummary.action?tab=patientSummary"])
def test_the_page_says_what_opens_and_for_whom(pkb: Client, target: str):
    token = password(pkb)
    pkb.http.cookies.clear()
    page = pkb.http.get("/otp.action", params={"otpToken": token, "redirect_uri": target}, follow_redirects=True)
    assert page.status_code == 200
    assert f"PKB would open <code>{target.partition('?')[0]}</code>" in page.text
    assert "Signed in by a one-time password as <strong>Ms Tola Adeyemi</strong>" in page.text
    patient = pkb.patient("Registered, reads her own record")["id"]
    assert f'href="/_sandbox/console/patients/{patient}"' in page.text


def test_the_browser_stays_signed_in_for_half_an_hour(pkb: Client):
    pkb.http.cookies.clear()
    enter(pkb, otpToken=password(pkb), redirect_uri="/")
    pkb.server.workspaces.default.clock.advance(timedelta(minutes=31))
    response = pkb.http.get("/")
    assert (response.status_code, response.headers["location"]) == (307, "/_sandbox/console/")
    assert "PKB would ask the person to sign in first" in pkb.http.get("/diary/x.action").text


def test_a_browser_without_the_cookie_is_not_signed_in(pkb: Client):
    pkb.http.cookies.clear()
    enter(pkb, otpToken=password(pkb), redirect_uri="/")
    for cookie in ("", "other"):
        response = httpx.get(f"{pkb.server.base_url}/x.action", headers={"Cookie": f"pkb_session={cookie}"})
        assert "PKB would ask the person to sign in first" in response.text
