"""A real nginx on the machine of the sandbox, with and without headers that show it, and strangers who ask it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import httpx
import pytest

from sandbox.server import SandboxServer
from tests.contract.nginx import free_ports, needs_nginx, serving_nginx
from tests.support import Client

FORWARDING = "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;"
HTTP_1_1 = 'proxy_http_version 1.1; proxy_set_header Connection "";'
DIRECTIVES = {
    "as it comes": "",
    "with the right Host": "proxy_set_header Host $host;",
    "with the right Host and port": "proxy_set_header Host $http_host;",
    "with a wrong Host": "proxy_set_header Host localhost:8080;",
    "forwarding": FORWARDING,
    "forwarding by HTTP/1.1": HTTP_1_1 + FORWARDING,
    "forwarding with the right Host, by HTTP/1.1": HTTP_1_1 + FORWARDING + "proxy_set_header Host $http_host;",
    "forwarding with a wrong Host, by HTTP/1.1": HTTP_1_1 + FORWARDING + "proxy_set_header Host localhost;",
    "naming the address": HTTP_1_1 + "proxy_set_header X-Real-IP $remote_addr;",
    "naming the scheme": HTTP_1_1 + "proxy_set_header X-Forwarded-Proto $scheme;",
}
"""What a `location` says besides `proxy_pass`."""
HOSTS = ("tests.example", "localhost", "127.0.0.1:8080", "northmoor-r4.fhir-api.localhost")
"""Hosts that a stranger may ask for, whatever name led to the proxy."""
CALLS = (
    ("GET", "/_sandbox/credentials"),
    ("POST", "/_sandbox/reset"),
    ("DELETE", "/_sandbox/exchanges"),
    ("GET", "/_sandbox/console/traffic"),
)

pytestmark = needs_nginx


@pytest.fixture(scope="module")
def ports(running: Client, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, int]]:
    """The port of each configuration, in front of one sandbox."""
    ports = dict(zip(DIRECTIVES, free_ports(len(DIRECTIVES)), strict=True))
    upstream = f"proxy_pass {running.server.base_url};"
    servers = "\n".join(
        f"server {{ listen 127.0.0.1:{port}; location / {{ {upstream} {DIRECTIVES[name]} }} }}"
        for name, port in ports.items()
    )
    with serving_nginx(servers, ports["as it comes"], tmp_path_factory.mktemp("nginx")):
        yield ports


@pytest.mark.parametrize("configuration", DIRECTIVES)
def test_nobody_gets_at_control_through_it(ports: dict[str, int], configuration: str):
    with httpx.Client(base_url=f"http://127.0.0.1:{ports[configuration]}") as stranger:
        for host in HOSTS:
            for method, path in CALLS:
                response = stranger.request(method, path, headers={"Host": host})
                assert response.status_code == 401, f"{method} {path} for {host}"
        assert stranger.get("/_sandbox/health/live").status_code == 200
        assert stranger.get("/fhir/metadata").status_code == 200


def test_the_admin_token_opens_it_through_every_one(tmp_path_factory: pytest.TempPathFactory):
    (port,) = free_ports(1)
    with SandboxServer(port=0, admin_token="open-sesame") as server, contextlib.ExitStack() as stack:
        block = f"server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {server.base_url}; }} }}"
        stack.enter_context(serving_nginx(block, port, tmp_path_factory.mktemp("nginx")))
        holder = {"Authorization": "Bearer open-sesame"}
        statuses = [
            httpx.get(f"http://127.0.0.1:{port}/_sandbox/world", headers=headers).status_code
            for headers in (holder, {"Authorization": "Bearer open"}, {})
        ]
        assert statuses == [200, 401, 401]
