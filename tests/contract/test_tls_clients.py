"""Clients that use PKB's own addresses, changed in nothing but their trust store and their name resolution."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import zeep
from authlib.integrations.requests_client import OAuth2Session

from sandbox.server import SandboxServer
from tests.contract.test_hapi import HAPI

PKB = "sandbox.patientsknowbest.com"
REALM = "/auth/realms/pkb/protocol/openid-connect/token"
A28 = (Path(__file__).parents[2] / "fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8")
NODE = os.environ.get("PKB_SANDBOX_TEST_NODE")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxServer]:
    with SandboxServer(port=0, tls=True, tls_dir=str(tmp_path_factory.mktemp("tls"))) as sandbox:
        yield sandbox


@pytest.fixture
def names_resolve_here(server: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a line of /etc/hosts and REQUESTS_CA_BUNDLE do, for clients in this process."""
    resolve = socket.getaddrinfo

    def resolved(host: Any, *rest: Any, **more: Any) -> Any:
        return resolve("127.0.0.1" if str(host).endswith(".patientsknowbest.com") else host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolved)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(server.certificate_file))


def url(server: SandboxServer, host: str, path: str = "") -> str:
    return f"https://{host}:{server.port}{path}"


def token(server: SandboxServer, kind: str, host: str, path: str) -> str:
    """A token by Authlib's client, from the host that PKB's pages name."""
    credential = server.credentials(kind)
    session = OAuth2Session(credential["client_id"], credential["client_secret"])
    return session.fetch_token(url(server, host, path), grant_type="client_credentials")["access_token"]


def test_curl_reads_a_statement_from_each_host(server: SandboxServer):
    for host, path in {
        PKB: "/fhir/metadata",
        "aggregated-fhir.sandbox.patientsknowbest.com": "/fhir/metadata",
        "northmoor-r4.fhir-api.sandbox.patientsknowbest.com": "/fhir/metadata",
        "iam.sandbox.patientsknowbest.com": "/auth/realms/pkb/.well-known/openid-configuration",
    }.items():
        command = ["curl", "-sS", "--fail", "--cacert", str(server.certificate_file)]
        command += ["--resolve", f"{host}:{server.port}:127.0.0.1", url(server, host, path)]
        ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert ran.returncode == 0, ran.stderr
        assert host in json.dumps(json.loads(ran.stdout)), "links carry the host that the client used"


@pytest.mark.usefixtures("names_resolve_here")
def test_zeep_sends_a_message_to_the_hl7_port(server: SandboxServer):
    credential = server.credentials("hl7-org")
    session = requests.Session()
    session.auth = (credential["username"], credential["password"])
    address = f"https://{PKB}:{server.workspaces.hl7_port}/services/hl7"
    client = zeep.Client(f"{address}?wsdl", transport=zeep.Transport(session=session))
    assert "MSA|AA|" in client.service.acceptMessage(A28)


@pytest.mark.usefixtures("names_resolve_here")
def test_authlib_gets_a_token_and_reads_a_patient(server: SandboxServer):
    access = token(server, "system-client", "oauth2.sandbox.patientsknowbest.com", "/api/oauth/token")
    number = "https://fhir.nhs.uk/Id/nhs-number|9991001379"
    headers = {
        "Authorization": f"Bearer {access}",
        "X-Org-Public-Id": server.credentials("hl7-org")["organisation"]["id"],
    }
    searched = requests.get(url(server, PKB, "/fhir/Patient"), {"identifier": number}, headers=headers, timeout=60)
    assert (searched.status_code, searched.json()["total"]) == (200, 1)
    assert searched.json()["link"][0]["url"].startswith(url(server, PKB, "/fhir/Patient"))


@pytest.mark.own_environment("hapi")
@pytest.mark.skipif(not HAPI, reason="HAPI is not at hand: PKB_SANDBOX_TEST_HAPI names no folder where it was built")
@pytest.mark.usefixtures("names_resolve_here")
def test_hapi_reads_and_writes_with_a_java_trust_store(server: SandboxServer, tmp_path: Path):
    store, hosts = tmp_path / "trust.p12", tmp_path / "hosts"
    host = "northmoor-r4.fhir-api.sandbox.patientsknowbest.com"
    hosts.write_text(f"127.0.0.1 {host}\n")
    keytool = ["keytool", "-importcert", "-noprompt", "-alias", "pkb-sandbox", "-storetype", "PKCS12"]
    keytool += ["-file", str(server.certificate_file), "-keystore", str(store), "-storepass", "changeit"]
    subprocess.run(keytool, check=True, capture_output=True, timeout=120)
    access = token(server, "customer-system-client", "iam.sandbox.patientsknowbest.com", REALM)
    project = Path(str(HAPI)) / "target"
    classpath = f"{project / 'classes'}:{(project / 'classpath').read_text(encoding='utf-8').strip()}"
    options = [f"-Djavax.net.ssl.trustStore={store}", "-Djavax.net.ssl.trustStorePassword=changeit"]
    command = ["java", *options, f"-Djdk.net.hosts.file={hosts}", "-cp", classpath, "clients.Calls", "customer", "r4"]
    command += [url(server, host, "/fhir"), access, "-", "nobody", "9991001379"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, ran.stderr
    results = dict(line.split("\t") for line in ran.stdout.splitlines())
    assert (results["metadata"], results["read"], results["transaction"]) == ("CapabilityStatement", "true", "5")


@pytest.mark.own_environment("node")
@pytest.mark.skipif(not NODE or shutil.which("node") is None, reason="Node is not at hand: see PKB_SANDBOX_TEST_NODE")
def test_node_fetches_a_statement(server: SandboxServer):
    address = url(server, PKB, "/fhir/metadata")
    script = f"fetch({address!r}).then((response) => response.json()).then((body) => console.log(body.resourceType))"
    environment = {**os.environ, "NODE_EXTRA_CA_CERTS": str(server.certificate_file)}
    command = ["node", "--require", str(Path(__file__).with_name("lookup.cjs")), "--eval", script]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert ran.stdout.strip() == "CapabilityStatement", ran.stderr
