"""The server opens no connection and looks up no name, whatever addresses clients send it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support import SOAP

ROOT = Path(__file__).parents[1]
WATCHED = """
import sys
out = open(sys.argv.pop(1), "a", buffering=1)
def hook(event, args):
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg", "socket.getaddrinfo", "socket.gethostbyname",
                 "socket.gethostbyaddr", "urllib.Request", "subprocess.Popen", "os.system"):
        out.write(f"{event} {args[1:] if event.startswith('socket.s') or event == 'socket.connect' else args}\\n")
sys.addaudithook(hook)
from sandbox.cli import main
main()
"""
"""Notes the audit events of Python (docs.python.org/3/library/audit_events.html), and starts as `pkb-sandbox` does."""
ELSEWHERE = "http://elsewhere.example/Patient/1"
ORGANISATION = "ab0469a5-c2ba-4ff7-b9d4-9080df2db07e"
TOLA = "4c86625f-13d7-423c-93e9-d58574a12dec"
ENTITY = '<!DOCTYPE a [<!ENTITY x SYSTEM "http://elsewhere.example/x">]>'


class Watched:
    """A running server, and what it did that reaches outside."""

    def __init__(self, base_url: str, file: Path) -> None:
        self.client = httpx.Client(base_url=base_url, timeout=60)
        self._file = file

    @property
    def events(self) -> list[str]:
        return self._file.read_text(encoding="utf-8").splitlines()

    def token(self, path: str, client_id: str, secret: str) -> dict[str, str]:
        form = {"grant_type": "client_credentials"}
        answer = self.client.post(path, data=form, auth=(client_id, secret)).json()
        return {"Authorization": f"Bearer {answer['access_token']}"}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("watched")
    ready, events = folder / "ready", folder / "events"
    events.touch()
    options = ["serve", "--port", "0", "--ready-file", str(ready)]
    command = [sys.executable, "-c", WATCHED, str(events), *options]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PKB_SANDBOX_")}
    quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "env": environment}
    with subprocess.Popen(command, cwd=ROOT, **quiet) as process:
        try:
            while not (ready.is_file() and ready.read_text(encoding="utf-8").endswith("\n")):
                assert process.poll() is None, "the server did not start"
                time.sleep(0.05)
            yield Watched(ready.read_text(encoding="utf-8").strip(), events)
        finally:
            process.terminate()


def credential(watched: Watched, kind: str) -> dict[str, Any]:
    rows = watched.client.get("/_sandbox/credentials").json()["credentials"]
    return next(row for row in rows if row["kind"] == kind)


def send_hl7(watched: Watched, text: str) -> None:
    auth = ("org_northmoor", "northmoor-Hl7-2026")
    body = SOAP.format(text.replace("&", "&amp;"))
    watched.client.post("/services/hl7", content=body, headers={"Content-Type": "text/xml"}, auth=auth)
    external = body.replace('<?xml version="1.0"?>', "") if "<?xml" in body else body
    watched.client.post("/services/hl7", content=ENTITY + external, headers={"Content-Type": "text/xml"}, auth=auth)


def send_fhir(watched: Watched) -> None:
    """Store a resource that names other servers in every kind of place, search by one, and read it back."""
    row = credential(watched, "customer-system-client")
    path = "/auth/realms/pkb/protocol/openid-connect/token"
    headers = watched.token(path, row["client_id"], row["client_secret"])
    resource = {
        "resourceType": "DocumentReference",
        "id": "elsewhere",
        "status": "current",
        "meta": {"profile": ["http://elsewhere.example/StructureDefinition/x"]},
        "subject": {"reference": ELSEWHERE},
        "content": [{"attachment": {"url": "http://elsewhere.example/letter.pdf", "contentType": "application/pdf"}}],
        "extension": [{"url": "http://elsewhere.example/extension", "valueString": "x"}],
    }
    base = f"/customer/{row['endpoints'][0]}/fhir"
    watched.client.put(f"{base}/DocumentReference/elsewhere", json=resource, headers=headers)
    watched.client.get(f"{base}/DocumentReference", params={"subject": ELSEWHERE, "_include": "*"}, headers=headers)
    xml = ENTITY + '<Patient xmlns="http://hl7.org/fhir"><active value="true"/></Patient>'
    fhir_xml = {**headers, "Content-Type": "application/fhir+xml"}
    watched.client.post(f"{base}/Patient", content=xml, headers=fhir_xml)


def read_facade(watched: Watched) -> None:
    headers = watched.token("/api/oauth/token", "letterbox-facade", "letterbox-Secret-2026")
    headers["X-Org-Public-Id"] = ORGANISATION
    assert watched.client.get(f"/fhir/Patient/{TOLA}", headers=headers).status_code == 200
    assert watched.client.get("/fhir/metadata").status_code == 200
    watched.client.get("/aggregated/fhir/Patient", params={"_id": ELSEWHERE}, headers=headers)


def authorise(watched: Watched) -> None:
    row = credential(watched, "user-client")
    query = {"client_id": row["client_id"], "redirect_uri": "https://elsewhere.example/callback", "scope": "PATIENT"}
    watched.client.get("/apiAuthorize.action", params={**query, "response_type": "code"})
    watched.client.get("/apiAuthorize.action", params={**query, "redirect_uri": row["redirect_uris"][0]})


def control(watched: Watched) -> None:
    for path in ("world", "facts", "report", "metrics", "exchanges.har", "openapi.json", "console/", "outbox"):
        assert watched.client.get(f"/_sandbox/{path}", follow_redirects=True).status_code == 200
    watched.client.post("/_sandbox/generate", json={"patients": 2, "seed": 1})
    watched.client.post("/_sandbox/workspaces", json={"name": "elsewhere"})


def test_no_request_makes_the_server_open_a_connection(watched: Watched):
    before = watched.events
    send_hl7(watched, (ROOT / "fixtures/hl7/adt_a28.hl7").read_text(encoding="utf-8").strip())
    send_fhir(watched)
    read_facade(watched)
    authorise(watched)
    control(watched)
    assert watched.client.get("/_sandbox/exchanges").json()["exchanges"]
    assert watched.events == before


def test_a_start_asks_only_for_its_own_address(watched: Watched):
    assert [event for event in watched.events if "127.0.0.1" not in event] == []


def test_the_watch_notes_a_connection(watched: Watched, tmp_path: Path):
    """A command that does connect, so that the tests above could fail."""
    events = tmp_path / "events"
    options = ["credentials", "--url", str(watched.client.base_url)]
    subprocess.run([sys.executable, "-c", WATCHED, str(events), *options], check=True, capture_output=True, cwd=ROOT)
    assert "socket.connect" in events.read_text(encoding="utf-8")
