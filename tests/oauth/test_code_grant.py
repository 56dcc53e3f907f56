"""The authorization code grant, as an app and a browser go through it."""

from __future__ import annotations

import re
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.support import Client

DIARY, CLINIC = "stepwise-diary", "stepwise-clinic"
DONE = "http://localhost:8400/done"
ASKED = {"response_type": "code", "client_id": DIARY, "scope": "PATIENT", "state": "q7 Zt&", "redirect_uri": DONE}
PASSWORD = "Sandbox-1234"
TOLA = "tola.adeyemi@example.org"


class Browser:
    """A person's browser: keeps cookies, shows and sends a form; never follows the redirect to the app."""

    def __init__(self, pkb: Client) -> None:
        self.http = pkb.http
        self.http.cookies.clear()

    def open(self, **query: str) -> httpx.Response:
        return self.http.get("/apiAuthorize.action", params=query)

    def submit(self, page: httpx.Response, **fields: str) -> httpx.Response:
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', page.text)
        assert csrf, page.text
        return self.http.post(str(page.url), data={"csrf": csrf[1], **fields})


def redirected(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 302, response.text
    query = urlsplit(response.headers["location"]).query
    return {name: values[0] for name, values in parse_qs(query).items()}


def approve(pkb: Client, email: str = TOLA, **query: str) -> dict[str, str]:
    browser = Browser(pkb)
    page = browser.open(**{**ASKED, **query})
    assert page.status_code == 200, page.text
    return redirected(browser.submit(page, email=email, password=PASSWORD, decision="approve"))


def exchange(pkb: Client, **form: str) -> httpx.Response:
    return pkb.http.post("/apiToken.action", data=form)


def tokens(pkb: Client, email: str = TOLA) -> dict[str, str]:
    code = approve(pkb, email)["code"]
    response = exchange(pkb, grant_type="authorization_code", code=code, client_id=DIARY, redirect_uri=DONE)
    assert response.status_code == 200, response.text
    return response.json()


def refresh(pkb: Client, token: str, **form: str) -> httpx.Response:
    return exchange(pkb, grant_type="refresh_token", refresh_token=token, **{"client_id": DIARY, **form})


def read_patient(pkb: Client, token: str) -> httpx.Response:
    identifier = "https://fhir.nhs.uk/Id/nhs-number|9991001379"
    headers = {"Authorization": f"Bearer {token}"}
    return pkb.http.get("/fhir/Patient", params={"identifier": identifier}, headers=headers)


def test_a_patient_approves_and_the_app_reads_the_record(pkb: Client):
    answer = approve(pkb)
    assert answer["state"] == ASKED["state"]
    response = exchange(pkb, grant_type="authorization_code", code=answer["code"], client_id=DIARY, redirect_uri=DONE)
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert (body["token_type"], body["expires_in"], body["scope"]) == ("Bearer", 1800, "PATIENT")
    assert re.fullmatch(r"[\w-]{32}", body["access_token"])
    read = read_patient(pkb, body["access_token"])
    assert read.json()["total"] == 1
    assert read.headers["PKB-Sandbox-Cell"] == "app.facade.read_demographics"


def test_the_only_registered_redirect_uri_may_be_omitted(pkb: Client):
    issued = {
        "kind": "user-client",
        "name": "New app",
        "scopes": ["PATIENT"],
        "redirect_uris": ["https://app.example/"],
    }
    client = pkb.http.post("/_sandbox/credentials", json=issued).json()["client_id"]
    browser = Browser(pkb)
    page = browser.open(response_type="code", client_id=client)
    response = browser.submit(page, email=TOLA, password=PASSWORD, decision="approve")
    assert response.headers["location"].startswith("https://app.example/?")
    code = redirected(response)["code"]
    assert exchange(pkb, grant_type="authorization_code", code=code, client_id=client).status_code == 200


def test_another_patient_is_not_shown(pkb: Client):
    token = tokens(pkb, "samira.halloran@example.org")["access_token"]
    assert read_patient(pkb, token).json()["total"] == 0


def test_deny_redirects_with_access_denied(pkb: Client):
    browser = Browser(pkb)
    answer = redirected(browser.submit(browser.open(**ASKED), decision="deny"))
    assert (answer["error"], answer["state"]) == ("access_denied", ASKED["state"])


CANNOT_SIGN_IN = {
    "wrong-password": (TOLA, "wrong"),
    "unknown": ("nobody@example.org", PASSWORD),
    "empty": ("", ""),
    "not-registered": ("imogen.sackville@example.org", ""),
}


@pytest.mark.parametrize(("email", "password"), CANNOT_SIGN_IN.values(), ids=CANNOT_SIGN_IN.keys())
def test_a_person_who_cannot_sign_in_gets_access_denied(pkb: Client, email: str, password: str):
    browser = Browser(pkb)
    response = browser.submit(browser.open(**ASKED), email=email, password=password, decision="approve")
    assert redirected(response)["error"] == "access_denied"


def test_a_user_of_another_type_is_sent_back_with_invalid_scope(pkb: Client):
    assert approve(pkb, "owen.bright@northmoor.example")["error"] == "invalid_scope"


def test_a_scope_that_is_left_out_is_that_of_who_signs_in(pkb: Client):
    query = {"client_id": CLINIC, "redirect_uri": "http://localhost:8401/done", "response_type": "code"}
    browser = Browser(pkb)
    page = browser.open(**query)
    answer = redirected(
        browser.submit(page, email="dilys.farrow@northmoor.example", password=PASSWORD, decision="approve")
    )
    body = exchange(
        pkb,
        grant_type="authorization_code",
        code=answer["code"],
        client_id=CLINIC,
        redirect_uri=query["redirect_uri"],
    ).json()
    assert body["scope"] == "TEAMCOORD"


UNTRUSTED = {
    "unknown-client": {"client_id": "nobody"},
    "system-client": {"client_id": "letterbox-facade"},
    "response-type": {"response_type": "token"},
    "scope-of-another-client": {"scope": "CLINICIAN"},
    "several-uris-none-named": {"redirect_uri": ""},
    "not-registered": {"redirect_uri": "https://evil.example/done"},
    "userinfo": {"redirect_uri": "http://localhost:8400@evil.example/done"},
    "userinfo-before": {"redirect_uri": "http://evil@localhost:8400/done"},
    "other-port": {"redirect_uri": "http://localhost:8401/done"},
    "path-traversal": {"redirect_uri": f"{DONE}/../evil"},
    "encoded-path": {"redirect_uri": "http://localhost:8400/%64one"},
    "longer-path": {"redirect_uri": f"{DONE}/more"},
    "fragment": {"redirect_uri": f"{DONE}#x"},
    "case-of-host": {"redirect_uri": "http://LOCALHOST:8400/done"},
    "case-of-path": {"redirect_uri": "http://localhost:8400/Done"},
    "backslash": {"redirect_uri": "http://localhost:8400\\@evil.example/done"},
    "line-end": {"redirect_uri": f"{DONE}?a=b\r\nX: y"},
    "javascript": {"redirect_uri": "javascript:alert(1)"},
    "other-custom-scheme": {"redirect_uri": "stepwises://done"},
}


@pytest.mark.parametrize("changed", UNTRUSTED.values(), ids=UNTRUSTED.keys())
def test_an_untrusted_request_gets_an_error_page_and_no_redirect(pkb: Client, changed: dict[str, str]):
    request = {**ASKED, **changed}
    response = Browser(pkb).open(**{name: value for name, value in request.items() if value})
    assert response.status_code == 400
    assert response.headers["content-type"].startswith("text/html")
    assert "location" not in response.headers
    assert "<form" not in response.text


@pytest.mark.parametrize("uri", [f"{DONE}?extra=1", f"{DONE}?a=1&b=2", "stepwise://done", "stepwise://done?x=y"])
def test_a_registered_uri_may_carry_more_parameters(pkb: Client, uri: str):
    browser = Browser(pkb)
    page = browser.open(**{**ASKED, "redirect_uri": uri})
    response = browser.submit(page, email=TOLA, password=PASSWORD, decision="approve")
    assert response.headers["location"].startswith(uri + ("&" if "?" in uri else "?") + "code=")


def test_a_code_works_once_and_its_second_use_ends_the_session(pkb: Client):
    code = approve(pkb)["code"]
    form = {"grant_type": "authorization_code", "code": code, "client_id": DIARY, "redirect_uri": DONE}
    first = exchange(pkb, **form)
    assert first.status_code == 200
    second = exchange(pkb, **form)
    assert (second.status_code, second.json()["error"]) == (400, "invalid_grant")
    refused = read_patient(pkb, first.json()["access_token"])
    assert refused.json()["issue"][0]["details"]["coding"][0]["code"] == "API_SESSION_INVALID"


WRONG_EXCHANGE = {
    "no-grant-type": ({"grant_type": ""}, 400, "invalid_request"),
    "other-grant-type": ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    "no-code": ({"code": ""}, 400, "invalid_request"),
    "unknown-code": ({"code": "x" * 32}, 400, "invalid_grant"),
    "other-client": ({"client_id": CLINIC}, 400, "invalid_grant"),
    "unknown-client": ({"client_id": "nobody"}, 401, "invalid_client"),
    "tethered-client": ({"client_id": "letterbox-tethered"}, 400, "unauthorized_client"),
    "other-redirect-uri": ({"redirect_uri": f"{DONE}?x"}, 400, "invalid_grant"),
    "no-redirect-uri": ({"redirect_uri": ""}, 400, "invalid_grant"),
}


@pytest.mark.parametrize(("changed", "status", "error"), WRONG_EXCHANGE.values(), ids=WRONG_EXCHANGE.keys())
def test_a_wrong_exchange_is_refused(pkb: Client, changed: dict[str, str], status: int, error: str):
    form = {"grant_type": "authorization_code", "code": approve(pkb)["code"], "client_id": DIARY, "redirect_uri": DONE}
    response = exchange(pkb, **{name: value for name, value in {**form, **changed}.items() if value})
    assert (response.status_code, response.json()["error"]) == (status, error)
    assert "WWW-Authenticate" not in response.headers


def test_a_code_expires(pkb: Client):
    code = approve(pkb)["code"]
    clock = pkb.server.workspaces.default.clock
    clock.advance(timedelta(seconds=601))
    response = exchange(pkb, grant_type="authorization_code", code=code, client_id=DIARY, redirect_uri=DONE)
    assert response.json()["error"] == "invalid_grant"


def test_refreshing_gives_new_tokens_and_the_old_access_token_works_on(pkb: Client):
    first = tokens(pkb)
    second = refresh(pkb, first["refresh_token"]).json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["access_token"] != first["access_token"]
    assert read_patient(pkb, first["access_token"]).status_code == 200
    assert read_patient(pkb, second["access_token"]).status_code == 200


def test_a_refresh_token_used_twice_ends_the_session(pkb: Client):
    first = tokens(pkb)
    second = refresh(pkb, first["refresh_token"]).json()
    again = refresh(pkb, first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert refresh(pkb, second["refresh_token"]).json()["error"] == "invalid_grant"
    refused = read_patient(pkb, second["access_token"])
    assert refused.status_code == 401
    assert refused.json()["issue"][0]["details"]["coding"][0]["code"] == "API_SESSION_INVALID"


def test_a_refresh_token_is_good_for_its_client_and_scope_only(pkb: Client):
    token = tokens(pkb)["refresh_token"]
    assert refresh(pkb, token, client_id=CLINIC).json()["error"] == "invalid_grant"
    assert refresh(pkb, token, client_id="letterbox-facade").status_code in (400, 401)
    assert refresh(pkb, token, client_id=DIARY).status_code == 200


def test_an_access_token_expires_and_the_refresh_token_brings_a_new_one(pkb: Client):
    first = tokens(pkb)
    pkb.server.workspaces.default.clock.advance(timedelta(seconds=1801))
    refused = read_patient(pkb, first["access_token"])
    assert refused.json()["issue"][0]["details"]["coding"][0]["code"] == "ACC_TOKEN_EXPIRED"
    assert read_patient(pkb, refresh(pkb, first["refresh_token"]).json()["access_token"]).status_code == 200


def test_a_patient_whose_access_is_frozen_is_refused(pkb: Client):
    token = tokens(pkb, "bettina.achterberg@example.org")["access_token"]
    refused = read_patient(pkb, token)
    assert refused.status_code == 403
    assert refused.json()["issue"][0]["details"]["coding"][0]["code"] == "ACCESS_FROZEN_OUTWARD"


def test_a_patient_whose_access_is_frozen_is_refused_by_custom_rest_too(pkb: Client):
    token = tokens(pkb, "bettina.achterberg@example.org")["access_token"]
    refused = pkb.http.get("/json/v2-beta/measurements", headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["code"]) == (403, "ACCESS_FROZEN_OUTWARD")
