"""What a body becomes in memory is bounded: how many values it has, and what is left of one that is refused."""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from xml.etree.ElementTree import ParseError

import httpx
import pytest

from sandbox.app import create_app
from sandbox.errors import Unreadable
from sandbox.fhir.base import primitives, xml
from sandbox.fhir.base.json import Number
from sandbox.hl7 import soap
from sandbox.http import xml_tree
from sandbox.settings import Settings
from sandbox.worlds.workspaces import Workspaces

TOKENS = "/auth/realms/pkb/protocol/openid-connect/token"
FORM = {"grant_type": "client_credentials", "client_id": "northmoor-fhir", "client_secret": "northmoor-Secret-2026"}
PATIENTS = "/customer/northmoor-r4/fhir/Patient"
HL7 = {"Authorization": "Basic b3JnX25vcnRobW9vcjpub3J0aG1vb3ItSGw3LTIwMjY=", "Content-Type": "text/xml"}
MOST = 1000
PATIENT = b'{"resourceType":"Patient","extension":[%b]}'


def statuses(*requests: tuple[str, bytes, dict[str, str]]) -> list[int]:
    async def main() -> list[int]:
        app = create_app(Workspaces(Settings(max_body_parts=MOST)))
        transport = httpx.ASGITransport(app=app, client=("127.0.0.1", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080") as http:
            token = (await http.post(TOKENS, data=FORM)).json()["access_token"]
            answers = []
            for path, body, options in requests:
                headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", **options}
                answers.append(await http.post(path, content=body, headers=headers))
            return [answer.status_code for answer in answers]

    return asyncio.run(main())


def test_a_body_of_too_many_values_is_refused_by_every_api_before_it_is_parsed():
    many = b",".join([b"{}"] * MOST)
    as_xml = {"Content-Type": "application/fhir+xml"}
    requests: list[tuple[str, bytes, dict[str, str]]] = [
        (PATIENTS, PATIENT % many, {}),
        (PATIENTS, b" <Patient>" + b"<a/>" * MOST, as_xml),
        ("/_sandbox/verify", b'{"expect":[%b]}' % many, {}),
        ("/services/hl7", b"<a>" * (MOST + 1), HL7),
    ]
    assert statuses(*requests) == [413] * 4


def test_a_body_with_as_many_values_as_allowed_and_a_file_of_any_characters_are_read():
    fields = b",".join([b"1"] * (MOST - 3))
    file = {"Content-Type": "text/csv"}
    requests: list[tuple[str, bytes, dict[str, str]]] = [
        (PATIENTS, PATIENT % fields, {}),
        (PATIENTS.replace("Patient", "Binary"), b"," * (MOST + 1), file),
    ]
    assert statuses(*requests) == [422, 201]


def test_an_envelope_has_a_bounded_number_of_elements(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(soap, "MOST_ELEMENTS", 1000)
    with pytest.raises(soap.SoapFault, match="too many elements"):
        soap.open_envelope(b"<a>" + b"<b/>" * 1000 + b"</a>" + b" " * soap.SHORT, "text/xml")


def test_a_resource_in_xml_of_too_many_levels_is_refused_while_it_is_read():
    with pytest.raises(Unreadable, match="more than 100 levels"):
        xml.from_xml("R4", b"<a>" * 1000)


def broken_tree() -> None:
    with pytest.raises(ParseError):
        xml_tree.read_tree((b"<a><b></b>" + b"<c/>" * 1000,), 10)


def broken_narrative() -> None:
    assert not primitives.is_too_deep("<a>" + "<b/>" * 1000)


@pytest.mark.parametrize("read", [broken_tree, broken_narrative])
def test_a_broken_document_leaves_nothing_that_waits_for_a_collection(read: Callable[[], None]):
    read()
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        for _ in range(20):
            read()
        assert len(gc.get_objects()) - before < 100
    finally:
        gc.enable()


def test_a_number_has_no_dictionary_of_its_own():
    number = Number("1.10")
    assert (number.lexeme, hasattr(number, "__dict__")) == ("1.10", False)
