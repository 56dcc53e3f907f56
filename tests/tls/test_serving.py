"""HTTPS: the names in the certificate, the versions that are spoken, the user's own certificate, the HL7 port."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme
from cryptography import x509

from sandbox.errors import Invalid
from sandbox.server import SandboxServer
from sandbox.tls import host_names
from sandbox.web_server.sockets import PortTaken
from tests.support import STACKS

PKB_HOSTS = [name.replace("*", "northmoor-r4") for name in host_names.pkb_host_names()]
REALM = "/auth/realms/pkb/.well-known/openid-configuration"


@pytest.fixture(scope="module", params=STACKS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    options: dict[str, Any] = {"tls_dir": str(tmp_path_factory.mktemp("tls")), "tls_name": ("pkb", "10.9.8.7")}
    with SandboxServer(port=0, tls=True, **options, **STACKS[request.param]) as sandbox:
        yield sandbox


@pytest.fixture(scope="module")
def trust(server: SandboxServer) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(server.certificate_file))


def certificate(port: int, name: str, trust: ssl.SSLContext) -> x509.Certificate:
    """The certificate that the server presents to a client which connects by a name, and which checks it."""
    with socket.create_connection(("127.0.0.1", port)) as plain, trust.wrap_socket(plain, server_hostname=name) as tls:
        return x509.load_der_x509_certificate(tls.getpeercert(binary_form=True) or b"")


@pytest.mark.parametrize("name", [*PKB_HOSTS, *host_names.LOCAL, socket.gethostname(), "pkb", "10.9.8.7"])
def test_a_client_that_trusts_the_authority_accepts_the_certificate(
    server: SandboxServer, trust: ssl.SSLContext, name: str
):
    presented = certificate(server.port, name, trust)
    assert presented.not_valid_after_utc - datetime.now(UTC) < timedelta(days=398)
    age = datetime.now(UTC) - presented.not_valid_before_utc
    assert timedelta(hours=1) <= age < timedelta(hours=2), "it began an hour before the server did"


@pytest.mark.parametrize("name", ["example.org", "patientsknowbest.com", "a.b.fhir-api.my.patientsknowbest.com"])
def test_the_certificate_is_valid_for_no_other_name(server: SandboxServer, trust: ssl.SSLContext, name: str):
    with pytest.raises(ssl.SSLCertVerificationError, match="ostname"):
        certificate(server.port, name, trust)


def test_a_client_that_does_not_trust_the_authority_refuses_the_certificate(server: SandboxServer):
    with pytest.raises(ssl.SSLCertVerificationError, match="unable to get local issuer"):
        certificate(server.port, "localhost", ssl.create_default_context())


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated")
def test_versions_before_tls_1_2_are_refused(server: SandboxServer):
    old = ssl.create_default_context(cafile=str(server.certificate_file))
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        certificate(server.port, "localhost", old)


def test_the_addresses_are_https(server: SandboxServer, trust: ssl.SSLContext):
    assert server.base_url == f"https://127.0.0.1:{server.port}"
    assert server.hl7_url == f"https://127.0.0.1:{server.workspaces.hl7_port}/services/hl7"
    assert (server.workspaces.hl7_port or 0) >= 1024, "with port 0 the operating system chooses a free port"
    with httpx.Client(verify=trust) as client:
        ready = client.get(f"{server.base_url}/_sandbox/health/ready").json()
        issuer = client.get(f"{server.base_url}{REALM}").json()["issuer"]
    assert (ready["base_url"], ready["hl7_url"]) == (server.base_url, server.hl7_url)
    assert issuer == f"{server.base_url}/auth/realms/pkb"


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_a_client_that_keeps_its_connection_does_not_delay_the_stop(tmp_path: Path, stack: dict[str, Any]):
    with SandboxServer(port=0, tls=True, tls_dir=str(tmp_path), hl7_port=0, **stack) as sandbox:
        trust = ssl.create_default_context(cafile=str(sandbox.certificate_file))
        with httpx.Client(verify=trust) as client:
            assert client.get(f"{sandbox.base_url}/_sandbox/health/live").status_code == 200
            started = time.monotonic()
            sandbox.stop()
            assert time.monotonic() - started < 4, "the time-out of a graceful stop is 5 seconds"


@pytest.mark.parametrize("stack", STACKS.values(), ids=STACKS)
def test_a_client_within_its_handshake_does_not_delay_the_stop(tmp_path: Path, stack: dict[str, Any]):
    with SandboxServer(port=0, tls=True, tls_dir=str(tmp_path), hl7_port=0, **stack) as sandbox:
        address = ("127.0.0.1", sandbox.port)
        with socket.create_connection(address, timeout=10) as silent, socket.create_connection(address) as half:
            half.sendall(bytes.fromhex("1603010200"))
            trust = ssl.create_default_context(cafile=str(sandbox.certificate_file))
            assert httpx.get(f"{sandbox.base_url}/_sandbox/health/live", verify=trust).status_code == 200
            started = time.monotonic()
            sandbox.stop()
            assert time.monotonic() - started < 4, "the time-out of a graceful stop is 5 seconds"
            with suppress(ConnectionError):
                assert silent.recv(1) == b""


def test_no_plain_http_is_served_alongside(server: SandboxServer):
    with pytest.raises(httpx.TransportError):
        httpx.get(f"http://127.0.0.1:{server.port}/_sandbox/health/live")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/services/hl7?wsdl", 200),
        ("/services/hl7x", 404),
        ("/fhir/metadata", 404),
        ("/_sandbox/health/live", 404),
        ("/", 404),
    ],
)
def test_the_hl7_port_serves_the_hl7_api_only(server: SandboxServer, trust: ssl.SSLContext, path: str, status: int):
    with httpx.Client(verify=trust) as client:
        assert client.get(f"{server.hl7_url.removesuffix('/services/hl7')}{path}").status_code == status
        assert client.get(f"{server.base_url}/services/hl7?wsdl").status_code == 200


def test_the_hl7_port_can_be_had_without_tls():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with SandboxServer(port=0, hl7_port=port) as sandbox:
        assert sandbox.hl7_url == f"http://127.0.0.1:{port}/services/hl7"
        assert httpx.get(f"http://127.0.0.1:{port}/fhir/metadata").status_code == 404
        ready = httpx.get(f"{sandbox.base_url}/_sandbox/health/ready").json()
        assert ready["hl7_url"] == sandbox.hl7_url
        assert f"127.0.0.1:{port}/services/hl7" in httpx.get(f"{sandbox.hl7_url}?wsdl").text


@pytest.mark.parametrize("options", [{}, {"tls": True, "hl7_port": 0}], ids=["plain HTTP", "0 with TLS"])
def test_there_is_no_hl7_port(tmp_path: Path, options: dict[str, Any]):
    with SandboxServer(port=0, tls_dir=str(tmp_path), **options) as sandbox:
        assert sandbox.workspaces.hl7_port is None
        assert sandbox.hl7_url == f"{sandbox.base_url}/services/hl7"


def test_an_hl7_port_that_is_taken_is_named_and_frees_the_first():
    with socket.create_server(("127.0.0.1", 0)) as occupied:
        sandbox = SandboxServer(port=0, hl7_port=occupied.getsockname()[1])
        with pytest.raises(PortTaken, match=str(occupied.getsockname()[1])):
            sandbox.bind()
    assert sandbox._socket is not None
    assert sandbox._socket.fileno() == -1


def pair(folder: Path, issuer: trustme.CA, name: str = "own") -> tuple[str, str]:
    """A certificate for `pkb.example` and its key, as files."""
    leaf = issuer.issue_cert("pkb.example")
    certificate_file, key = folder / f"{name}.crt", folder / f"{name}.key"
    certificate_file.write_bytes(leaf.cert_chain_pems[0].bytes())
    key.write_bytes(leaf.private_key_pem.bytes())
    return str(certificate_file), str(key)


def test_a_certificate_of_ones_own_is_used(tmp_path: Path):
    issuer = trustme.CA()
    own, key = pair(tmp_path, issuer)
    trust = ssl.create_default_context()
    issuer.configure_trust(trust)
    with SandboxServer(port=0, tls_cert=own, tls_key=key, hl7_port=0) as sandbox:
        assert sandbox.certificate_file is None
        certificate(sandbox.port, "pkb.example", trust)


def bad_options(folder: Path) -> dict[str, tuple[dict[str, Any], str]]:
    issuer = trustme.CA()
    own, key = pair(folder, issuer)
    _, other = pair(folder, issuer, "other")
    return {
        "no key": ({"tls_cert": own}, "--tls-cert .*own.crt: needs --tls-key"),
        "no certificate": ({"tls_key": key}, "--tls-key .*own.key: needs --tls-cert"),
        "a missing certificate": ({"tls_cert": "/nowhere", "tls_key": key}, "--tls-cert /nowhere: No such file"),
        "a missing key": ({"tls_cert": own, "tls_key": "/nowhere"}, "--tls-key /nowhere: No such file"),
        "another key": ({"tls_cert": own, "tls_key": other}, "do not belong together"),
        "exchanged": ({"tls_cert": key, "tls_key": own}, "are not a certificate and its unencrypted key"),
        "a bad name": ({"tls": True, "tls_dir": str(folder), "tls_name": ("a b",)}, "--tls-name a b: is not a host"),
        "an empty name": ({"tls": True, "tls_dir": str(folder), "tls_name": ("",)}, "--tls-name : is not a host"),
    }


BAD_OPTIONS = (
    "no key", "no certificate", "a missing certificate", "a missing key", "another key", "exchanged", "a bad name",
    "an empty name",
)  # fmt: skip


@pytest.mark.parametrize("case", BAD_OPTIONS)
def test_an_unusable_argument_is_named(tmp_path: Path, case: str):
    options, text = bad_options(tmp_path)[case]
    with pytest.raises(Invalid, match=text):
        SandboxServer(port=0, **options)
