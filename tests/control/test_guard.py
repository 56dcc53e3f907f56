"""Who may use the control API: loopback by peer address and Host header both, or the holder of the admin token."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox.server import Sandbox
from tests.control.test_control_api import assert_problem
from tests.support import Client

LOCAL = ["127.0.0.1", "127.0.0.1:8080", "localhost", "localhost:1", "127.8.9.1:80", "[::1]", "[::1]:8080"]
FOREIGN = [
    "example.org",
    "example.org:8080",
    "localhost.example.org",
    "127.0.0.1.example.org",
    "sandbox.patientsknowbest.com",
    "10.0.0.1:8080",
    "0.0.0.0",
    "localhost@example.org",
    "",
    "2130706433",
]


@pytest.mark.parametrize("host", LOCAL)
def test_a_loopback_name_is_let_in(pkb: Client, host: str):
    assert pkb.http.get("/_sandbox/world", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/world", "/credentials", "/nothing", "/exchanges/1/explanation"])
def test_another_name_is_refused_though_the_peer_is_local(pkb: Client, host: str, path: str):
    response = pkb.http.get(f"/_sandbox{path}", headers={"Host": host})
    assert_problem(response, 401, "Control calls come from loopback, or carry the admin token")
    assert response.headers["www-authenticate"] == 'Bearer realm="PKB Sandbox control"'


def test_a_refused_call_changes_nothing(pkb: Client):
    pkb.http.get("/fhir/metadata")
    for method, path in (("POST", "/reset"), ("DELETE", "/exchanges")):
        assert_problem(pkb.http.request(method, f"/_sandbox{path}", headers={"Host": "example.org"}), 401)
    assert len(pkb.control("/exchanges")["exchanges"]) == 1


def test_a_forwarded_host_does_not_open_it(pkb: Client):
    headers = {"Host": "example.org", "X-Forwarded-Host": "localhost", "X-Forwarded-For": "127.0.0.1"}
    assert_problem(pkb.http.get("/_sandbox/world", headers=headers), 401)


@pytest.mark.parametrize("header", ["Bearer", "Bearer None", "Basic Og==", "Bearer null"])
def test_without_an_admin_token_none_is_right(pkb: Client, header: str):
    headers = {"Host": "example.org", "Authorization": header}
    assert_problem(pkb.http.get("/_sandbox/world", headers=headers), 401)


@pytest.fixture(scope="module")
def guarded() -> Iterator[httpx.Client]:
    """A sandbox with an admin token of its own."""
    with (
        Sandbox(port=0, admin_token="open-sesame") as server,
        httpx.Client(base_url=server.base_url, headers={"Host": "example.org"}) as client,
    ):
        yield client


def test_the_admin_token_opens_it_from_anywhere(guarded: httpx.Client):
    response = guarded.get("/_sandbox/world", headers={"Authorization": "Bearer open-sesame"})
    assert response.status_code == 200


@pytest.mark.parametrize("token", ["open-sesame1", "open-sesam", "OPEN-SESAME", "x", "é"])
def test_another_token_does_not(guarded: httpx.Client, token: str):
    header = f"Bearer {token}".encode()
    assert_problem(guarded.get("/_sandbox/world", headers={b"Authorization": header}), 401)


def test_loopback_needs_no_token_where_there_is_one(guarded: httpx.Client):
    assert guarded.get("/_sandbox/world", headers={"Host": "localhost"}).status_code == 200


def test_a_sandbox_for_every_address_makes_a_token():
    with Sandbox(port=0, host="0.0.0.0") as server, httpx.Client(base_url=server.base_url) as client:
        token = server.settings.admin_token
        assert len(token) == 32
        assert client.get("/_sandbox/world").status_code == 200
        headers = {"Host": "example.org"}
        assert_problem(client.get("/_sandbox/world", headers=headers), 401)
        headers["Authorization"] = f"Bearer {token}"
        assert client.get("/_sandbox/world", headers=headers).status_code == 200


def test_two_of_them_make_two_tokens():
    assert Sandbox(host="0.0.0.0").settings.admin_token != Sandbox(host="0.0.0.0").settings.admin_token


def test_a_token_that_was_given_is_kept():
    assert Sandbox(host="0.0.0.0", admin_token="mine").settings.admin_token == "mine"
    assert Sandbox().settings.admin_token == ""
