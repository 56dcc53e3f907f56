"""A lost acknowledgement, as integrators meet it: the write is there, the client got nothing, and sends again.

The journal tells the repetition from the first message, whatever the client was: zeep, curl, or an MLLP client.
"""

from __future__ import annotations

import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
import requests
import zeep
from hl7.client import MLLPClient
from zeep.transports import Transport

from sandbox.server import SandboxServer
from tests.hl7.samples import A28, NHS
from tests.support import SOAP, Client

Json = dict[str, Any]
EMPTY_REPLY = 52
"""curl's exit code for a server that closed the connection without an answer."""


@pytest.fixture(scope="module")
def listening() -> Iterator[Client]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    with SandboxServer(port=0, mllp_port=port) as server:
        client = Client(server)
        yield client
        client.http.close()


@pytest.fixture
def pkb(listening: Client) -> Client:
    assert listening.http.post("/_sandbox/reset").status_code == 200
    return listening


def lose_next(pkb: Client, **conditions: str) -> str:
    """The id of a rule that loses one acknowledgement, after the message is applied."""
    rule = {**conditions, "drop": "after-commit", "first": 1}
    listed = pkb.http.put("/_sandbox/faults", json={"rules": [rule]}).json()["rules"]
    id_: str = listed[0]["id"]
    return id_


def assert_applied(pkb: Client) -> None:
    assert pkb.control(f"/records/{NHS}")["patient"]["name"]["family"] == "Khatun"


def assert_told_apart(pkb: Client, rule: str) -> None:
    """Two exchanges: the first without an answer, the second a repetition of it with one."""
    lost, repeated = pkb.control("/exchanges?api=hl7")["exchanges"]
    assert (lost["fault"], lost["repeats"], lost["outcome"], lost["response"]["status"]) == (rule, None, "accepted", 0)
    assert (repeated["fault"], repeated["repeats"], repeated["outcome"]) == (None, lost["id"], "accepted")
    assert (lost["hl7"]["ack"], repeated["hl7"]["ack"]) == ("AA", "AA")


def test_zeep_sends_a_message_again_whose_acknowledgement_was_lost(pkb: Client):
    with requests.Session() as session:
        session.auth = ("org_northmoor", pkb.credential("org_northmoor")["password"])
        client = zeep.Client(f"{pkb.server.base_url}/services/hl7?wsdl", transport=Transport(session=session))
        pkb.http.delete("/_sandbox/exchanges")
        rule = lose_next(pkb, api="hl7", operation="ADT^A28")
        with pytest.raises(requests.ConnectionError, match="RemoteDisconnected"):
            client.service.acceptMessage(A28)
        assert_applied(pkb)
        assert "MSA|AA|a28-001" in client.service.acceptMessage(A28)
    assert_told_apart(pkb, rule)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_curl_sends_a_message_again_whose_acknowledgement_was_lost(pkb: Client, tmp_path: Path):
    envelope = tmp_path / "a28.xml"
    envelope.write_text(SOAP.format(escape(A28)), encoding="utf-8")
    password = pkb.credential("org_northmoor")["password"]
    command = ["curl", "-sS", "-u", f"org_northmoor:{password}", "-H", "Content-Type: text/xml", "--data-binary"]
    command += [f"@{envelope}", f"{pkb.server.base_url}/services/hl7"]
    rule = lose_next(pkb, client="org_northmoor")
    lost = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert (lost.returncode, lost.stdout) == (EMPTY_REPLY, "")
    assert_applied(pkb)
    again = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert again.returncode == 0
    assert "MSA|AA|a28-001" in again.stdout
    assert_told_apart(pkb, rule)


def test_an_mllp_client_sends_a_message_again_whose_acknowledgement_was_lost(pkb: Client):
    rule = lose_next(pkb, method="MLLP")
    with MLLPClient("127.0.0.1", pkb.server.mllp_port) as client:
        assert client.send_message(A28) == b""
    assert_applied(pkb)
    with MLLPClient("127.0.0.1", pkb.server.mllp_port) as client:
        assert b"MSA|AA|a28-001" in client.send_message(A28)
    assert_told_apart(pkb, rule)


def test_a_retry_over_another_transport_is_told_apart_too(pkb: Client):
    rule = lose_next(pkb, api="hl7")
    with MLLPClient("127.0.0.1", pkb.server.mllp_port) as client:
        assert client.send_message(A28) == b""
    assert pkb.send(A28).code == "AA"
    assert_told_apart(pkb, rule)


@pytest.mark.parametrize("effect", [{"drop": "before"}, {"reset": True}, {"status": 503}], ids=str)
def test_a_request_lost_before_it_was_applied_differs_from_its_retry(pkb: Client, effect: Json):
    pkb.http.put("/_sandbox/faults", json={"rules": [{**effect, "first": 1}]})
    with requests.Session() as session:
        session.auth = ("org_northmoor", pkb.credential("org_northmoor")["password"])
        request: Json = {"data": SOAP.format(escape(A28)).encode(), "headers": {"Content-Type": "text/xml"}}
        try:
            assert session.post(f"{pkb.server.base_url}/services/hl7", **request).status_code == 503
        except requests.ConnectionError:
            assert "status" not in effect
        assert pkb.http.get(f"/_sandbox/records/{NHS}").status_code == 404
        assert session.post(f"{pkb.server.base_url}/services/hl7", **request).status_code == 200
    lost, repeated = pkb.control("/exchanges?api=hl7")["exchanges"]
    assert (lost["outcome"], repeated["repeats"], repeated["outcome"]) == ("failed", lost["id"], "accepted")
