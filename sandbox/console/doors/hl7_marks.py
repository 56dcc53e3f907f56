"""Which parts of a message are which datum of an entity, in a message that may be about several entities."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.console.doors.data import Datum, EntityData
from sandbox.console.doors.hl7_text import Hl7Text, Spot
from sandbox.console.doors.hl7_values import is_value, says
from sandbox.console.doors.names import hl7_words_of
from sandbox.model import Consent

Hl7Marks = Mapping[Spot, frozenset[str]]
ROLES = {"ATTENDER": "PV1-7", "REFERRER": "PV1-8", "CONSULTANT": "PV1-9"}
"""Role of a doctor → the field that gives it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hl7Reading:
    """The marks of a message, and how many data of the entity it has."""

    marks: Hl7Marks
    keys: frozenset[str]


def read_message(entity: EntityData, text: Hl7Text, profile: str) -> Hl7Reading:
    """Find the data of an entity in a message; `profile` is its type and use, such as `ORU^R01 laboratory`."""
    matches = _matches(entity, text, profile)
    scores = Counter(spot.line for spots in matches.values() for spot in spots)
    # Notes count for their segment, since a value may be in either.
    totals = {line: scores[line] + sum(scores[note] for note in _notes(text, line)) for line in range(len(text.lines))}
    # A message may have several orders with equal values: only that of this entity is marked.
    allowed = _best_order(text, scores)
    marks: dict[Spot, set[str]] = {}
    for (key, _), spots in matches.items():
        within = [spot for spot in spots if allowed is None or spot.line in allowed]
        best = max((totals[_owner(text, spot.line)] for spot in within), default=0)
        for spot in within:
            if totals[_owner(text, spot.line)] == best:
                marks.setdefault(spot, set()).add(key)
    keys = frozenset(key for keys in marks.values() for key in keys)
    return Hl7Reading(marks={spot: frozenset(keys) for spot, keys in marks.items()}, keys=keys)


def _matches(entity: EntityData, text: Hl7Text, profile: str) -> dict[tuple[str, str], list[Spot]]:
    """Return for each datum and field the parts of the message with its value."""
    matches: dict[tuple[str, str], list[Spot]] = {}
    for data in entity.by_attribute.values():
        for datum in data:
            for row in datum.attribute.hl7:
                if row.is_in(profile):
                    spots = _with_value(entity, text, row.field, datum)
                    if spots:
                        matches[datum.key, row.field] = spots
    return matches


def _with_value(entity: EntityData, text: Hl7Text, field: str, datum: Datum) -> list[Spot]:
    """Return the parts that equal the value or, if there are none, the parts that contain it."""
    value, spots = datum.value, text.at(field)
    if isinstance(value, str) and field in ROLES.values():
        return spots if ROLES.get(value) == field else []
    words = hl7_words_of(entity.store, value)
    if isinstance(value, bool) and isinstance(entity.entity, Consent):
        words = hl7_words_of(entity.store, entity.entity.grantee.id)
    if isinstance(value, bool) and field == "PID-29":
        return spots if value else []
    exact = [spot for spot in spots if is_value(text.text(spot), value, entity.entity, words)]
    return exact or [spot for spot in spots if says(text.text(spot), value, entity.entity, words)]


def _best_order(text: Hl7Text, scores: Counter[int]) -> set[int] | None:
    """Return the lines outside orders and those of the order that fits best; None for a message without orders."""
    orders: list[list[int]] = []
    outside: set[int] = set()
    for line in range(len(text.lines)):
        name = text.name(line)
        begins = name == "ORC" or (name == "OBR" and not (line and text.name(line - 1) == "ORC"))
        if begins:
            orders.append([line])
        elif orders:
            orders[-1].append(line)
        else:
            outside.add(line)
    if not orders:
        return None
    return outside | set(max(orders, key=lambda lines: sum(scores[line] for line in lines)))


def _notes(text: Hl7Text, line: int) -> list[int]:
    """Return the lines of the NTE segments that belong to a segment."""
    notes = []
    for following in range(line + 1, len(text.lines)):
        if text.name(following) != "NTE":
            break
        notes.append(following)
    return notes


def _owner(text: Hl7Text, line: int) -> int:
    """Return the segment to which an NTE belongs; any other segment is its own."""
    while line and text.name(line) == "NTE":
        line -= 1
    return line
