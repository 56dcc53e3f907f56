"""ACK. Source: *ACK*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848470/ACK"""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hl7apy.parser import parse_message, parse_segment

from sandbox.hl7.acknowledgment import acknowledge
from sandbox.hl7.er7 import parse
from tests.hl7.samples import A28, header, message
from tests.support import Client

NOW = datetime(2025, 3, 10, 12, 30, 1, tzinfo=UTC)
REQUEST = parse(header(control_id="a11-001", type_="ADT^A11", facility="NORTHMOOR"))


def assert_hl7apy_reads(text: str) -> None:
    """The message leniently, since `ACK^A28` is PKB's own type; each segment strictly."""
    assert parse_message(text, find_groups=False).children
    for line in text.split("\r"):
        parse_segment(line, version="2.4", validation_level=1)


def test_an_acceptance_has_a_header_and_an_msa_without_text():
    assert acknowledge(REQUEST, "AA", "", NOW, trigger="A11") == (
        "MSH|^~\\&|HL7API|PKB|PAS|NORTHMOOR|20250310123001+0000||ACK^A11|PKB-20250310123001+0000|P|2.4\rMSA|AA|a11-001"
    )


@pytest.mark.parametrize(
    ("code", "text"),
    [("AR", "Parsing or validation error: what is wrong"), ("AE", "Unexpected error while processing: what is wrong")],
)
def test_a_refusal_has_a_prefix_and_the_detail(code, text):
    msa = acknowledge(REQUEST, code, "what is wrong", NOW, trigger="A11").split("\r")[1]
    assert msa == f"MSA|{code}|a11-001|{text}"


def test_without_a_message_the_reply_has_neither_receiver_nor_trigger_nor_control_id():
    assert acknowledge(None, "AE", "null", NOW) == (
        "MSH|^~\\&|HL7API|PKB|||20250310123001+0000||ACK|PKB-20250310123001+0000|P|2.4\r"
        "MSA|AE||Unexpected error while processing: null"
    )


def test_echoed_input_is_escaped():
    request = parse("MSH|^~\\&|P\\S\\S|N\\F\\M|||20260310||ADT^A28|c\\T\\1|P")
    reply = acknowledge(request, "AR", "a|b\nc", NOW, trigger="A28").split("\r")
    assert reply[0].split("|")[4:6] == ["P\\S\\S", "N\\F\\M"]
    assert reply[1] == "MSA|AR|c\\T\\1|Parsing or validation error: a\\F\\b c"


@pytest.mark.parametrize("text", [A28, A28.replace("Khatun^Rina", "^"), "nonsense"], ids=["AA", "AR", "AE"])
def test_a_strict_hl7_library_reads_each_segment_of_a_reply(pkb: Client, text: str):
    reply = pkb.send(text).text
    assert_hl7apy_reads(reply)


@pytest.mark.parametrize("filter_", ["DEM", "APN"])
def test_a_strict_hl7_library_reads_each_segment_of_a_query_reply(pkb: Client, filter_: str):
    ack = pkb.send(message(f"QRD|20260310|R|I|Q1|||||{filter_}", type_="QRY^A19"))
    assert len([segment for segment in ack.segments if segment[0] == "PID"]) > 10
    assert_hl7apy_reads(ack.text)


def test_a_reply_over_the_wire_carries_the_time_of_the_reply(pkb: Client):
    msh = pkb.send(A28).segment("MSH")
    assert re.fullmatch(r"\d{14}\+0000", msh[6])
    assert msh[9] == f"PKB-{msh[6]}"
    assert msh[2:6] == ["HL7API", "PKB", "PAS", "NORTHMOOR"]
    assert msh[8] == "ACK^A28"
    assert msh[10:] == ["P", "2.4"]


def test_a_control_id_that_was_seen_before_is_accepted_again(pkb: Client):
    assert [pkb.send(A28).code, pkb.send(A28.replace("Lee", "Leigh")).code] == ["AA", "AA"]
