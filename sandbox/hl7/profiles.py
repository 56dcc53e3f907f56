"""Profiles: PKB's requirements for a message, read from its facts file and enforced from there.

A row states a component of a field, whether it is required (`R`), and its name in
PKB's error texts. Rows with the same `one_of` are alternatives: at least one is required. A row with `when`
is required only in that case (such as `creating an appointment`): the message's own code checks it with
`InboundMessage.require`.

A type with several uses (ORU^R01, MDM^T02) has a profile for each, distinguished by its `slice`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import Any

from sandbox.base import datafiles
from sandbox.base.pauses import with_pauses
from sandbox.errors import Invalid, Unreadable
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.escapes import NULL
from sandbox.hl7.segments import Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldRow:
    """One row of a facts file: a component of a field and how PKB uses it.

    `type` is the data type of HL7 2.4 (of the whole field if it has components), `values` a closed code set;
    `enforced_by` is the fact that refuses any other value before the rest of the segment is checked.
    """

    segment: str
    field: int
    component: int
    optionality: str
    name: str
    type: str
    standing: str
    source: str
    rule: str = ""
    attribute: str = ""
    one_of: str = ""
    when: str = ""
    repeats: bool = False
    values: tuple[str, ...] = ()
    enforced_by: str = ""

    @property
    def address(self) -> str:
        return f"{self.segment}-{self.field}.{self.component} ({self.name})"

    @property
    def alternative(self) -> str:
        """The address as PKB writes it in either/or texts, with dots only."""
        return f"{self.segment}.{self.field}.{self.component} ({self.name})"

    def place(self, segment: Segment, message: Er7Message) -> str:
        """The place of the component in a message, in the linter's notation."""
        return f"{message.place(segment)}-{self.field}.{self.component}"

    def present(self, segment: Segment) -> bool:
        return segment.value(self.field, self.component).strip() not in ("", NULL)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """A message type, or one use of it: its action in the access matrix, its required segments and its fields."""

    type: str
    slice: str
    text: str
    action: str
    standing: str
    source: str
    segments: tuple[str, ...]
    structure: str
    fields: tuple[FieldRow, ...]

    @cached_property
    def name(self) -> str:
        """The type, followed by the use if a type has several: `ORU^R01 radiology`."""
        return f"{self.type} {self.slice}".rstrip()

    def problems(self, message: Er7Message) -> Iterator[Invalid]:
        """Iterate over refusals for missing segments, fields and alternatives that every message needs, in their
        order.
        """
        for name in self.segments:
            if message.segment(name) is None:
                yield self.no_segment(name)
        for segment in with_pauses(message.all):
            if (segment.name, "") in self._rows:
                yield from self.missing_in(segment, message)

    def missing(self, message: Er7Message, when: str) -> Iterator[Invalid]:
        """Iterate over refusals for missing values that this case requires, in the order of the facts file."""
        for name in dict.fromkeys(row.segment for row in self.fields if row.when == when):
            segment = message.segment(name)
            if segment is None:
                yield self.no_segment(name)
            else:
                yield from self.missing_in(segment, message, when)

    def missing_in(self, segment: Segment, message: Er7Message, when: str = "", prefix: str = "") -> Iterator[Invalid]:
        """Apply `missing` to one segment; `prefix` is its place in the message, such as `OBR[1].`."""
        rows, alternatives = self._rows.get((segment.name, when), ((), ()))
        missing: Iterable[Invalid] = _missing(segment, message, rows, prefix) if rows else ()
        absent: Iterable[Invalid] = _without_alternative(segment, message, alternatives, prefix) if alternatives else ()
        return chain(missing, absent)

    def no_segment(self, name: str) -> Invalid:
        """Build the refusal of a message without a required segment."""
        return Invalid(
            f"{name} segment must be provided",
            where=name,
            rule="hl7.segment-required",
            instead=f"segments in the order {self.structure}",
        )

    @cached_property
    def by_field(self) -> dict[str, dict[int, list[FieldRow]]]:
        """All rows, including those of MSH, by segment and field."""
        return group((*(row for row in common() if row.segment == "MSH"), *self.fields))

    @cached_property
    def times(self) -> dict[str, tuple[FieldRow, ...]]:
        """The rows of timestamps and dates by segment: each is checked whether or not its value is used.

        Those of PID are parsed with the demographics.
        """
        rows = [row for row in self.fields if row.type in ("TS", "DT") and row.segment != "PID"]
        return {name: tuple(row for row in rows if row.segment == name) for name in {row.segment for row in rows}}

    @cached_property
    def _rows(self) -> dict[tuple[str, str], tuple[tuple[FieldRow, ...], tuple[tuple[FieldRow, ...], ...]]]:
        """The required rows and the groups of alternatives, by segment and case. Most segments have none."""
        required = [row for row in self.fields if row.optionality == "R"]
        return {
            key: _alone_and_alternatives([row for row in required if (row.segment, row.when) == key])
            for key in dict.fromkeys((row.segment, row.when) for row in required)
        }


def _alone_and_alternatives(rows: list[FieldRow]) -> tuple[tuple[FieldRow, ...], tuple[tuple[FieldRow, ...], ...]]:
    names = dict.fromkeys(row.one_of for row in rows if row.one_of)
    groups = (tuple(row for row in rows if row.one_of == name) for name in names)
    return tuple(row for row in rows if not row.one_of), tuple(groups)


def group(rows: Iterable[FieldRow]) -> dict[str, dict[int, list[FieldRow]]]:
    """Rows by segment and field."""
    grouped: dict[str, dict[int, list[FieldRow]]] = {}
    for row in rows:
        grouped.setdefault(row.segment, {}).setdefault(row.field, []).append(row)
    return grouped


def _missing(segment: Segment, message: Er7Message, rows: Iterable[FieldRow], prefix: str = "") -> Iterator[Invalid]:
    for row in rows:
        if not row.present(segment):
            yield Invalid(
                f"{prefix}{row.address} must be provided. You provided []",
                where=row.place(segment, message),
                rule="hl7.field-required",
                instead=f"a value in {row.segment}-{row.field}.{row.component}",
            )
        # Checked here, in the order of the fields, so that the first error is the one that PKB names.
        elif row.enforced_by and segment.text(row.field, row.component) not in row.values:
            allowed = ", ".join(row.values)
            yield Invalid(
                f"{prefix}{row.address} must be {allowed}. You provided [{segment.text(row.field, row.component)}]",
                where=row.place(segment, message),
                rule=row.enforced_by,
                instead=allowed,
            )
            # The value decides the meaning of the rest of the segment.
            return


def _without_alternative(
    segment: Segment, message: Er7Message, groups: Iterable[tuple[FieldRow, ...]], prefix: str
) -> Iterator[Invalid]:
    for alternatives in groups:
        if not any(row.present(segment) for row in alternatives):
            place = f"{prefix[:-1]}: " if prefix.endswith(".") else prefix
            yield Invalid(
                f"{place}You need to provide at least one of: {', '.join(row.alternative for row in alternatives)}",
                where=alternatives[0].place(segment, message),
                rule="hl7.alternative-required",
                instead=f"a value in one of these fields, in each {segment.name}",
            )


def envelope_problems(message: Er7Message) -> Iterator[Invalid]:
    """Iterate over refusals for what every message needs first: MSH-7, a type, MSH-10 and MSH-11.

    Raises Unreadable if two delimiters are the same, Invalid for several messages in one.
    """
    if len(set(message.delimiters)) < len(message.delimiters):
        raise Unreadable("null", rule="hl7.unreadable", instead="the delimiters |^~\\& in MSH-1 and MSH-2")
    if len(message.segments("MSH")) > 1:
        raise Invalid(
            "The request contains several messages; send one message per request",
            where="MSH[2]",
            rule="hl7.no-batch",
            instead="one message per request",
        )
    header = message.all[0]
    at, control_id, processing_id = _envelope()
    # In PKB's order: the time, then the type, then control id and processing id.
    yield from _missing(header, message, [at])
    if "" in (header.value(9, 1), header.value(9, 2)):
        yield unknown_type()
    yield from _missing(header, message, [control_id, processing_id])


def unknown_type() -> Invalid:
    return Invalid(
        "Unknown messageType received from HL7",
        where="MSH-9",
        rule="hl7.unknown-type",
        instead="a message type that PKB supports: docs/coverage.md lists them",
    )


@cache
def _envelope() -> tuple[FieldRow, ...]:
    rows = {row.field: row for row in common() if row.segment == "MSH" and row.optionality == "R"}
    return rows[7], rows[10], rows[11]


@cache
def profiles() -> dict[str, Profile]:
    """The profiles of the supported messages by name: the type, and the use if a type has several."""
    return {profile.name: profile for file in _files() for profile in _profiles(datafiles.read_toml(file))}


@cache
def of_type(type_: str) -> tuple[Profile, ...]:
    """Return the profiles of a message type: none if it is not supported, several if it has several uses."""
    return tuple(profile for profile in profiles().values() if profile.type == type_)


@cache
def common() -> tuple[FieldRow, ...]:
    """The rows of MSH and PID, which all messages share."""
    return tuple(rows_of(datafiles.read_toml(datafiles.beside_code("hl7/common.toml"))))


def _files() -> Iterator[Path]:
    return iter(sorted(datafiles.beside_code("hl7/messages").glob("*.toml")))


def _profiles(facts: dict[str, Any]) -> Iterator[Profile]:
    shared = tuple(row for row in common() if row.segment in facts["required_segments"])
    for type_ in facts["messages"]:
        yield Profile(
            type=type_,
            slice=facts.get("slice", ""),
            text=facts["text"],
            action=facts["action"],
            standing=facts["standing"],
            source=facts["source"],
            segments=tuple(facts["required_segments"]),
            structure=facts["structure"],
            fields=(*shared, *rows_of(facts)),
        )


def rows_of(facts: dict[str, Any]) -> Iterator[FieldRow]:
    """Parse the field rows of a facts table; a row without a source has the table's."""
    for row in facts.get("field", []):
        yield FieldRow(
            segment=row["segment"],
            field=row["field"],
            component=row.get("component", 1),
            optionality=row["optionality"],
            name=row["name"],
            type=row["type"],
            standing=row["standing"],
            source=row.get("source", facts["source"]),
            rule=row["rule"],
            attribute=row.get("attribute", ""),
            one_of=row.get("one_of", ""),
            when=row.get("when", ""),
            repeats=row.get("repeats", False),
            values=tuple(row.get("values", ())),
            enforced_by=row.get("enforced_by", ""),
        )
