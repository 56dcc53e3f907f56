"""The journal in other forms: an HTTP Archive that its specification allows, and a log that HL7 tools read."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import hl7
import pytest
from hl7.client import MLLPClient
from jsonschema import Draft202012Validator

from sandbox.control.har import entry
from sandbox.hl7.files import messages_of
from sandbox.server import SandboxServer
from sandbox.worlds.exchange import Exchange, Passed
from tests.control.test_control_api import assert_problem
from tests.hl7.samples import A28, example
from tests.hl7.test_mllp import free_port
from tests.support import SOAP, Client

HAR = Draft202012Validator(json.loads((Path(__file__).parent / "har_1_2.schema.json").read_text(encoding="utf-8")))
SECRETS = ("northmoor-Hl7-2026", "Bearer ey", "s3cret")


def archive(pkb: Client, query: str = "") -> list[dict[str, Any]]:
    """The entries of a valid archive."""
    response = pkb.http.get(f"/_sandbox/exchanges.har{query}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/json"
    document = response.json()
    HAR.validate(document)
    entries: list[dict[str, Any]] = document["log"]["entries"]
    return entries


def log(pkb: Client, query: str = "") -> str:
    response = pkb.http.get(f"/_sandbox/exchanges.hl7{query}")
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "x-application/hl7-v2+er7; charset=utf-8"
    return response.content.decode()


def segments(message: str) -> list[str]:
    return [line for line in message.replace("\r", "\n").split("\n") if line]


def blocks(text: str) -> list[list[str]]:
    """The segments of each message of a log."""
    return [segments(block) for block in text.split("\r\n\r\n") if block]


def pairs(rows: list[dict[str, str]]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in rows}


def test_an_entry_says_what_was_asked_and_answered(pkb: Client):
    answer = pkb.facade("/Patient/1?_format=json&x=a%20b")
    (row,) = archive(pkb, "?api=facade")
    request, response = row["request"], row["response"]
    assert request["method"] == "GET"
    assert request["url"] == f"{pkb.server.base_url}/fhir/Patient/1?_format=json&x=a%20b"
    assert request["queryString"] == [{"name": "_format", "value": "json"}, {"name": "x", "value": "a b"}]
    assert pairs(request["headers"])["authorization"] == "[redacted]"
    assert (response["status"], response["statusText"]) == (400, "Bad Request")
    assert response["content"]["text"] == answer.text
    assert response["content"]["size"] == response["bodySize"] == len(answer.content)
    assert response["content"]["mimeType"].startswith("application/fhir+json")
    assert row["time"] == row["timings"]["wait"] > 0


def test_an_entry_carries_what_only_the_sandbox_knows(pkb: Client):
    headers = {"PKB-Sandbox-Scenario": "first"}
    answer = pkb.facade("/Patient/1", headers=headers)
    pkb.facade("/Patient/1", headers=headers)
    (row, again) = archive(pkb, "?api=facade")
    fields = {name: value for name, value in row.items() if name.startswith("_")}
    assert fields == {
        "_exchange": answer.headers["pkb-sandbox-exchange"],
        "_api": "facade",
        "_operation": "read Patient",
        "_outcome": "refused",
        "_caller": fields["_caller"],
        "_client": "letterbox-facade",
        "_credential": "system-client",
        "_cell": "partner.facade.read_demographics",
        "_standing": answer.headers["pkb-sandbox-standing"],
        "_scenario": "first",
        "_rule": "facade.read-unknown",
        "_explain": answer.headers["pkb-sandbox-explain"],
    }
    assert again["_repeats"] == row["_exchange"]


def test_a_message_has_its_control_id_and_acknowledgement(pkb: Client):
    pkb.send(A28)
    (row,) = archive(pkb)
    assert row["_control_id"] == A28.split("|")[9]
    assert (row["_message_type"], row["_ack"]) == ("ADT^A28", "AA")
    assert "acceptMessage" in row["request"]["postData"]["text"]
    assert row["request"]["postData"]["mimeType"] == "text/xml"


def test_secrets_are_masked_in_every_place(pkb: Client):
    form = {"grant_type": "refresh_token", "refresh_token": "s3cret", "client_id": "x"}
    pkb.http.post("/apiToken.action?client_secret=s3cret", data=form, headers={"Cookie": "session=s3cret"})
    pkb.http.post("/api/oauth/token", content=b"password=s3cret&x=\xff\xfe", auth=("letterbox-facade", "s3cret"))
    pkb.http.get("/fhir/Patient", headers={"Referer": "http://x.test/?code=s3cret"})
    pkb.send(A28)
    response = pkb.http.get("/_sandbox/exchanges.har")
    assert len(response.json()["log"]["entries"]) == 4
    assert not [secret for secret in SECRETS if secret in response.text]
    binary = response.json()["log"]["entries"][1]["request"]["postData"]
    assert base64.b64decode(binary["text"]) == b"password=[redacted]&x=\xff\xfe"


def test_the_code_of_a_redirect_is_masked():
    location = (b"Location", b"http://app.test/back?code=s3cret&state=x")
    response = Passed.of((location,), b"", "")
    at = datetime(2026, 1, 1, tzinfo=UTC)
    exchange = Exchange(id="1", at=at, api="oauth", method="POST", path="/x", status=302, response=response)
    answer = entry(exchange)["response"]
    assert (
        answer["redirectURL"] == pairs(answer["headers"])["location"] == "http://app.test/back?code=[redacted]&state=x"
    )


BINARY = b"%PDF-1.7\n\xff\xfe\x00\x80"


def test_a_binary_body_is_base64(pkb: Client):
    pkb.http.post("/fhir/Binary", content=BINARY, headers={"Content-Type": "application/pdf"})
    (row,) = archive(pkb)
    posted = row["request"]["postData"]
    assert posted["_encoding"] == "base64"
    assert base64.b64decode(posted["text"]) == BINARY
    assert row["request"]["bodySize"] == len(BINARY)


@pytest.mark.parametrize("offset", range(4))
def test_of_a_long_body_the_beginning_is_shown_and_its_size(pkb: Client, offset: int):
    body = ("x" * offset + "\N{GRINNING FACE}" * 20_000).encode()
    pkb.http.post("/fhir/Patient", content=body, headers={"Content-Type": "text/plain"})
    (row,) = archive(pkb)
    posted = row["request"]["postData"]
    assert row["request"]["bodySize"] == len(body)
    assert posted["comment"] == f"The first 65536 of {len(body)} bytes."
    assert body.decode().startswith(posted["text"])
    assert len(posted["text"].encode()) > 65532
    assert "_encoding" not in posted


ODD = [
    "/fhir/Patient/%F0%9F%98%80",
    "/fhir/Patient/a%20b%2Fc?x=%zz&%FF=[1]&token=a",
    "/fhir/Patient?identifier=a|b&name:contains=\"<>{}'",
    "/json/x%0A%0D%00y",
]


@pytest.mark.parametrize("path", ODD)
def test_any_address_is_a_url(pkb: Client, path: str):
    pkb.http.get(path)
    (row,) = archive(pkb)
    url = urlsplit(row["request"]["url"])
    assert f"{url.scheme}://{url.netloc}" == pkb.server.base_url
    names = {row["name"] for row in row["request"]["queryString"]}
    assert names == set(parse_qs(url.query, keep_blank_values=True))


def test_an_invalid_host_is_encoded(pkb: Client):
    pkb.http.get("/fhir/metadata", headers={"Host": "a b/c?d"})
    assert archive(pkb)[-1]["request"]["url"] == "http://a%20b%2Fc%3Fd/fhir/metadata"


def test_an_empty_archive_is_valid(pkb: Client):
    assert archive(pkb, "?api=rest") == []


@pytest.mark.parametrize("form", ["har", "hl7"])
def test_the_filters_of_the_journal_choose(pkb: Client, form: str):
    pkb.send(A28)
    pkb.post_soap(SOAP.format(escape("MSH|nonsense")))
    pkb.facade("/Patient/1")
    ids = [exchange["id"] for exchange in pkb.control("/exchanges")["exchanges"]]
    control_id = A28.split("|")[9]
    if form == "har":
        assert [entry["_exchange"] for entry in archive(pkb, f"?after={ids[0]}&outcome=refused")] == ids[1:]
        assert [entry["_exchange"] for entry in archive(pkb, "?api=hl7&limit=1")] == ids[1:2]
        assert [entry["_exchange"] for entry in archive(pkb, "?client=letterbox-facade")] == ids[2:]
    else:
        assert control_id in log(pkb, "?outcome=accepted")
        assert control_id not in log(pkb, "?outcome=refused")
        assert log(pkb, "?api=facade") == ""


@pytest.mark.parametrize("form", ["har", "hl7"])
def test_an_unknown_filter_is_refused(pkb: Client, form: str):
    assert_problem(pkb.http.get(f"/_sandbox/exchanges.{form}?colour=red"), 400, "Unknown parameter 'colour'")
    assert_problem(pkb.http.get(f"/_sandbox/exchanges.{form}?outcome=good"), 400, "outcome must be one of")
    assert_problem(pkb.http.get(f"/_sandbox/exchanges.{form}?wait=1"), 400, "Unknown parameter 'wait'")


# --- the HL7 log ---


def test_a_message_and_its_acknowledgement_stand_in_the_log(pkb: Client):
    ack = pkb.send(A28)
    assert blocks(log(pkb)) == [segments(A28), segments(ack.text)]


def test_common_tools_read_the_log(pkb: Client):
    names = ("adt_a28", "oru_r01_laboratory", "siu_s12")
    for name in names:
        pkb.send(example(name))
    text = log(pkb)
    parsed = [hl7.parse(message) for message in hl7.split_file(text)]
    types = [str(message.segment("MSH")(9)) for message in parsed]
    assert types[0::2] == [example(name).split("|")[8] for name in names]
    assert all(type_.startswith("ACK") for type_ in types[1::2])
    assert [segments(message) for message in messages_of(text.encode())] == blocks(text)


def test_line_ends_of_any_kind_are_one_kind_in_the_log(pkb: Client):
    for end in ("&#13;", "&#13;&#10;", "\n", "&#10;&#10;"):
        pkb.post_soap(SOAP.format(end.join(map(escape, segments(A28)))))
    assert blocks(log(pkb))[0::2] == [segments(A28)] * 4


def test_a_password_in_a_message_does_not_stand_in_the_log(pkb: Client):
    fields = A28.split("|")
    fields[7] = "org_northmoor:northmoor-Hl7-2026"
    pkb.send("|".join(fields))
    assert "northmoor-Hl7-2026" not in log(pkb)
    assert "[redacted]" in log(pkb)


def test_an_invalid_message_is_not_in_the_log(pkb: Client):
    pkb.post_soap("nonsense")
    pkb.post_soap(SOAP.format("no message"))
    pkb.http.get("/services/hl7?wsdl")
    (acknowledgement,) = blocks(log(pkb))
    assert acknowledgement[1].startswith(("MSA|AR|", "MSA|AE|"))


@pytest.mark.parametrize("envelope", [SOAP, SOAP.replace("{}", "<![CDATA[{}]]>")])
def test_of_a_long_message_the_whole_segments_that_were_kept_are_shown(pkb: Client, envelope: str):
    message = "\n".join([*segments(A28), "NTE|1||R&D", f"NTE|2||{'x' * 70_000}", "NTE|3"])
    pkb.post_soap(envelope.format(message if "CDATA" in envelope else escape(message)))
    assert blocks(log(pkb))[0] == [*segments(A28), "NTE|1||R&D"]


def test_a_message_by_mllp_is_in_both():
    with SandboxServer(port=0, mllp_port=free_port()) as server:
        pkb = Client(server)
        with MLLPClient("127.0.0.1", server.mllp_port) as client:
            client.send_message("\r".join(segments(A28)))
            client.send_message(b"\xff\xfe")
        row, binary = archive(pkb)
        message, acknowledgement, refusal = blocks(log(pkb))
        pkb.http.close()
    assert (row["request"]["method"], row["request"]["url"]) == ("POST", "mllp://localhost/")
    assert row["request"]["postData"]["text"] == "\r".join(segments(A28))
    assert segments(row["response"]["content"]["text"]) == acknowledgement
    assert (row["_control_id"], row["_ack"]) == ("a28-001", "AA")
    assert message == segments(A28)
    assert base64.b64decode(binary["request"]["postData"]["text"]) == b"\xff\xfe"
    assert refusal[1].startswith("MSA|AE|")
