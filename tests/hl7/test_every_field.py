"""Each example without each mandatory field in turn; any damage to a message: the facts decide, and nothing is left."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.hl7.er7 import parse
from sandbox.hl7.messages import profile_of
from sandbox.hl7.profiles import FieldRow, common
from sandbox.server import SandboxServer
from tests.hl7.samples import FIXTURES, PREFIX_AR, state
from tests.hl7.test_profiles import sender_of_northmoor
from tests.support import Client

EXAMPLES = {file.stem: file.read_text(encoding="utf-8").strip() for file in sorted(FIXTURES.glob("*.hl7"))}
STABLE = [name for name in EXAMPLES if name not in ("adt_a02", "adt_a08", "qry_a19_apn", "qry_a19_dem", "qry_a19_sta")]
"""Examples that leave the same behind when they are sent twice; transfers and updates are always added."""


def without(text: str, rows: list[FieldRow]) -> str:
    """The message with the components of some rows blank, in every segment of their name."""
    lines = []
    for line in text.split("\n"):
        fields = line.split("|")
        for row in rows:
            number = row.field - (fields[0] == "MSH")
            if fields[0] == row.segment and number < len(fields):
                components = fields[number].split("^")
                if row.component <= len(components):
                    components[row.component - 1] = ""
                fields[number] = "^".join(components)
        lines.append("|".join(fields))
    return "\n".join(lines)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_without_a_mandatory_field_is_refused_and_leaves_nothing(pkb: Client, name: str):
    text = EXAMPLES[name]
    profile = profile_of(parse(text), sender_of_northmoor(pkb))
    present = {line[:3] for line in text.split("\n")}
    mandatory = [row for row in (*common(), *profile.fields) if row.optionality == "R" and row.segment in present]
    if name == "oru_r01_text_report":  # its code is OBR-4: what each result needs does not apply
        mandatory = [row for row in mandatory if row.when != "a result"]
    before = state(pkb)
    for key in dict.fromkeys((row.one_of or row.name, row.segment) for row in mandatory):
        rows = [row for row in mandatory if (row.one_of or row.name, row.segment) == key]
        ack = pkb.send(without(text, rows))
        assert ack.code == "AR", (key, ack.text)
        assert all(f"{row.segment}" in ack.detail and row.name in ack.detail for row in rows), (key, ack.text)
        assert state(pkb) == before


@pytest.mark.parametrize("name", STABLE)
def test_an_example_sent_twice_leaves_as_much_as_sent_once(pkb: Client, name: str):
    assert pkb.send(EXAMPLES[name]).code == "AA"
    once = {table: len(rows) for table, rows in state(pkb).items()}
    assert pkb.send(EXAMPLES[name]).code == "AA"
    assert {table: len(rows) for table, rows in state(pkb).items()} == once


DAMAGE = st.sampled_from(
    ["|", "^", "~", "&", "\\", "\r", "\x0b", '""', "^^^^", "|||||", "\\X41\\", "2026031", "%%%", "é"]
)


@given(
    name=st.sampled_from(sorted(EXAMPLES)), at=st.integers(8, 600), cut=st.integers(0, 40), damage=DAMAGE | st.just("")
)
def test_any_damage_is_acknowledged_and_a_refusal_leaves_nothing(running: Client, name, at: int, cut: int, damage: str):
    running.http.post("/_sandbox/reset")
    text = EXAMPLES[name]
    before = state(running)
    ack = running.send(text[:at] + damage.replace("\x0b", " ") + text[at + cut :])
    assert ack.code in ("AA", "AR", "AE")
    if ack.code != "AA":
        assert state(running) == before


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_malformed_timestamp_is_refused_whether_or_not_it_is_used(pkb: Client, name: str):
    text = EXAMPLES[name]
    before = state(pkb)
    fields = profile_of(parse(text), sender_of_northmoor(pkb)).fields
    required = {row.segment for row in fields if row.optionality == "R"}
    for row in (row for row in fields if row.type in ("TS", "DT")):
        lines = text.split("\n")
        if row.segment not in required and not any(line.startswith(row.segment) for line in lines):
            lines.append(row.segment)
        for at, line in enumerate(lines):
            if line.startswith(row.segment):
                malformed = written(line, row.field, row.component, "2026031")
                ack = pkb.send("\n".join([*lines[:at], malformed, *lines[at + 1 :]]))
                place = f"{row.segment}-{row.field}.{row.component}"
                assert (ack.code, ack.detail) == ("AR", f"{PREFIX_AR}Invalid timestamp [2026031] in {place}")
    assert state(pkb) == before


def written(line: str, field: int, component: int, value: str) -> str:
    """The segment with one component replaced."""
    fields = line.split("|")
    fields += [""] * (field + 1 - len(fields))
    components = fields[field].split("^")
    components += [""] * (component - len(components))
    components[component - 1] = value
    fields[field] = "^".join(components)
    return "|".join(fields)


def test_the_timestamps_of_an_announced_segment_count_when_it_is_switched_on(pkb: Client):
    text = EXAMPLES["adt_a28"] + "\rNK1|7|||||||||||||||2026031"
    assert pkb.send(text).code == "AA"
    with SandboxServer(port=0, nk1_roadmap=True) as server:
        client = Client(server)
        with client.http:
            ack = client.send(text)
    assert (ack.code, ack.detail) == ("AR", f"{PREFIX_AR}Invalid timestamp [2026031] in NK1-16.1")
