"""The messages that are built, their facts files and their examples say the same. Source: *HL7 Message Scopes*."""

from __future__ import annotations

import re

import pytest

from sandbox.base import datafiles
from sandbox.domain.record import Sender
from sandbox.errors import Invalid
from sandbox.facts import STANDINGS, ledger
from sandbox.hl7 import attachments, pid
from sandbox.hl7.er7 import parse
from sandbox.hl7.messages import MESSAGES, mdm, profile_of, qry_a19
from sandbox.hl7.profiles import common, profiles
from sandbox.model import Organisation
from sandbox.testing import hl7_values
from tests.hl7.samples import A28, FIXTURES, ORGANISATIONS, PREFIX_AR, header, state
from tests.support import Client

FILES = sorted(datafiles.beside_code("hl7/messages").glob("*.toml"))
NEVER = ["ADT^A04", "ADT^A40", "ADT^A60", "ORM^O01", "ACK^A28", "ADR^A19", "A28^ADT", "ADT^a28", "^"]
EXAMPLES = sorted(FIXTURES.glob("*.hl7"))


def sender_of_northmoor(pkb: Client) -> Sender:
    return Sender(organisation=pkb.server.workspaces.default.store.get(Organisation, ORGANISATIONS["northmoor"]))


def test_each_handler_has_a_facts_file_and_each_facts_file_a_handler():
    assert set(profiles()) == set(MESSAGES)


def test_the_types_are_those_of_pkbs_own_list():
    """Source: the enumeration of message types in PKB's published code."""
    text = ledger()["hl7.message-types"].text
    named = {(type_, *re.findall(r"[A-Z]\d\d", events)) for type_, events in re.findall(r"([A-Z]{3})\^([^;]+)", text)}
    listed = {f"{type_}^{event}" for type_, *events in named for event in events}
    assert listed == {profile.type for profile in profiles().values()}


def test_each_use_of_a_message_is_in_one_facts_file():
    facts = [datafiles.read_toml(file) for file in FILES]
    named = [(type_, profile.get("slice", "")) for profile in facts for type_ in profile["messages"]]
    assert len(named) == len(set(named))


@pytest.mark.parametrize("name", MESSAGES)
def test_each_message_has_an_example(pkb: Client, name):
    sender = sender_of_northmoor(pkb)
    messages = [parse(file.read_text(encoding="utf-8")) for file in EXAMPLES]
    assert name in {profile_of(message, sender).name for message in messages}


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_each_example_is_of_a_built_message_and_is_accepted(pkb: Client, file):
    text = file.read_text(encoding="utf-8")
    assert file.name.startswith(parse(text).type.lower().replace("^", "_"))
    assert pkb.send(text).code == "AA"


def test_the_update_example_follows_the_creation_example(pkb: Client):
    codes = [pkb.send((FIXTURES / f"{name}.hl7").read_text(encoding="utf-8")).code for name in ("adt_a28", "adt_a31")]
    assert codes == ["AA", "AA"]


@pytest.mark.parametrize("type_", NEVER)
def test_a_message_that_pkb_does_not_take_is_an_unknown_type(pkb: Client, type_: str):
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
        assert row.type in (*hl7_values.TYPES, "ID", "MSG", "varies")


CODE_SETS = {
    ("PID", 8): set(pid.GENDERS),
    ("PV1", 2): set(datafiles.read_toml(datafiles.beside_code("hl7/patient_class.toml"))["classes"]),
    ("TXA", 2): {*mdm.document_types(), mdm.CARE_PLAN},
    ("QRD", 9): set(qry_a19.FILTERS),
    ("QRD", 11): set(qry_a19.STATUSES),
}
"""Field → the codes that the code knows."""


@pytest.mark.parametrize(("segment", "field"), CODE_SETS)
def test_a_code_set_says_what_the_code_takes(segment: str, field: int):
    rows = {
        row for profile in profiles().values() for row in profile.fields if (row.segment, row.field) == (segment, field)
    }
    assert {value for row in rows for value in row.values} == CODE_SETS[segment, field]


@pytest.mark.parametrize(("use", "allowed"), [("document", attachments.DOCUMENT), ("care plan", attachments.CARE_PLAN)])
def test_the_formats_of_a_file_are_those_that_are_taken(use: str, allowed: attachments.Allowed):
    rows = {row.component: row for row in profiles()[f"MDM^T02 {use}"].fields if (row.segment, row.field) == ("OBX", 5)}
    assert set(rows[2].values) == {type_ for types in allowed.types.values() for type_ in types or ()}
    assert set(rows[3].values) == set(allowed.types)
    assert set(rows[4].values) == {"A", "Base64"}


def test_the_header_requires_time_control_id_and_processing_id():
    assert [row.field for row in common() if row.segment == "MSH" and row.optionality == "R"] == [7, 10, 11]


@pytest.mark.parametrize("type_", MESSAGES)
def test_each_required_segment_is_asked_for_by_name(type_):
    profile = profiles()[type_]
    for number, name in enumerate(profile.segments):
        with pytest.raises(Invalid, match=rf"^{name} segment must be provided$"):
            raise next(profile.problems(parse("\r".join((header(profile.type), *profile.segments[:number])))))


def test_the_first_fault_in_the_order_of_the_message_is_named():
    with pytest.raises(Invalid, match="DG1"):
        raise next(profiles()["ADT^A28"].problems(parse(f"{header()}\rPID|\rDG1|1||\rAL1|1||")))


def test_each_occurrence_of_a_segment_is_checked():
    with pytest.raises(Invalid, match="AL1"):
        raise next(profiles()["ADT^A28"].problems(parse(f"{header()}\rPID|\rAL1|1||1^A\rAL1|2||^^SNOMED")))
