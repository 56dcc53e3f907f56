"""HL7 messages that PKB refuses, with the text of the refusal and the fact that decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from sandbox.errors import Invalid
from sandbox.examples.making.editing import with_values, without_segments
from sandbox.examples.making.hl7_messages import edited_message, profile_of, supplied, table
from sandbox.hl7.er7 import parse
from sandbox.hl7.profiles import FieldRow, Profile

PREFIXES = {"OBR": "OBR[1].", "OBX": "OBR[1].OBX[1]: "}
"""Segment of an ORU^R01 → the place that PKB writes before a refusal of its field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedMessage:
    """A message, the acknowledgement code, the text after PKB's prefix, and the fact that refuses it."""

    name: str
    title: str
    text: str
    ack: str
    detail: str
    rule: str
    user: str = ""


def refused() -> Iterator[RefusedMessage]:
    """Build every message that PKB refuses: those of the table, then those of the profiles."""
    for row in table("hl7_refused")["refused"]:
        yield RefusedMessage(
            name=row["name"],
            title=row["title"],
            text=edited_message(row["name"], row),
            ack=row.get("ack", "AR"),
            detail=row["text"],
            rule=row["rule"],
            user=row.get("user", ""),
        )
    for name in _first_of_each_profile():
        profile = profile_of(name)
        yield from (_without_segment(name, profile, segment) for segment in profile.segments)
        yield from _without_fields(name, profile)


def is_printed(detail: str) -> bool:
    """Return whether PKB's page of acknowledgements prints this text."""
    return detail in table("hl7_refused")["printed"]


def _first_of_each_profile() -> Iterator[str]:
    """Choose a supplied message for each table of fields: types with the same table refuse the same."""
    tables = set()
    for name in supplied():
        profile = profile_of(name)
        if profile.fields not in tables:
            tables.add(profile.fields)
            yield name


def _without_segment(name: str, profile: Profile, segment: str) -> RefusedMessage:
    error = profile.no_segment(segment)
    return RefusedMessage(
        name=f"{name}_without_{segment.lower()}",
        title=f"{profile.type} without {segment}",
        text=_renamed(f"{name}_without_{segment.lower()}", without_segments(supplied()[name], [segment])),
        ack="AR",
        detail=error.text,
        rule=error.rule,
    )


def _without_fields(name: str, profile: Profile) -> Iterator[RefusedMessage]:
    """Build a message without each required field that the supplied one has, or without all its alternatives."""
    present = {segment.name for segment in parse(supplied()[name]).all}
    required = [row for row in profile.fields if row.optionality == "R" and row.segment in present]
    groups: dict[tuple[str, str], list[FieldRow]] = {}
    for row in required:
        groups.setdefault((row.segment, row.one_of or row.name), []).append(row)
    for rows in groups.values():
        yield _without_rows(name, profile, rows)


def _without_rows(name: str, profile: Profile, rows: list[FieldRow]) -> RefusedMessage:
    first = rows[0]
    full_name = f"{name}_without_{first.segment.lower()}_{first.field}_{first.component}"
    blank = {f"{row.segment}-{row.field}.{row.component}": "" for row in rows}
    text = _renamed(full_name, with_values(supplied()[name], blank))
    error = _refusal(profile, first, text)
    names = " and ".join(f"{row.segment}-{row.field}.{row.component} ({row.name})" for row in rows)
    return RefusedMessage(
        name=full_name,
        title=f"{profile.type} without {names}",
        text=text,
        ack="AR",
        detail=error.text,
        rule=error.rule,
    )


def _refusal(profile: Profile, row: FieldRow, text: str) -> Invalid:
    """Return what the profile refuses first."""
    message = parse(text)
    segment = next(segment for segment in message.all if segment.name == row.segment)
    prefix = PREFIXES.get(row.segment, "") if profile.type == "ORU^R01" else ""
    return next(chain(profile.problems(message), profile.missing_in(segment, message, row.when, prefix)))


def _renamed(name: str, text: str) -> str:
    return with_values(text, {"MSH-10": name.replace("_", "-")})
