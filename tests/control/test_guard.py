"""Access to the control API: loopback by peer address and Host header both, or the admin token."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest

from sandbox.server import SandboxServer
from tests.control.test_control_api import assert_problem
from tests.support import Client

LOCAL = [
    "127.0.0.1",
    "127.0.0.1:8080",
    "localhost",
    "localhost:1",
    "127.8.9.1:80",
    "[::1]",
    "[::1]:8080",
    "LOCALHOST:8080",
    "localhost.",
    "LocalHost.:8080",
    "[::ffff:127.0.0.1]:8080",
    "[::ffff:7f00:1]",
    "[0:0:0:0:0:0:0:1]:80",
]
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
    "localhost..",
    "localhost:8080.example.org",
    "[::]",
    "[::ffff:10.0.0.1]",
    "[::1",
    "null",
]


@pytest.mark.parametrize("host", LOCAL)
def test_a_loopback_name_is_let_in(pkb: Client, host: str):
    assert pkb.http.get("/_sandbox/world", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("host", FOREIGN)
@pytest.mark.parametrize("path", ["/world", "/credentials", "/nothing", "/exchanges/1/explanation"])
def test_another_name_is_refused_though_the_peer_is_local(pkb: Client, host: str, path: str):
    response = pkb.http.get(f"/_sandbox{path}", headers={"Host": host})
    assert_problem(response, 401, "Control calls must come from loopback or carry the admin token")
    assert response.headers["www-authenticate"] == 'Bearer realm="PKB Sandbox control"'


def test_a_refused_call_changes_nothing(pkb: Client):
    pkb.http.get("/fhir/metadata")
    for method, path in (("POST", "/reset"), ("DELETE", "/exchanges")):
        assert_problem(pkb.http.request(method, f"/_sandbox{path}", headers={"Host": "example.org"}), 401)
    assert len(pkb.control("/exchanges")["exchanges"]) == 1


def test_a_forwarded_host_does_not_open_it(pkb: Client):
    headers = {"Host": "example.org", "X-Forwarded-Host": "localhost", "X-Forwarded-For": "127.0.0.1"}
    assert_problem(pkb.http.get("/_sandbox/world", headers=headers), 401)


THROUGH_A_PROXY = [
    {"X-Forwarded-For": "198.51.100.7"},
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-Host": "localhost"},
    {"X-Forwarded-Proto": "http"},
    {"x-forwarded-port": "8080"},
    {"X-Forwarded-Prefix": "/pkb"},
    {"X-Forwarded-Server": "proxy"},
    {"X-Forwarded": "for=127.0.0.1"},
    {"Forwarded": "for=127.0.0.1"},
    {"FORWARDED": ""},
    {"Via": "1.1 proxy"},
    {"X-Real-IP": "127.0.0.1"},
    {"CF-Connecting-IP": "198.51.100.7"},
    {"X-Original-Host": "localhost"},
]


@pytest.mark.parametrize("headers", THROUGH_A_PROXY, ids=lambda headers: " ".join(*headers.items()))
@pytest.mark.parametrize("call", [("GET", "/credentials"), ("POST", "/reset"), ("DELETE", "/exchanges")])
def test_what_a_proxy_passed_on_is_not_local(pkb: Client, headers: dict[str, str], call: tuple[str, str]):
    method, path = call
    response = pkb.http.request(method, f"/_sandbox{path}", headers={"Host": "localhost:8080", **headers})
    assert_problem(response, 401, "This one came through a proxy")
    assert pkb.http.get("/_sandbox/health/live", headers=headers).status_code == 200


PAGES = {
    "its own": ({"Origin": "http://localhost:8080", "Sec-Fetch-Site": "same-origin"}, 200),
    "its own, an older browser": ({"Origin": "http://localhost:8080"}, 200),
    "its own, reading": ({"Sec-Fetch-Site": "same-origin"}, 200),
    "typed by a person": ({"Sec-Fetch-Site": "none"}, 200),
    "another port": ({"Origin": "http://localhost:3000", "Sec-Fetch-Site": "same-site"}, 401),
    "another port, an older browser": ({"Origin": "http://localhost:3000"}, 401),
    "another port, reading": ({"Sec-Fetch-Site": "same-site"}, 401),
    "no port": ({"Origin": "http://localhost"}, 401),
    "another scheme": ({"Origin": "https://localhost:8080"}, 401),
    "another name of the same address": ({"Origin": "http://127.0.0.1:8080"}, 401),
    "another site": ({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 401),
    "another site, reading": ({"Sec-Fetch-Site": "cross-site"}, 401),
    "a file, or a sandboxed frame": ({"Origin": "null"}, 401),
    "a name that begins like it": ({"Origin": "http://localhost:8080.evil.example"}, 401),
    "a user name like it": ({"Origin": "http://localhost:8080@evil.example"}, 401),
    "an extension": ({"Origin": "chrome-extension://localhost:8080"}, 401),
    "an empty origin": ({"Origin": ""}, 401),
    "two origins": ({"Origin": "http://localhost:8080, https://evil.example"}, 401),
    "no word that exists": ({"Sec-Fetch-Site": "friendly"}, 401),
    "its own by origin, not by site": ({"Origin": "http://localhost:8080", "Sec-Fetch-Site": "cross-site"}, 401),
}


@pytest.mark.parametrize(("headers", "status"), PAGES.values(), ids=PAGES)
@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "application/x-www-form-urlencoded"])
def test_a_page_drives_it_only_from_the_server_s_own_origin(
    pkb: Client, headers: dict[str, str], status: int, media_type: str
):
    sent_headers = {"Host": "localhost:8080", "Content-Type": media_type, **headers}
    response = pkb.http.post("/_sandbox/reset", content=b"{}", headers=sent_headers)
    assert response.status_code == status, response.text
    if status == 401:
        assert_problem(response, 401, "This one came from a page of another")
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize("port", ["", ":80"])
def test_a_default_port_is_the_same_origin_written_or_not(pkb: Client, port: str):
    headers = {"Host": f"localhost{port}", "Origin": "http://localhost"}
    assert pkb.http.post("/_sandbox/reset", headers=headers).status_code == 200


@pytest.mark.parametrize("media_type", ["text/plain", "application/json", "application/x-www-form-urlencoded", ""])
def test_programs_are_let_in_whatever_media_type_they_send(pkb: Client, media_type: str):
    headers = {"Content-Type": media_type} if media_type else {}
    assert pkb.http.post("/_sandbox/reset", content=b"{}", headers=headers).status_code == 200


@pytest.mark.parametrize("header", ["Bearer", "Bearer None", "Basic Og==", "Bearer null"])
def test_without_an_admin_token_none_is_right(pkb: Client, header: str):
    headers = {"Host": "example.org", "Authorization": header}
    assert_problem(pkb.http.get("/_sandbox/world", headers=headers), 401)


@pytest.fixture(scope="module")
def guarded() -> Iterator[httpx.Client]:
    """A sandbox with an admin token of its own."""
    with (
        SandboxServer(port=0, admin_token="open-sesame") as server,
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


def test_where_there_is_one_loopback_needs_it_too(guarded: httpx.Client):
    assert_problem(guarded.get("/_sandbox/world", headers={"Host": "localhost"}), 401, "started with an admin token")
    assert guarded.get("/_sandbox/health/ready", headers={"Host": "localhost"}).status_code == 200


def test_the_admin_token_opens_it_through_a_proxy(guarded: httpx.Client):
    headers = {"Authorization": "Bearer open-sesame", "X-Forwarded-For": "198.51.100.7"}
    assert guarded.get("/_sandbox/world", headers=headers).status_code == 200


def test_a_token_in_other_letters_than_ascii_is_compared_as_bytes():
    with SandboxServer(port=0, admin_token="sésame") as server, httpx.Client(base_url=server.base_url) as client:
        header = "Bearer sésame".encode()
        assert client.get("/_sandbox/world", headers={b"Authorization": header}).status_code == 200
        header = b"Bearer sesame"
        assert_problem(client.get("/_sandbox/world", headers={b"Authorization": header}), 401)


def test_a_sandbox_for_every_address_makes_a_token():
    with SandboxServer(port=0, host="0.0.0.0") as server, httpx.Client(base_url=server.base_url) as client:
        token = server.settings.admin_token
        assert len(token) == 32
        assert client.get("/_sandbox/world").status_code == 200
        headers = {"Host": "example.org"}
        assert_problem(client.get("/_sandbox/world", headers=headers), 401)
        headers["Authorization"] = f"Bearer {token}"
        assert client.get("/_sandbox/world", headers=headers).status_code == 200


@pytest.mark.parametrize("host", ["LOCALHOST", "localhost.", "[::1]", "::ffff:127.0.0.1", "127.0.0.2"])
def test_a_loopback_host_is_one_however_it_is_written(host: str):
    with SandboxServer(port=0, host=host) as server, httpx.Client(base_url=server.base_url) as client:
        assert server.settings.admin_token == ""
        assert client.get("/_sandbox/world").status_code == 200


def test_every_address_of_both_families_takes_calls_of_both():
    with SandboxServer(port=0, host="::") as server:
        assert len(server.settings.admin_token) == 32
        for address in ("127.0.0.1", "[::1]", "localhost"):
            url = f"http://{address}:{server.port}/_sandbox/world"
            assert httpx.get(url).status_code == 200
            assert_problem(httpx.get(url, headers={"Host": "example.org"}), 401)


def test_two_of_them_make_two_tokens():
    assert SandboxServer(host="0.0.0.0").settings.admin_token != SandboxServer(host="0.0.0.0").settings.admin_token


def test_a_token_that_was_given_is_kept():
    assert SandboxServer(host="0.0.0.0", admin_token="mine").settings.admin_token == "mine"
    assert SandboxServer().settings.admin_token == ""
