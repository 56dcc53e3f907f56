"""The walk through the code grant: a client of its own, the redirect to the console, tokens, and refusals."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.console.crawling import PREFIX
from tests.support import Client

OAUTH = f"{PREFIX}try/oauth"
TOLA = {"email": "tola.adeyemi@example.org", "password": "Sandbox-1234"}


class Walker:
    """A person's browser on the walk."""

    def __init__(self, pkb: Client) -> None:
        self.http = pkb.http
        self.http.cookies.clear()
        self.page = self.http.get(OAUTH)

    def post(self, address: str, **fields: str) -> httpx.Response:
        match = re.search(r'data-csrf="([^"]+)"', self.page.text)
        data = {"_csrf": match[1] if match else "", **fields}
        self.page = self.http.post(address, data=data, follow_redirects=True)
        return self.page

    def issue(self) -> None:
        callback = re.search(r'name="redirect_uris:list"[^>]*value="([^"]+)"', self.page.text)
        assert callback
        fields = {
            "_call": "POST /credentials",
            "_back": "/try/oauth?client={client_id}",
            "kind": "user-client",
            "name": "Console",
            "scopes:list": "PATIENT",
            "redirect_uris:list": unescape(callback[1]),
        }
        assert self.post(f"{PREFIX}do", **fields).status_code == 200

    def begin(self, **fields: str) -> None:
        client = re.search(r'<select name="client"><option value="([^"]+)"', self.page.text)
        assert client
        response = self.post(f"{OAUTH}/begin", client=client[1], **{"pkce": "true", **fields})
        assert response.status_code == 200, response.text

    def sign_in(self, decision: str = "approve") -> None:
        address = re.search(r'href="([^"]*apiAuthorize\.action[^"]*)"', self.page.text)
        assert address
        form = self.http.get(unescape(address[1]))
        csrf = re.search(r'name="csrf" value="([0-9a-f]+)"', form.text)
        assert csrf
        data = {"csrf": csrf[1], "decision": decision, **TOLA}
        self.page = self.http.post(str(form.url), data=data, follow_redirects=True)
        assert self.page.status_code == 200, self.page.text

    def act(self, name: str) -> httpx.Response:
        return self.post(f"{self.page.url.path}/{name}")


@pytest.fixture
def walker(pkb: Client) -> Walker:
    walker = Walker(pkb)
    walker.issue()
    return walker


def outcomes(pkb: Client) -> list[tuple[str, str]]:
    return [(row["operation"], row["outcome"]) for row in pkb.control("/exchanges")["exchanges"]]


@pytest.mark.parametrize("pkce", ["true", ""])
def test_the_walk_goes_from_sign_in_to_refreshed_tokens(pkb: Client, walker: Walker, pkce: str):
    walker.begin(pkce=pkce, scope="PATIENT")
    assert ("code_challenge" in walker.page.text) is bool(pkce)
    walker.sign_in()
    assert "came back" in walker.page.text
    for name in ("exchange", "call", "refresh", "call"):
        assert walker.act(name).status_code == 200
    assert outcomes(pkb) == [
        ("authorize", "accepted"),
        ("authorize", "accepted"),
        ("token authorization_code", "accepted"),
        ("GET /users/self", "accepted"),
        ("token refresh_token", "accepted"),
        ("GET /users/self", "accepted"),
    ]
    assert "The walk is complete" in walker.page.text
    assert "[redacted]" in walker.page.text


def test_refusals_are_explained(pkb: Client, walker: Walker):
    walker.begin()
    walker.sign_in()
    for name in ("wrong-redirect", "wrong-verifier"):
        page = walker.act(name)
        assert outcomes(pkb)[-1] == ("token authorization_code", "refused")
        assert "invalid_grant" in page.text
        assert "oauth.token-errors" in page.text or "oauth.pkce" in page.text
    walker.act("exchange")
    walker.act("refresh")
    assert "not valid" in walker.act("old-refresh").text
    assert outcomes(pkb)[-1] == ("token refresh_token", "refused")
    assert "API_SESSION_INVALID" in walker.act("call").text
    assert "BAD_AUTHENTICATION" in walker.act("no-token").text


def test_a_person_who_denies_brings_an_error_and_no_code(pkb: Client, walker: Walker):
    walker.begin()
    walker.sign_in("deny")
    assert "error=access_denied" in walker.page.text
    assert walker.act("exchange").status_code == 400


def test_a_step_waits_for_its_turn(walker: Walker):
    walker.begin()
    assert walker.act("call").status_code == 400


def test_a_redirect_of_a_stranger_is_only_described(pkb: Client):
    response = pkb.http.get(f"{PREFIX}try/callback", params={"code": "abc", "state": "<script>alert(1)</script>"})
    assert response.status_code == 200
    assert "belongs to no walk" in response.text
    assert "<script>alert" not in response.text
    assert "abc" not in re.sub(r"<[^>]+>", "", response.text)


def test_a_scope_that_the_client_does_not_have_is_refused(walker: Walker):
    with pytest.raises(AssertionError, match="may not request"):
        walker.begin(scope="CLINICIAN")


def test_a_walk_of_another_world_does_not_exist(pkb: Client, walker: Walker):
    walker.begin()
    path = walker.page.url.path
    pkb.http.post("/_sandbox/workspaces", json={"name": "second"})
    try:
        assert pkb.http.get(f"{path}?workspace=second").status_code == 404
        assert pkb.http.get(path).status_code == 200
    finally:
        pkb.http.delete("/_sandbox/workspaces/second")


def test_the_walk_works_in_another_world(pkb: Client):
    pkb.http.post("/_sandbox/workspaces", json={"name": "second"})
    try:
        walker = Walker(pkb)
        walker.page = pkb.http.get(f"{OAUTH}?workspace=second")
        callback = re.search(r'name="redirect_uris:list"[^>]*value="([^"]+)"', walker.page.text)
        assert callback
        assert parse_qs(urlsplit(unescape(callback[1])).query) == {"workspace": ["second"]}
        body = {"kind": "user-client", "name": "Console", "redirect_uris": [unescape(callback[1])]}
        client = pkb.http.post("/_sandbox/credentials?workspace=second", json=body).json()["client_id"]
        walker.post(f"{OAUTH}/begin?workspace=second", client=client, pkce="true")
        walker.sign_in()
        assert "came back" in walker.page.text
        assert walker.page.url.params["workspace"] == "second"
    finally:
        pkb.http.delete("/_sandbox/workspaces/second")
