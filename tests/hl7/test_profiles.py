"""The messages that are built, their facts files and their examples say the same. Source: *HL7 Message Scopes*."""

from __future__ import annotations

import pytest

from sandbox import datafiles
from sandbox.errors import Invalid
from sandbox.facts import STANDINGS
from sandbox.hl7.messages import MESSAGES
from sandbox.hl7.profiles import common, profiles
from sandbox.hl7.segments import parse
from tests.hl7.samples import A28, FIXTURES, PREFIX_AR, header, state
from tests.support import Client

FILES = sorted(datafiles.beside_code("hl7/messages").glob("*.toml"))
NOT_BUILT = [row["name"] for row in datafiles.read_toml(datafiles.beside_code("hl7/not_built.toml"))["message"]]
NEVER = ["ADT^A04", "ADT^A40", "ADT^A60", "ORM^O01", "ACK^A28", "ADR^A19", "A28^ADT", "ADT^a28", "^"]
EXAMPLES = sorted(FIXTURES.glob("*.hl7"))


def test_each_handler_has_a_facts_file_and_each_facts_file_a_handler():
    assert set(profiles()) == set(MESSAGES)


def test_each_message_stands_in_one_facts_file():
    named = [type_ for file in FILES for type_ in datafiles.read_toml(file)["messages"]]
    assert len(named) == len(set(named))


def test_a_message_is_either_built_or_listed_as_not_built():
    assert set(MESSAGES).isdisjoint(NOT_BUILT)


@pytest.mark.parametrize("type_", MESSAGES)
def test_each_message_has_an_example(type_):
    stem = type_.lower().replace("^", "_")
    found = [parse(file.read_text(encoding="utf-8")) for file in EXAMPLES if file.name.startswith(stem)]
    assert {message.type for message in found} == {type_}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_each_example_is_of_a_built_message_and_is_accepted(pkb: Client, file):
    text = file.read_text(encoding="utf-8")
    assert parse(text).type in MESSAGES
    assert pkb.send(text).code == "AA"


def test_the_update_example_follows_the_creation_example(pkb: Client):
    codes = [pkb.send((FIXTURES / f"{name}.hl7").read_text(encoding="utf-8")).code for name in ("adt_a28", "adt_a31")]
    assert codes == ["AA", "AA"]


@pytest.mark.parametrize("type_", NOT_BUILT + NEVER)
def test_a_message_that_is_not_built_is_an_unknown_type(pkb: Client, type_: str):
    before = state(pkb)
    ack = pkb.send(A28.replace("ADT^A28", type_))
    assert (ack.code, ack.detail) == ("AR", PREFIX_AR + "Unknown messageType received from HL7")
    assert ack.control_id == "a28-001"
    assert state(pkb) == before


@pytest.mark.parametrize("type_", MESSAGES)
def test_a_profile_is_complete(type_):
    profile = profiles()[type_]
    assert profile.action in ("send_data", "read_demographics")
    assert profile.standing in STANDINGS
    assert profile.segments
    assert profile.structure.startswith("MSH ")
    for row in profile.fields:
        assert row.segment in f"{profile.structure} PID NTE QRF"
        assert row.optionality in ("R", "O")
        assert row.standing in STANDINGS
        assert row.name


def test_the_header_requires_time_control_id_and_processing_id():
    assert [row.field for row in common() if row.segment == "MSH" and row.optionality == "R"] == [7, 10, 11]


@pytest.mark.parametrize("type_", MESSAGES)
def test_each_required_segment_is_asked_for_by_name(type_):
    profile = profiles()[type_]
    for name in profile.segments:
        with pytest.raises(Invalid, match=rf"^{name} segment must be provided$"):
            profile.check(parse(header(type_)))


def test_the_first_fault_in_the_order_of_the_message_is_named():
    with pytest.raises(Invalid, match="DG1"):
        profiles()["ADT^A28"].check(parse(f"{header()}\rPID|\rDG1|1||\rAL1|1||"))


def test_each_occurrence_of_a_segment_is_checked():
    with pytest.raises(Invalid, match="AL1"):
        profiles()["ADT^A28"].check(parse(f"{header()}\rPID|\rAL1|1||1^A\rAL1|2||^^SNOMED"))
