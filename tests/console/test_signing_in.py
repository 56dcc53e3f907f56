"""Who may open the console: this machine, or a browser that signed in with the admin token."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from sandbox.server import SandboxServer

TOKEN = "a-token-of-the-console-tests"
PAGE = "/_sandbox/console/start"


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(port=0, admin_token=TOKEN) as server:
        yield server


@pytest.fixture
def browser(server: SandboxServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.base_url, follow_redirects=True) as client:
        yield client


def csrf_of(page: httpx.Response) -> str:
    match = re.search(r'name="_csrf" value="([^"]+)"', page.text)
    assert match is not None
    return match[1]


def signed_in(browser: httpx.Client, token: str = TOKEN) -> httpx.Response:
    form = browser.get(PAGE)
    assert "needs its admin token" in form.text
    match = re.search(r'name="back" value="([^"]*)"', form.text)
    fields = {"_csrf": csrf_of(form), "back": match[1] if match else "", "token": token}
    return browser.post("/_sandbox/console/sign-in", data=fields)


def test_the_token_opens_the_page_that_was_asked_for(browser: httpx.Client):
    page = signed_in(browser)
    assert page.status_code == 200
    assert page.url.path == PAGE
    assert TOKEN not in page.text


def test_the_token_opens_the_documentation_too(browser: httpx.Client):
    address = "/_sandbox/docs/hl7.html"
    form = browser.get(address)
    assert "needs its admin token" in form.text
    fields = {"_csrf": csrf_of(form), "back": address, "token": TOKEN}
    page = browser.post("/_sandbox/console/sign-in", data=fields)
    assert page.status_code == 200
    assert "PKB" in page.text
    assert "docs/hl7" in page.url.path


def test_a_wrong_token_opens_nothing(browser: httpx.Client):
    page = signed_in(browser, "wrong")
    assert page.status_code == 401
    assert "not the admin token" in page.text
    assert "needs its admin token" in browser.get(PAGE).text


def test_the_cookie_is_sealed_and_changes_at_sign_in(browser: httpx.Client):
    before = browser.get(PAGE).cookies or browser.cookies
    planted = browser.cookies["pkb_console"]
    assert before
    page = signed_in(browser)
    cookie = next(value for value in page.history[0].headers.get_list("set-cookie") if value.startswith("pkb_console="))
    assert browser.cookies["pkb_console"] != planted
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie


def test_a_session_reads_by_control_calls_and_changes_nothing_by_them(browser: httpx.Client):
    assert browser.get("/_sandbox/credentials").status_code == 401
    signed_in(browser)
    assert browser.get("/_sandbox/credentials").status_code == 200
    assert browser.post("/_sandbox/reset").status_code == 401


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_a_session_is_worth_nothing_to_pages_of_other_sites(browser: httpx.Client, headers: dict[str, str]):
    signed_in(browser)
    assert browser.get("/_sandbox/credentials", headers=headers).status_code == 401
    assert "admin token" in browser.get(PAGE, headers=headers).text


def test_the_bearer_token_opens_pages_too(server: SandboxServer):
    response = httpx.get(server.base_url + PAGE, headers={"Authorization": f"Bearer {TOKEN}"})
    assert response.status_code == 200


def test_a_form_works_in_a_session_with_its_own_token_alone(browser: httpx.Client):
    signed_in(browser)
    fields = {"_call": "PUT /clock", "_back": "/bench", "mode": "frozen", "at": "2026-11-26T09:41:00Z"}
    assert browser.post("/_sandbox/console/do", data=fields).status_code == 400
    page = browser.post(
        "/_sandbox/console/do", data={**fields, "_csrf": csrf_of(browser.get("/_sandbox/console/sign-in"))}
    )
    assert page.status_code == 200


@pytest.mark.parametrize(
    "back", ["https://evil.example/", "//evil.example", "/\\evil.example", "/_sandbox/console/\\x"]
)
def test_sign_in_leads_to_pages_of_the_console_only(browser: httpx.Client, back: str):
    form = browser.get("/_sandbox/console/sign-in", params={"back": back})
    fields = {"_csrf": csrf_of(form), "back": back, "token": TOKEN}
    response = browser.post("/_sandbox/console/sign-in", data=fields, follow_redirects=False)
    assert response.headers["location"] == "/_sandbox/console/"


def test_without_a_token_a_stranger_cannot_sign_in():
    with SandboxServer(port=0) as server, httpx.Client(base_url=server.base_url) as client:
        response = client.get(PAGE, headers={"Host": "sandbox.example.org"})
        assert response.status_code == 401
        assert client.get(PAGE).status_code == 200
