"""HL7 messages: the supplied ones, and variants of them by the tables and the profiles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.base import datafiles
from sandbox.domain.data_points.measurement_types import pkb_types
from sandbox.examples.making.editing import only, place_of, with_values, without_segments
from sandbox.hl7.attachments import DOCUMENT
from sandbox.hl7.er7 import parse
from sandbox.hl7.files import examples
from sandbox.hl7.messages.mdm import document_types
from sandbox.hl7.profiles import Profile, of_type

TABLES = "examples/making"
USES = {"mdm_t02_care_plan": "care plan", "mdm_t02_document": "document", "oru_r01_radiology": "radiology"}
"""Supplied message → its use, where its type has several; any other ORU^R01 is laboratory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageExample:
    """A message: its row in the table, its text, and the profile of its type."""

    name: str
    title: str
    variant: str
    text: str
    profile: Profile
    user: str = ""
    after: tuple[str, ...] = ()


@cache
def table(name: str) -> dict[str, Any]:
    """Read a table beside this module."""
    return datafiles.read_toml(datafiles.beside_code(f"{TABLES}/{name}.toml"))


@cache
def supplied() -> dict[str, str]:
    """Read the supplied messages: name → text with one segment a line."""
    return {name: text.strip("\n") for name, text in examples().items()}


def profile_of(name: str) -> Profile:
    """Return the profile of a supplied message."""
    profiles = of_type(parse(supplied()[name]).type)
    use = USES.get(name, "laboratory")
    return next((profile for profile in profiles if profile.slice == use), profiles[0])


def accepted() -> Iterator[MessageExample]:
    """Build every message that PKB accepts."""
    rows = table("hl7_accepted")
    yield from map(_variant, rows["message"])
    yield from map(_minimal, rows["minimal"])
    for row in rows["full"]:
        yield from (_full(name, row) for name in row["from"])
    yield from _documents(rows["document"])
    yield _measurements()


def edited_message(name: str, row: dict[str, Any]) -> str:
    """Apply a row's changes to a supplied message; a new message gets the control id of its name."""
    if "raw" in row:
        return str(row["raw"].strip("\n"))
    text = supplied()[row["from"]]
    if "body" in row:
        text = "\n".join((text.split("\n")[0], row["body"].strip("\n")))
    text = without_segments(text, row.get("drop", ()))
    text = "\n".join((text, *row.get("add", ())))
    return with_values(text, {"MSH-10": name.replace("_", "-"), **row.get("set", {})})


def _variant(row: dict[str, Any]) -> MessageExample:
    name, base = row["name"], row.get("from", row["name"])
    return MessageExample(
        name=name,
        title=row["title"],
        variant=row["variant"],
        text=edited_message(name, row) if "from" in row else supplied()[name],
        profile=profile_of(base),
        user=row.get("user", ""),
        after=tuple(row.get("after", ())),
    )


def _minimal(row: dict[str, Any]) -> MessageExample:
    profile, name = profile_of(row["from"]), f"{row['from']}_minimal"
    text = with_values(_cut(profile, row), {"MSH-10": name.replace("_", "-"), **row.get("set", {})})
    after = tuple(row.get("after", ()))
    return MessageExample(name=name, title=row["title"], variant="minimal", text=text, profile=profile, after=after)


def _cut(profile: Profile, row: dict[str, Any]) -> str:
    """Return the header, and of each required segment the required components: of alternatives the first present."""
    text = supplied()[row["from"]]
    keep = [place_of(address) for address in row.get("keep", ("PID-3",))]
    if all(place.segment != "PID" for place in keep):
        keep.append(place_of("PID-3"))
    required = [
        field for field in profile.fields if field.optionality == "R" and field.when in ("", *row.get("cases", ()))
    ]
    names = [*profile.segments, *(f.segment for f in required if f.when), *(p.segment for p in keep)]
    lines, alternatives = [text.split("\n")[0]], set()
    for segment in parse(text).all[1:]:
        if segment.name not in names or any(line.startswith(segment.name) for line in lines):
            continue
        places = {(p.field, p.component) for p in keep if p.segment == segment.name}
        for field in required:
            if field.segment == segment.name and field.present(segment) and field.one_of not in alternatives:
                places.add((field.field, field.component))
                alternatives.update({field.one_of} - {""})
        lines.append(only("|".join(segment.raw(number) for number in range(len(segment))), places))
    return "\n".join(lines)


def _full(name: str, row: dict[str, Any]) -> MessageExample:
    profile = profile_of(name)
    text = edited_message(f"{name}_full", {**row, "from": name})
    # Updates: PKB does not apply one that is older than the message before it.
    if profile.type in ("ADT^A31", "SIU^S13", "SIU^S14"):
        text = with_values(text, {"MSH-7": "20260312101500"})
    return MessageExample(
        name=f"{name}_full",
        title=f"{profile.name} with {row['title']}",
        variant="full",
        text=text,
        profile=profile,
        after=tuple(row.get("after", ())),
    )


def _documents(rows: dict[str, dict[str, str]]) -> Iterator[MessageExample]:
    """Build a document of each format that PKB takes, and of each type of its code set."""
    base = "mdm_t02_document"
    for format_ in DOCUMENT.types:
        name, content = f"{base}_{format_.lower()}", rows["formats"][format_]
        values = {"TXA-12": f"DOC-{format_}", "TXA-16": "", "OBX-5": content}
        kind = content.split("^")[1]
        yield _document(name, f"A document as {format_}, of the type {kind}", values)
    for code in document_types():
        if code in rows["titles"]:
            values = {"TXA-2": code, "TXA-12": f"DOC-{code}", "OBX-3": f"{code}^{rows['titles'][code].capitalize()}"}
            yield _document(f"{base}_{code.lower()}", f"Send {rows['titles'][code]}", values)


def _document(name: str, title: str, values: dict[str, str]) -> MessageExample:
    base = "mdm_t02_document"
    text = with_values(supplied()[base], {"MSH-10": name.replace("_", "-"), **values})
    return MessageExample(name=name, title=title, variant="create", text=text, profile=profile_of(base))


def _measurements() -> MessageExample:
    """Build a message with a measurement of each type that HL7 can send, each in an OBR of its own."""
    base, name = "oru_r01_measurements", "oru_r01_measurements_every_type"
    # Types with the same codes, such as the pressure in each arm, cannot be told apart over HL7: the first stands.
    coded = (type_ for type_ in pkb_types().by_ref.values() if type_.code)
    types = list({(type_.code, type_.code_of_whole): type_ for type_ in reversed(list(coded))}.values())[::-1]
    lines = supplied()[base].split("\n")[:2]
    for number, type_ in enumerate(types, 1):
        whole = f"{type_.code_of_whole or type_.api_ref}^{type_.name}"
        lines.append(f"OBR|{number}||OBS-9002|{whole}|||202603050805")
        values = [(type_.code, type_.unit), (type_.code2, type_.unit2 or type_.unit)]
        for position, (code, unit) in enumerate(values, 1):
            if code:
                shown_unit = unit.replace("^", "\\S\\")
                lines.append(
                    f"OBX|{position}|NM|{code}^{type_.name}^SNOMED CT||{100 - 20 * position}|{shown_unit}|||||F"
                )
    text = with_values("\n".join(lines), {"MSH-10": name.replace("_", "-")})
    title = f"A measurement of each type that has a code: {len(types)}"
    return MessageExample(name=name, title=title, variant="create", text=text, profile=profile_of(base))
