"""A byte order mark in front of a body or message is dropped at every door. Source: RFC 7303, section 3.3."""

from __future__ import annotations

import codecs
import json
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from click.testing import CliRunner

from sandbox.cli import main
from sandbox.model import Patient
from sandbox.server import SandboxServer
from tests.hl7.samples import A28
from tests.support import SOAP, Client

BOM = "\ufeff"
DECLARATION = '<?xml version="1.0" encoding="{}"?>'


def test_a_mark_in_front_of_the_message_is_ignored(pkb: Client):
    assert pkb.send(BOM + A28).code == "AA"
    assert pkb.send(f"\n {BOM}\r\n{A28}{BOM}").code == "AA"


@pytest.mark.parametrize("declared", ["", DECLARATION.format("utf-8"), DECLARATION.format("iso-8859-1")])
@pytest.mark.parametrize("charset", ["", ";charset=utf-8", ";charset=iso-8859-1", ";charset=utf-16"])
def test_a_mark_in_front_of_the_envelope_decides_its_encoding(pkb: Client, declared: str, charset: str):
    body = codecs.BOM_UTF8 + (declared + SOAP.format(escape(A28.replace("Rina", "Zoë")))).encode()
    assert pkb.ack(pkb.post_soap(body, content_type=f"text/xml{charset}")).code == "AA"
    assert pkb.control("/records/9998120012")["patient"]["name"]["given"] == "Zoë"


@pytest.mark.parametrize(("mark", "encoding"), [(codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")])
@pytest.mark.parametrize("charset", ["", ";charset=utf-16", ";charset=utf-16le", ";charset=utf-8"])
def test_an_envelope_in_utf_16_is_read(pkb: Client, mark: bytes, encoding: str, charset: str):
    body = mark + (DECLARATION.format("utf-16") + SOAP.format(escape(A28))).encode(encoding)
    assert pkb.ack(pkb.post_soap(body, content_type=f"text/xml{charset}")).code == "AA"


def test_a_mark_in_front_of_json_for_the_linter_is_ignored(pkb: Client):
    body = codecs.BOM_UTF8 + json.dumps({"text": A28}).encode()
    assert pkb.http.post("/_sandbox/hl7/lint", content=body).json()["ack"] == "AA"


PATIENT = '{"resourceType": "Patient", "name": [{"family": "Khatun"}]}'
PATIENT_XML = '<Patient xmlns="http://hl7.org/fhir"><name><family value="Khatun"/></name></Patient>'


@pytest.mark.parametrize(("type_", "text"), [("json", PATIENT), ("xml", PATIENT_XML)])
@pytest.mark.parametrize("endpoint", ["northmoor-stu3", "northmoor-r4"])
def test_a_mark_in_front_of_a_resource_is_ignored(pkb: Client, endpoint: str, type_: str, text: str):
    headers = {"Authorization": f"Bearer {pkb.token('northmoor-fhir')}", "Content-Type": f"application/fhir+{type_}"}
    content = codecs.BOM_UTF8 + text.encode()
    response = pkb.http.post(f"/customer/{endpoint}/fhir/Patient", content=content, headers=headers)
    assert response.status_code == 201, response.text


def test_a_mark_in_front_of_a_form_is_ignored(pkb: Client):
    credential = pkb.credential("letterbox-facade")
    form = f"grant_type=client_credentials&client_id=letterbox-facade&client_secret={credential['client_secret']}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = pkb.http.post("/api/oauth/token", content=codecs.BOM_UTF8 + form.encode(), headers=headers)
    assert response.status_code == 200


def test_a_mark_in_front_of_settings_and_worlds_is_ignored(tmp_path: Path):
    world = tmp_path / "world.toml"
    world.write_text('name = "bare"\n', encoding="utf-8-sig")
    config = tmp_path / "settings.toml"
    config.write_text(f'world = "{world}"\nclock = "noon"\n', encoding="utf-8-sig")
    result = CliRunner().invoke(main, ["serve", "--port", "0", "--config", str(config)])
    assert "--clock noon" in result.output
    with SandboxServer(port=0, world=str(world)) as server:
        assert list(server.workspaces.default.store.all(Patient)) == []
