"""Profiles: what PKB requires of a message, read from the facts file of each and enforced from there.

A field row says which component of which segment it is about, whether it is required (`R`), and the name by which
PKB's error texts call it. Rows with the same `one_of` are alternatives: at least one must be there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sandbox import datafiles
from sandbox.errors import Invalid
from sandbox.hl7.segments import NULL, Message, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """One row of a facts file: a component of a field and what PKB does with it."""

    segment: str
    field: int
    component: int
    optionality: str
    name: str
    standing: str
    one_of: str = ""

    @property
    def address(self) -> str:
        return f"{self.segment}-{self.field}.{self.component} ({self.name})"

    @property
    def alternative(self) -> str:
        """The address as PKB writes it in either/or texts, with dots only."""
        return f"{self.segment}.{self.field}.{self.component} ({self.name})"

    def present(self, segment: Segment) -> bool:
        return segment.value(self.field, self.component) not in ("", NULL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """A message type: the action that the access matrix knows it by, its required segments and its fields."""

    type: str
    action: str
    standing: str
    segments: tuple[str, ...]
    structure: str
    fields: tuple[FieldRow, ...]

    def check(self, message: Message) -> None:
        """Raises Invalid for the first segment, field or alternative that is missing, in the order of the message."""
        for name in self.segments:
            if message.segment(name) is None:
                raise Invalid(
                    f"{name} segment must be provided",
                    rule="hl7.segment-required",
                    instead=f"segments in the order {self.structure}",
                )
        for segment in message.all:
            rows = [row for row in self.fields if row.segment == segment.name]
            _check_required(segment, rows)
            _check_alternatives(segment, rows)


def _check_required(segment: Segment, rows: list[FieldRow]) -> None:
    for row in rows:
        if row.optionality == "R" and not row.one_of and not row.present(segment):
            raise Invalid(
                f"{row.address} must be provided. You provided []",
                rule="hl7.field-required",
                instead=f"a value in {row.segment}-{row.field}.{row.component}",
            )


def _check_alternatives(segment: Segment, rows: list[FieldRow]) -> None:
    for name in dict.fromkeys(row.one_of for row in rows if row.one_of):
        alternatives = [row for row in rows if row.one_of == name]
        if not any(row.present(segment) for row in alternatives):
            shown = ", ".join(row.alternative for row in alternatives)
            raise Invalid(
                f"You need to provide at least one of: {shown}",
                rule="hl7.alternative-required",
                instead=f"a value in one of them, in each {segment.name}",
            )


def check_envelope(message: Message) -> None:
    """What every message needs before anything else is looked at: MSH-7, a type, MSH-10 and MSH-11."""
    if len(message.segments("MSH")) > 1:
        raise Invalid(
            "Several messages in one call: send one message a call", rule="hl7.no-batch", instead="one message a call"
        )
    header = message.all[0]
    rows = {row.field: row for row in common() if row.segment == "MSH" and row.optionality == "R"}
    for number in (7, 10, 11):
        _check_required(header, [rows[number]])
        if number == 7 and "" in (header.value(9, 1), header.value(9, 2)):
            raise unknown_type()


def unknown_type() -> Invalid:
    return Invalid(
        "Unknown messageType received from HL7",
        rule="hl7.unknown-type",
        instead="a message type that PKB supports; those that the sandbox has not built yet are in docs/coverage.md",
    )


@cache
def profiles() -> dict[str, Profile]:
    """The profiles of the messages that are built, by type."""
    return {profile.type: profile for file in _files() for profile in _profiles(datafiles.read_toml(file))}


@cache
def common() -> tuple[FieldRow, ...]:
    """The rows of MSH and PID, which all messages share."""
    return tuple(_rows(datafiles.read_toml(datafiles.beside_code("hl7/common.toml"))))


def _files() -> Iterator[Path]:
    return iter(sorted(datafiles.beside_code("hl7/messages").glob("*.toml")))


def _profiles(facts: dict[str, Any]) -> Iterator[Profile]:
    shared = tuple(row for row in common() if row.segment != "MSH")
    for type_ in facts["messages"]:
        yield Profile(
            type=type_,
            action=facts["action"],
            standing=facts["standing"],
            segments=tuple(facts["required_segments"]),
            structure=facts["structure"],
            fields=(*shared, *_rows(facts)),
        )


def _rows(facts: dict[str, Any]) -> Iterator[FieldRow]:
    for row in facts.get("field", []):
        yield FieldRow(
            segment=row["segment"],
            field=row["field"],
            component=row.get("component", 1),
            optionality=row["optionality"],
            name=row["name"],
            standing=row["standing"],
            one_of=row.get("one_of", ""),
        )
