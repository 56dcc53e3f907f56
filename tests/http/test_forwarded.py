"""The base of links: the Host header, and what a trusted proxy tells; a value that cannot be one counts as not sent."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from sandbox.app import create_app
from sandbox.http.forwarded import base_url, is_base_url
from sandbox.server import SandboxServer
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces
from tests.support import Client

HOST = {"host": "localhost:8080"}
OWN = "http://localhost:8080"
FORWARDED = {
    "nothing": ({}, OWN),
    "scheme": ({"x-forwarded-proto": "https"}, "https://localhost:8080"),
    "scheme in capitals": ({"x-forwarded-proto": "HTTPS"}, "https://localhost:8080"),
    "host": ({"x-forwarded-host": "pkb.example"}, "http://pkb.example"),
    "host with its port": ({"x-forwarded-host": "pkb.example:8443"}, "http://pkb.example:8443"),
    "host in IPv6": ({"x-forwarded-host": "[2001:db8::1]:8443"}, "http://[2001:db8::1]:8443"),
    "the first of a list": (
        {"x-forwarded-host": "pkb.example, inner", "x-forwarded-proto": "https,http"},
        "https://pkb.example",
    ),
    "port": ({"x-forwarded-port": "9000"}, "http://localhost:9000"),
    "port beside host": ({"x-forwarded-host": "pkb.example", "x-forwarded-port": "8443"}, "http://pkb.example:8443"),
    "port over that of the host": (
        {"x-forwarded-host": "pkb.example:1", "x-forwarded-port": "2"},
        "http://pkb.example:2",
    ),
    "port of the scheme": (
        {"x-forwarded-host": "pkb.example:1", "x-forwarded-port": "443", "x-forwarded-proto": "https"},
        "https://pkb.example",
    ),
    "prefix": ({"x-forwarded-prefix": "/pkb"}, f"{OWN}/pkb"),
    "prefix with a slash at its end": ({"x-forwarded-prefix": "/pkb/test/"}, f"{OWN}/pkb/test"),
    "prefix that is the root": ({"x-forwarded-prefix": "/"}, OWN),
    "all of them": (
        {
            "x-forwarded-proto": "https",
            "x-forwarded-host": "pkb.example",
            "x-forwarded-port": "8443",
            "x-forwarded-prefix": "/pkb",
        },
        "https://pkb.example:8443/pkb",
    ),
    "Forwarded": ({"forwarded": "for=192.0.2.1;proto=https;host=pkb.example:8443"}, "https://pkb.example:8443"),
    "Forwarded, quoted": ({"forwarded": 'Proto="https"; HOST="[2001:db8::1]:8443"'}, "https://[2001:db8::1]:8443"),
    "Forwarded, a list": ({"forwarded": 'for="[::1]";host=pkb.example, host=inner;proto=https'}, "http://pkb.example"),
    "Forwarded before its forerunners": (
        {"forwarded": "host=pkb.example", "x-forwarded-host": "old.example", "x-forwarded-port": "1"},
        "http://pkb.example",
    ),
    "Forwarded beside them": (
        {"forwarded": "proto=https", "x-forwarded-host": "pkb.example", "x-forwarded-prefix": "/pkb"},
        "https://pkb.example/pkb",
    ),
}
NONSENSE = {
    "scheme": [{"x-forwarded-proto": value} for value in ("javascript", "http://", "", "ht tp", "ftp")],
    "host": [
        {"x-forwarded-host": value}
        for value in (
            "evil.example/x",
            "a b",
            "a@b",
            '"><script>',
            "a:0",
            "a:65536",
            "a:b",
            "[::1",
            "é",
            "",
            "a:",
            "a" * 256,
        )
    ],
    "port": [{"x-forwarded-port": value} for value in ("0", "65536", "-1", "8o8o", "", "\u0661", "1e3", "9" * 50)],
    "prefix": [
        {"x-forwarded-prefix": value}
        for value in (
            "pkb",
            "//evil.example",
            "/a/../b",
            "/a/%2e%2e/b",
            "/a b",
            "/a?b",
            "/a#b",
            '/"',
            "/\\evil",
            "/" + "a" * 600,
        )
    ],
    "Forwarded": [
        {"forwarded": value}
        for value in (
            "host",
            "host=a b",
            'host="a',
            "host=a;host=b",
            ";;;",
            "=",
            "host=evil.example/x",
            "proto=x",
            "é=b",
        )
    ],
}


@pytest.mark.parametrize(("headers", "expected"), FORWARDED.values(), ids=FORWARDED)
def test_what_a_trusted_proxy_tells_counts(headers: dict[str, str], expected: str):
    assert base_url("http", "own:1", {**HOST, **headers}, is_proxy_trusted=True) == expected
    assert base_url("http", "own:1", {**HOST, **headers}, is_proxy_trusted=False) == OWN


@pytest.mark.parametrize("headers", [headers for rows in NONSENSE.values() for headers in rows], ids=str)
def test_a_value_that_cannot_be_one_is_ignored(headers: dict[str, str]):
    assert base_url("http", "own:1", {**HOST, **headers}, is_proxy_trusted=True) == OWN


@pytest.mark.parametrize("host", ["", "a b", "evil.example/x", '"><script>', "a, b"])
def test_a_host_that_cannot_be_one_is_this_server_s_own(host: str):
    assert base_url("http", "own:1", {"host": host}, is_proxy_trusted=False) == "http://own:1"


@pytest.mark.parametrize("text", ["http://a", "https://a.example:8443/", "http://[::1]:1/pkb/x", "http://a/pkb/"])
def test_a_valid_base_url_is_accepted(text: str):
    assert is_base_url(text)


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "ftp://a",
        "http://",
        "http:///x",
        "http://a?b",
        "http://a#b",
        "http://a b",
        "http://a:0",
        "http://u@a",
        "http://a/../b",
    ],
)
def test_what_is_not_a_base_url(text: str):
    assert not is_base_url(text)


PROXY = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "pkb.example", "X-Forwarded-Port": "8443"}
PREFIXED = {**PROXY, "X-Forwarded-Prefix": "/pkb"}
BASE = "https://pkb.example:8443/pkb"


def test_every_link_in_an_answer_is_on_the_address_that_the_proxy_tells(pkb: Client):
    statement = pkb.http.get("/fhir/metadata", headers=PREFIXED).json()
    assert statement["implementation"]["url"] == f"{BASE}/fhir"
    statement = pkb.http.get("/customer/northmoor-r4/fhir/metadata", headers=PREFIXED).json()
    assert statement["implementation"]["url"] == f"{BASE}/customer/northmoor-r4/fhir"
    realm = pkb.http.get("/auth/realms/pkb/.well-known/openid-configuration", headers=PREFIXED).json()
    assert realm["issuer"] == f"{BASE}/auth/realms/pkb"
    wsdl = pkb.http.get("/services/hl7?wsdl", headers=PREFIXED).text
    assert f'location="{BASE}/services/hl7"' in wsdl
    bundle = pkb.facade("/Appointment", params={"patient": pkb.patient("Registered")["id"]}, headers=PREFIXED).json()
    assert bundle["link"][0]["url"].startswith(f"{BASE}/fhir/Appointment?")


@pytest.mark.parametrize(("trusted", "base"), [(False, "http://pkb.test"), (True, BASE)])
def test_from_another_machine_they_count_only_with_the_setting(trusted: bool, base: str):
    app = create_app(Workspaces(Settings(trust_proxy=trusted)))

    async def metadata() -> httpx.Response:
        transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 4711))
        async with httpx.AsyncClient(transport=transport, base_url="http://pkb.test") as client:
            return await client.get("/fhir/metadata", headers=PREFIXED)

    assert asyncio.run(metadata()).json()["implementation"]["url"] == f"{base}/fhir"


def test_a_setting_for_the_base_wins(pkb: Client):
    with SandboxServer(port=0, base_url="https://set.example/x/") as server:
        call = Client(server)
        assert call.http.get("/fhir/metadata", headers=PREFIXED).json()["implementation"]["url"] == (
            "https://set.example/x/fhir"
        )
        call.http.close()


def test_pages_behind_a_prefix_work_as_without_one(pkb: Client):
    query = {"response_type": "code", "client_id": "stepwise-diary", "redirect_uri": "stepwise://done"}
    page = pkb.http.get("/apiAuthorize.action", params=query, headers=PREFIXED)
    assert "Path=/pkb/apiAuthorize.action;" in page.headers["set-cookie"]
    csrf = page.text.partition('name="csrf" value="')[2].partition('"')[0]
    cookie = page.headers["set-cookie"].partition(";")[0]
    headers = {**PREFIXED, "Cookie": cookie, "Origin": "https://pkb.example:8443"}
    denied = pkb.http.post(str(page.url), data={"csrf": csrf, "decision": "deny"}, headers=headers)
    assert denied.headers["location"].startswith("stepwise://done?error=access_denied")
    foreign = pkb.http.post(
        str(page.url), data={"csrf": csrf, "decision": "deny"}, headers={**headers, "Origin": "https://x"}
    )
    assert foreign.status_code == 400
    user = pkb.patient("Registered")["id"]
    password = pkb.http.post(f"/_sandbox/users/{user}/one-time-password").json()["otpToken"]
    entered = pkb.http.get("/otp.action", params={"otpToken": password, "redirect_uri": "/x"}, headers=PREFIXED)
    assert entered.headers["location"] == "/pkb/x"
