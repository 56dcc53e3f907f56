"""Every HL7 example gets exactly the acknowledgement that the index says, from a running sandbox."""

from __future__ import annotations

import re
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hl7.client import MLLPClient

from sandbox.base import datafiles
from sandbox.examples.example import Example
from sandbox.examples.index import all_examples
from sandbox.examples.making.editing import place_of, with_values, without_segments
from sandbox.examples.making.hl7 import ACKNOWLEDGED_AT
from sandbox.examples.making.hl7_messages import accepted, table
from sandbox.facts import ledger
from sandbox.hl7.er7 import parse
from sandbox.hl7.messages import MESSAGES
from sandbox.server import SandboxServer
from tests.hl7.test_mllp import free_port
from tests.support import SOAP, Ack, Client

MESSAGE_EXAMPLES = {name: example for name, example in all_examples().items() if example.kind == "hl7"}
REFUSED = [name for name, example in MESSAGE_EXAMPLES.items() if example.variant == "refused"]
ACCEPTED = [name for name in MESSAGE_EXAMPLES if name not in REFUSED]
FULL = [message for message in accepted() if message.variant == "full"]
MINIMAL = [message for message in accepted() if message.variant == "minimal"]
PASSWORDS = {
    "org_northmoor": "northmoor-Hl7-2026",
    "partner_letterbox": "letterbox-Hl7-2026",
    "partner_untethered": "untethered-Hl7-2026",
}
ONLY_ON_UPDATE = {("ADT^A28", "ZTM", 2)}
"""A team to remove, which a patient who is created is not in."""


def text_of(path: str) -> str:
    return datafiles.read_example(path).decode()


def post(pkb: Client, example: Example, text: str = "") -> tuple[Ack, str]:
    """Send an example as its sender: the acknowledgement, and the path of its explanation."""
    response = pkb.http.post(
        "/services/hl7",
        content=SOAP.format(escape(text or text_of(example.files[0]))).encode(),
        headers={"Content-Type": "text/xml;charset=utf-8"},
        auth=(example.user, PASSWORDS[example.user]),
    )
    assert response.status_code == example.status
    assert example.cell in response.headers.get("PKB-Sandbox-Cell", example.cell)
    return pkb.ack(response), response.headers.get("PKB-Sandbox-Explain", "")


@pytest.fixture
def stage(pkb: Client) -> Client:
    """The default world at the time of the acknowledgements."""
    at = f"{ACKNOWLEDGED_AT:%Y-%m-%dT%H:%M:%SZ}"
    assert pkb.http.put("/_sandbox/clock", json={"mode": "frozen", "at": at}).status_code == 200
    return pkb


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_message_gets_the_acknowledgement_beside_it(stage: Client, name: str):
    example = MESSAGE_EXAMPLES[name]
    ack, explain = post(stage, example)
    assert ack.text.replace("\r", "\n").strip() == text_of(example.files[1]).strip()
    assert (ack.code, ack.detail) == (example.ack, example.text)
    explanation = stage.http.get(explain).json()
    assert (explanation["id"], explanation["standing"]) == (example.rule, example.standing)
    assert ledger()[example.rule].standing == example.standing


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_message_is_accepted_after_those_that_it_follows(pkb: Client, name: str):
    example = MESSAGE_EXAMPLES[name]
    for before in example.after:
        assert post(pkb, MESSAGE_EXAMPLES[before])[0].code == "AA"
    ack, _ = post(pkb, example)
    assert (ack.code, ack.detail) == ("AA", "")
    if example.variant == "query":
        assert ack.segments[0][8] == "ADR^A19"


def test_the_texts_that_pkb_prints_are_all_there_word_for_word():
    printed = {example.text.partition(": ")[2] for example in MESSAGE_EXAMPLES.values() if example.printed}
    assert printed == set(table("hl7_refused")["printed"])


def test_a_sample_over_mllp_gets_the_same():
    names = (
        "adt_a28_full",
        "oru_r01_laboratory",
        "siu_s12_minimal",
        "siu_s12_without_sch_1_1",
        "batch",
        "adt_a28_gender",
    )
    with SandboxServer(port=0, mllp_port=free_port()) as server, MLLPClient("127.0.0.1", server.mllp_port) as client:
        for name in names:
            example = MESSAGE_EXAMPLES[name]
            reply = client.send_message(text_of(example.files[0]).strip().replace("\n", "\r")).decode()
            ack = Ack(reply.strip("\x0b\x1c\r"))
            assert (ack.code, ack.detail) == (example.ack, example.text)


WITHOUT_EXAMPLE = {
    "access.bearer-at-hl7-401": "no HL7 credential",
    "contacts.email-of-professional": "advice beside the rule of another record",
    "demographics.strict": "a setting",
    "hl7.charset": "transport",
    "hl7.content-type": "transport",
    "hl7.soap-fault": "transport",
    "hl7.mllp": "transport",
    "hl7.mllp-credential": "transport",
    "hl7.mllp-framing": "transport",
    "frontend.other-method": "transport",
    "hl7.delimiter-limit": "100,000 delimiters",
    "hl7.gender-letter": "accepted",
    "matching.auto-create": "an option of the organisation",
    "matching.soft-match-needs-value": "an option of the organisation",
    "membership.creating-team": "every organisation of the default world has a default team",
    "strict.processing-id": "a setting",
}
"""Rule that refuses a message, or stands where messages are refused → why there is no example of it."""


def test_each_rule_that_refuses_a_message_has_an_example():
    package = Path(__file__).parents[2] / "sandbox"
    folders = ("hl7", "domain/patients", "access")
    files = [file for folder in folders for file in (package / folder).rglob("*.py")]
    rules = {
        rule
        for file in files
        for rule in re.findall(
            r'rule="((?:hl7|matching|contacts|demographics|membership|'
            r'results|radiology|documents|strict)\.[a-z0-9-]+)"',
            file.read_text(encoding="utf-8"),
        )
    }
    assert rules - {example.rule for example in MESSAGE_EXAMPLES.values()} <= set(WITHOUT_EXAMPLE)


def test_the_message_of_every_measurement_leaves_only_measurements(pkb: Client):
    example = MESSAGE_EXAMPLES["oru_r01_measurements_every_type"]
    before = len(pkb.control("/records/9991001379")["measurements"])
    post(pkb, example)
    record = pkb.control("/records/9991001379")
    assert len(record["measurements"]) == before + int(example.title.rpartition(" ")[2])
    assert not [report for report in record["lab_reports"] if report["external_id"] == "OBS-9002"]


def test_each_message_has_a_minimal_a_full_and_a_refused_example():
    variants: dict[str, set[str]] = {}
    for message in accepted():
        variants.setdefault(message.profile.name, set()).add(message.variant)
    assert set(variants) == set(MESSAGES)
    cancels = {"ADT^A11", "ADT^A12", "ADT^A13", "ADT^A27", "ADT^A38", "MDM^T11"}
    for name, kinds in variants.items():
        assert "minimal" in kinds
        assert "full" in kinds or name in cancels, name  # what cancels has no field beyond the required ones


@pytest.mark.parametrize("message", FULL, ids=lambda message: message.name)
def test_a_full_message_has_every_field_of_its_profile(message):
    text = parse(message.text)
    alone = {"PID"} if message.profile.type not in ("ADT^A28", "ADT^A31") else set()
    rows = [row for row in message.profile.fields if row.segment not in alone]
    absent = [
        (message.profile.type, row.segment, row.field)
        for row in rows
        if not any(segment.has(row.field) for segment in text.segments(row.segment))
    ]
    assert set(absent) - ONLY_ON_UPDATE - {(message.profile.type, "PID", 2), (message.profile.type, "PID", 29)} == set()


@pytest.mark.parametrize("message", MINIMAL, ids=lambda message: message.name)
def test_a_minimal_message_needs_each_of_its_fields(pkb: Client, message):
    """Without any field it is refused; FREE names the exceptions."""
    free = FREE.get(message.name, ())
    example = MESSAGE_EXAMPLES[message.name]
    for before in message.after:
        post(pkb, MESSAGE_EXAMPLES[before])
    lines = message.text.split("\n")[1:]
    for line in lines:
        name = line[:3]
        for field, value in enumerate(line.split("|")):
            for component, part in enumerate(value.split("^"), 1):
                address = f"{name}-{field}.{component}"
                if field and part and address not in free:
                    ack, _ = post(pkb, example, with_values(message.text, {address: ""}))
                    assert ack.code == "AR", address


FREE = {
    "siu_s13_minimal": ("SCH-11.4",),
    "siu_s14_minimal": ("SCH-7.2",),
    "oru_r01_measurements_minimal": ("OBX-3.3", "OBX-6.1"),
    "oru_r01_radiology_minimal": ("OBX-5.1",),
    "qry_a19_apn_minimal": ("QRD-9.1",),
}
"""Minimal message → what PKB does not require, but without which the message would change nothing, be a laboratory
result, or ask something else."""


def test_an_address_that_a_message_does_not_have_is_refused():
    with pytest.raises(ValueError, match=r"no OBX\[2\]"):
        with_values("MSH|^~\\&\nOBX|1", {"OBX[2]-1": "x"})
    with pytest.raises(ValueError, match="not an address"):
        place_of("OBX")
    with pytest.raises(ValueError, match="not a segment"):
        without_segments("MSH|^~\\&", ["obx"])
