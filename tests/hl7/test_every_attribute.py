"""Each field of a message with another value: the attribute that the facts name for it has another value too.

The facts are the table: a field that goes to an attribute must reach it in one of the examples of its type at least,
whether the example fills it or not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.hl7.er7 import parse
from sandbox.hl7.messages import profile_of
from sandbox.hl7.profiles import FieldRow
from sandbox.model import Encounter
from tests.hl7.samples import state
from tests.hl7.test_every_field import EXAMPLES
from tests.hl7.test_profiles import sender_of_northmoor
from tests.support import Client

USES = {
    "patients": ["adt_a28", "adt_a31"],
    "encounters": ["adt_a01", "adt_a02", "adt_a03", "adt_a05", "adt_a08", "adt_a14"],
    "appointments": ["siu_s12", "siu_s13", "siu_s14", "siu_s15", "siu_s26"],
    "results": ["oru_r01_laboratory", "oru_r01_text_report"],
    "radiology": ["oru_r01_radiology"],
    "documents": ["mdm_t02_document"],
    "care plans": ["mdm_t02_care_plan"],
}
"""Examples that leave data behind, by the facts that they share."""

ELSEWHERE = {
    "patients": {"ZTM-1.1", "ZTM-2.1"},  # teams of the world, in test_ztm
    "results": {"OBR-25.1"},  # what was sent before decides: test_oru
    "radiology": {"OBR-25.1"},
    "documents": {"OBX-5.2", "OBX-5.4"},  # how the data is read: test_mdm
    "care plans": {"OBX-5.2", "OBX-5.3", "OBX-5.4"},
}
"""Fields whose other values mean something only together with more, and where they are tested."""

REACHED = {
    "patients": 17,
    "encounters": 12,
    "appointments": 13,
    "results": 19,
    "radiology": 13,
    "documents": 16,
    "care plans": 8,
}
"""The number of fields that reach an attribute: a row that loses its attribute is missed here."""

TWIN = {
    ("ORC", 3, 1): ("OBR", 3, 1),
    ("OBR", 4, 5): ("OBR", 4, 2),
    ("OBX", 3, 5): ("OBX", 3, 2),
    ("ZSC", 8, 1): ("SCH", 8, 1),
}
"""Field that counts only where another is blank → that other."""


def other(row: FieldRow, was: str) -> str:
    """Another legal value for a field, if there is one."""
    if row.values:
        return next((value for value in row.values if value != was), was)
    if row.type == "varies":
        return ">" if was == "<" else "77"
    names = {"data": "aGVsbG8="}
    types = {"TS": "20260105111500", "DT": "19700101", "NM": "9"}
    return names.get(row.name) or types.get(row.type, "Changed")


def written(line: str, field: int, component: int, value: str) -> str:
    """The segment with a component as given, or with a whole person (component 0)."""
    fields = line.split("|")
    fields += [""] * (field + 1 - len(fields))
    parts = fields[field].split("^")
    parts += [""] * (component - len(parts))
    if component:
        parts[component - 1] = value
    fields[field] = "^".join(parts) if component else value
    return "|".join(fields)


def changes(text: str, row: FieldRow) -> Iterator[str]:
    """The message with another value in each segment of the row's name; one is added when there is none."""
    lines = text.split("\n")
    if twin := TWIN.get((row.segment, row.field, row.component)):
        lines = [written(line, *twin[1:], "") if line.startswith(twin[0]) else line for line in lines]
    if not any(line.startswith(row.segment) for line in lines):
        lines.insert(2, row.segment)
    for at, line in enumerate(lines):
        if line.startswith(row.segment):
            was = parse(f"MSH|^~\\&|\n{line}").value(row.segment, row.field, row.component)
            person = row.type in ("XCN", "XPN")
            value = "^Okoro^Bea" if person else other(row, was)
            new = written(line, row.field, 0 if person else row.component, value)
            yield "\n".join([*lines[:at], new, *lines[at + 1 :]])


def values(pkb: Client, attribute: str) -> list[str]:
    """Return the values of `Entity.attribute` in all records."""
    entity, name = attribute.split(".")
    rows: list[Any] = [row for table in state(pkb).values() for row in table.values()]
    rows += [event for row in rows if isinstance(row, Encounter) for event in row.events]
    return sorted(repr(getattr(row, name)) for row in rows if type(row).__name__ == entity)


def kept(pkb: Client, text: str, attribute: str) -> list[str] | None:
    """Return the attribute's values after one message; None if it is refused."""
    pkb.server.workspaces.default.reset(("store",))
    return values(pkb, attribute) if pkb.send(text).code == "AA" else None


@pytest.mark.parametrize("use", USES)
def test_each_field_reaches_the_attribute_that_the_facts_name(pkb: Client, use: str):
    missed: set[str] = set()
    reached: set[str] = set()
    for text in map(EXAMPLES.__getitem__, USES[use]):
        for row in profile_of(parse(text), sender_of_northmoor(pkb)).fields:
            field = f"{row.segment}-{row.field}.{row.component}"
            if "." not in row.attribute or field in reached:
                continue
            before = kept(pkb, text, row.attribute)
            assert before is not None
            is_kept = any(kept(pkb, new, row.attribute) not in (None, before) for new in changes(text, row))
            (reached if is_kept else missed).add(field)
    assert missed - reached == ELSEWHERE.get(use, set())
    assert len(reached) == REACHED[use]
