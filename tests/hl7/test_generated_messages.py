"""Whole valid messages of every type, generated from the facts: taken in, twice as once, or refused without a trace."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sandbox.hl7.profiles import profiles
from sandbox.testing.hl7_messages import MOST_REPEATS
from sandbox.testing.strategies import hl7_messages, hl7_types, nhs_numbers
from tests.hl7.clinical import ADEYEMI
from tests.hl7.samples import PREFIX_AR, state
from tests.hl7.test_any_text import control_id
from tests.support import Client

TEAMS = ("northmoor_default", "northmoor_renal")
KNOWN = st.just(f"{ADEYEMI}^^^NHS^NH{{status:01}}")
ANYBODY = KNOWN | nhs_numbers().map(lambda number: f"{number}^^^NHS^NH")
FEW_KEYS = st.sampled_from(["K-1", "K-2"])

ADDED = ("ADT^A02", "ADT^A08")
"""Types that add an event each time they are sent (*Encounters*)."""
VOLATILE = ("id", "entered_at", "persisted_at", "updated_at", "report", "attachment", "attachments", "data_point")
"""Attributes that a message sent again may renew, and references to ids."""
INCOMPLETE = (
    "SCH-11.4 (start time) must be provided. You provided []",
    "PV1-3.9 (location) must be provided. You provided []",
)
"""What an update about an unknown appointment is refused with when it leaves out what a new one needs."""


def messages(name: str, **options: Any) -> st.SearchStrategy[str]:
    return hl7_messages(name, **{"patients": KNOWN, "teams": TEAMS, "key": FEW_KEYS, **options})


def again(pkb: Client) -> Client:
    pkb.server.workspaces.default.reset(("store",))
    return pkb


def comparable(value: Any) -> Any:
    """A stored value without what may be renewed."""
    if is_dataclass(value):
        return tuple(comparable(getattr(value, field.name)) for field in fields(value) if field.name not in VOLATILE)
    return tuple(map(comparable, value)) if isinstance(value, tuple) else value


def of_record(pkb: Client) -> dict[str, dict[str, Any]]:
    """The state without mails, of which a result that is taken back and brought again makes another."""
    return {table: rows for table, rows in state(pkb).items() if table not in ("outbox", "due_work")}


def changes(before: dict[str, dict[str, Any]], after: dict[str, dict[str, Any]]) -> tuple[list[str], list[str]]:
    """What is gone or replaced, and what is there instead; not what was taken back and is kept for audit only."""
    gone = [row for table, rows in before.items() for id_, row in rows.items() if after[table].get(id_) is not row]
    new = [row for table, rows in after.items() for id_, row in rows.items() if before[table].get(id_) is not row]
    rows_of = [[repr(comparable(row)) for row in rows if not getattr(row, "deleted", False)] for rows in (gone, new)]
    return sorted(rows_of[0]), sorted(rows_of[1])


@pytest.mark.parametrize("name", hl7_types())
@settings(max_examples=10)
@given(data=st.data())
def test_a_generated_message_is_accepted_or_refused_as_documented(running: Client, name: str, data: st.DataObject):
    pkb = again(running)
    text = data.draw(messages(name))
    ack = pkb.send(text)
    if ack.code != "AA":
        assert name in ("SIU^S13", "SIU^S14", "SIU^S15", "SIU^S26")
        assert ack.detail in [PREFIX_AR + detail for detail in INCOMPLETE]
    assert ack.control_id == control_id(text)


@pytest.mark.parametrize("name", ["ADT^A28", "ADT^A31"])
@settings(max_examples=10)
@given(data=st.data())
def test_a_generated_patient_is_created_and_found(running: Client, name: str, data: st.DataObject):
    pkb = again(running)
    ack = pkb.send(data.draw(hl7_messages(name)))
    assert ack.code == "AA", ack.text


@pytest.mark.parametrize("name", [name for name in hl7_types() if name not in ADDED])
@settings(max_examples=10)
@given(data=st.data())
def test_sending_twice_is_sending_once(running: Client, name: str, data: st.DataObject):
    pkb = again(running)
    for earlier in data.draw(st.lists(messages(name), max_size=2)):
        pkb.send(earlier)
    text = data.draw(messages(name))
    first, once = pkb.send(text).code, of_record(pkb)
    assert pkb.send(text).code == first
    gone, new = changes(once, of_record(pkb))
    assert gone == new


DAMAGE = ("|", "^", "~", "&", "\\", "\r", '""', "^^^^", "|||||", "\\X41\\", "2026031", "%", "=", "é", "R", "")


@settings(max_examples=100)
@given(name=st.sampled_from(hl7_types()), data=st.data())
def test_a_damaged_message_is_answered_and_a_refused_one_leaves_nothing(
    running: Client, name: str, data: st.DataObject
):
    pkb = again(running)
    text = data.draw(messages(name, patients=ANYBODY))
    at, cut = data.draw(st.integers(4, len(text))), data.draw(st.sampled_from((0, 1, 1, 3, 20, len(text))))
    damaged = text[:at] + data.draw(st.sampled_from(DAMAGE)) + text[at + cut :]
    before = state(pkb)
    ack = pkb.send(damaged)
    assert ack.code in ("AA", "AR", "AE")
    if "\\" not in control_id(damaged):
        assert ack.control_id == control_id(damaged)
    if ack.code != "AA":
        assert state(pkb) == before


@settings(max_examples=20)
@given(data=st.data())
def test_encounter_messages_in_any_order_leave_the_last_of_each_event(running: Client, data: st.DataObject):
    """Against an oracle that knows which type adds, replaces or takes back which event, and nothing else."""
    pkb = again(running)
    single = {"A01": "ADMIT", "A03": "DISCHARGE", "A05": "PRE_ADMIT", "A14": "PENDING_ADMIT"}
    several = {"A02": "TRANSFER", "A08": "UPDATE"}
    cancels = {"A11": "ADMIT", "A12": "TRANSFER", "A13": "DISCHARGE", "A38": "PRE_ADMIT", "A27": "PENDING_ADMIT"}
    expected: dict[str, int] = {}
    for trigger in data.draw(st.lists(st.sampled_from([*single, *several, *cancels]), max_size=8)):
        assert pkb.send(data.draw(messages(f"ADT^{trigger}", key=st.just("VISIT-1")))).code == "AA"
        if trigger in single:
            expected[single[trigger]] = 1
        elif trigger in several:
            expected[several[trigger]] = expected.get(several[trigger], 0) + 1
        elif expected.get(cancels[trigger]):
            expected[cancels[trigger]] -= 1
    ours = [encounter for encounter in state(pkb)["encounters"].values() if encounter.external_id == "VISIT-1"]
    events = [event.type for encounter in ours for event in encounter.events]
    assert {type_: events.count(type_) for type_ in events} == {type_: n for type_, n in expected.items() if n}


def test_a_field_repeats_up_to_three_times_where_the_facts_say_so():
    repeating = {row.field for row in profiles()["ADT^A28"].fields if row.segment == "PID" and row.repeats}
    most: dict[int, int] = {}

    @settings(max_examples=30, database=None)
    @given(text=messages("ADT^A28"))
    def count(text: str) -> None:
        pid = next(line for line in text.splitlines() if line.startswith("PID"))
        for number, field in enumerate(pid.split("|")):
            most[number] = max(most.get(number, 1), len(field.split("~")))

    count()
    assert {number for number, times in most.items() if times > 1} <= repeating
    assert max(times for number, times in most.items() if number != 13) == MOST_REPEATS
