"""Every page that any address answers with keeps scripts of others out and cannot be put into a frame."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx
import pytest

from sandbox.assembly.front_ends import front_ends
from sandbox.console import endpoint as console
from sandbox.fhir.base.endpoints import ENDPOINTS
from sandbox.http.routes import Route
from sandbox.worlds.workspaces import Workspaces
from tests.support import Client

PREFIXES = {"control": "/_sandbox", "health": "/_sandbox", "hl7": "/services/hl7"} | {
    endpoint.api: endpoint.prefix for endpoint in ENDPOINTS
}
AUTHORIZE = "/apiAuthorize.action?response_type=code&client_id=stepwise-diary&redirect_uri="
HTML = {
    "the explanation of a refusal": "/_sandbox/exchanges/{exchange}/explanation",
    "the contract report": "/_sandbox/report",
    "a page of the console": "/_sandbox/console/start",
    "a page of the documentation": "/_sandbox/console/docs/security",
    "the first page of the documentation site": "/_sandbox/docs/",
    "the sign-in page": "/_sandbox/console/sign-in",
    "a page that the console does not have": "/_sandbox/console/nowhere",
    "the authorize page": f"{AUTHORIZE}http://localhost:8400/done",
    "a refused authorization": f"{AUTHORIZE}https://evil.example/",
    "a one-time password that is not valid": "/otp.action?otpToken=x&redirect_uri=/x",
    "a page of PKB's": "/documents/viewDocuments.action",
    "an invitation": "/_sandbox/console/join?t1=a&t2=b",
}
UNSAFE = re.compile(r"'unsafe-(?:eval|hashes)'|script-src[^;]*'unsafe-inline'|\*")


def addresses(workspaces: Workspaces) -> Iterator[str]:
    """Every address that a front end answers, with a name for each variable part."""
    for api, ready in front_ends(workspaces).items():
        yield from (f"{PREFIXES.get(api, '')}{path}" for path in _paths(ready.front_end.routes))
    # The documentation site has an address of its own.
    yield from (
        path if path.startswith("/_sandbox/") else f"/_sandbox/console{path}"
        for path in _paths(console.front_end(workspaces).routes)
    )


def _paths(routes: tuple[Route, ...]) -> Iterator[str]:
    return (re.sub(r"\{[^}]*\}", "x", route.path) for route in routes if "GET" in route.methods)


def assert_sealed(response: httpx.Response) -> None:
    path, headers = response.request.url.path, response.headers
    policy = headers.get("content-security-policy", "")
    assert "default-src 'none'" in policy, path
    assert "frame-ancestors 'none'" in policy, path
    assert "base-uri 'none'" in policy, path
    assert not UNSAFE.search(policy), path
    assert headers["x-frame-options"] == "DENY", path
    assert headers["x-content-type-options"] == "nosniff", path
    assert headers["referrer-policy"] in ("same-origin", "no-referrer"), path


@pytest.mark.parametrize("path", HTML.values(), ids=HTML)
def test_a_page_is_sealed(pkb: Client, path: str):
    pkb.http.get("/fhir/Patient/1")
    path = path.replace("{exchange}", pkb.control("/exchanges")["exchanges"][-1]["id"])
    response = pkb.http.get(path, headers={"Accept": "text/html"}, follow_redirects=True)
    assert response.headers["content-type"].startswith("text/html"), response.text[:200]
    assert_sealed(response)


def test_no_address_answers_with_a_page_that_is_not_sealed(pkb: Client):
    for path in sorted(set(addresses(pkb.server.workspaces))):
        with pkb.http.stream("GET", path, headers={"Accept": "text/html"}) as response:
            if "html" in response.headers.get("content-type", "") or "svg" in response.headers.get("content-type", ""):
                assert_sealed(response)


def test_a_refusal_of_the_guard_is_sealed(pkb: Client):
    response = pkb.http.get("/_sandbox/console/traffic", headers={"Host": "evil.example", "Accept": "text/html"})
    assert (response.status_code, response.headers["content-type"]) == (401, "text/html; charset=utf-8")
    assert_sealed(response)
