"""The pages of the HL7 v2 API: how to call it, MSH and PID, a page for each kind of message, and announced segments."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

from reference_pages.writing import Page, Section, capitalised, code, facts_table, plain, standing, table
from sandbox.access.matrix import TYPES, matrix
from sandbox.base import datafiles
from sandbox.facts import ledger
from sandbox.hl7.acknowledgment import PREFIX
from sandbox.hl7.field_names import name_of
from sandbox.hl7.profiles import FieldRow, Profile, common, profiles
from sandbox.hl7.roadmap import roadmap
from sandbox.worlds.attributes.table import tables

FOLDER = "hl7/messages"
OF_EVERY_MESSAGE = tuple(f"sandbox/hl7/{name}.toml" for name in ("envelope", "document_types", "patient_class"))
"""Files with rules that belong to no single message."""
LONGEST = 60
"""No segment of HL7 2.4 has more fields."""


def pages() -> Iterator[tuple[str, Page]]:
    """Yield file name → page."""
    yield "hl7.md", _overview()
    yield "hl7-msh-pid.md", _common()
    for stem, alike in families().items():
        yield f"{slug(stem)}.md", _message(stem, alike)
    yield "hl7-announced.md", _announced()


@cache
def families() -> dict[str, tuple[Profile, ...]]:
    """Return facts file → the messages that it describes."""
    files = sorted(datafiles.beside_code(FOLDER).glob("*.toml"))
    described = {file.stem: datafiles.read_toml(file) for file in files}
    return {
        stem: tuple(_profile(type_, facts.get("slice", "")) for type_ in facts["messages"])
        for stem, facts in described.items()
    }


def _profile(type_: str, slice_: str) -> Profile:
    return profiles()[f"{type_} {slice_}".rstrip()]


def slug(stem: str) -> str:
    return f"hl7-{stem.replace('_', '-')}"


def source_of(stem: str) -> str:
    """Return PKB's page about the messages of a facts file."""
    source: str = datafiles.read_toml(datafiles.beside_code(f"{FOLDER}/{stem}.toml"))["source"]
    return source


def _overview() -> Page:
    opening = (
        "An integration engine sends HL7 v2 messages to `POST /services/hl7`: SOAP 1.1, operation `acceptMessage`, "
        "the message in `arg0`, credentials by HTTP Basic. [How to send](../hl7.md) is the guide; these pages list "
        "every message and field."
    )
    facts = [fact for fact in ledger().values() if fact.where in OF_EVERY_MESSAGE and "/" not in fact.id]
    transport = [
        fact for fact in facts if re.match(r"hl7\.(soap|wsdl|get|content-type|charset|unauth|plain|size|mllp)", fact.id)
    ]
    return Page(
        "HL7 v2: messages",
        opening,
        (
            Section("Messages", _messages()),
            Section("Acknowledgements", _acknowledgements()),
            Section("Transport", facts_table(transport)),
            Section("Every message", facts_table(fact for fact in facts if fact not in transport)),
        ),
    )


def guide_table() -> Iterator[str]:
    """Yield the table of messages for the guide, whose links lead into the reference."""
    yield from _table("reference/")
    yield "[Announced segments](reference/hl7-announced.md) are ignored until a setting turns them on. The texts of"
    yield "refusals: [Errors: HL7 v2](reference/errors-hl7.md)."


def _messages() -> Iterator[str]:
    yield from _table("")
    yield "Every other type is refused: `AR`, `Unknown messageType received from HL7`."
    yield "[Announced segments](hl7-announced.md) are ignored until a setting turns them on."
    yield ""


def _table(folder: str) -> Iterator[str]:
    yield f"All fields of [MSH and PID]({folder}hl7-msh-pid.md) are the same in every message."
    yield ""
    rows = (
        (
            f"[{', '.join(profile.name for profile in alike)}]({folder}{slug(stem)}.md)",
            plain(alike[0].text),
            standing(alike[0].standing, source_of(stem)),
        )
        for stem, alike in families().items()
    )
    yield from table(("messages", "what they do", "standing"), rows)


def _acknowledgements() -> Iterator[str]:
    meanings = {
        "AA": "accepted, or held for review",
        "AR": "refused; nothing of the message is stored",
        "AE": "unreadable",
    }
    rows = ((code(name), meaning, code(PREFIX.get(name, ""))) for name, meaning in meanings.items())
    yield from table(("MSA-1", "meaning", "MSA-3 begins with"), rows)
    yield "The texts of refusals are in [Errors: HL7 v2](errors-hl7.md)."
    yield ""


def _common() -> Page:
    opening = (
        "MSH describes the message, PID the patient. The tables list the fields that PKB uses; every other field is "
        "ignored. Only ADT^A28 and ADT^A31 change demographics: in other messages PID finds the patient."
    )
    sections = [Section(segment, _segment(segment, common())) for segment in ("MSH", "PID")]
    return Page("HL7 v2: MSH and PID", opening, sections)


def _message(stem: str, alike: tuple[Profile, ...]) -> Page:
    first = alike[0]
    own = tuple(row for row in first.fields if row not in common())
    used = list(dict.fromkeys(row.segment for row in own))
    sections = [Section("Message", _summary(stem, alike, own))]
    sections += [Section(segment, _segment(segment, own)) for segment in used]
    sections.append(Section("Missing values", _missing(first, own)))
    rules = [fact for fact in ledger().values() if fact.where == f"sandbox/{FOLDER}/{stem}.toml" and "/" not in fact.id]
    if rules:
        sections.append(Section("Rules", facts_table(rules)))
    return Page(f"HL7 v2: {', '.join(profile.name for profile in alike)}", f"{first.text}.", sections)


def _summary(stem: str, alike: tuple[Profile, ...], own: tuple[FieldRow, ...]) -> Iterator[str]:
    first = alike[0]
    cells = (matrix()[f"{type_}.hl7.{first.action}"] for type_ in TYPES)
    senders = [f"{cell.cell.split('.')[0].capitalize()} ({cell.credential})" for cell in cells if cell.credential]
    examples = sorted(_examples(stem, alike))
    rows = [
        ("structure", code(first.structure)),
        ("required segments", ", ".join(("MSH", *first.segments))),
        ("who may send it", f"{', '.join(senders)}; see the [access matrix](../access-matrix.md)"),
        ("standing", standing(first.standing, source_of(stem))),
        ("examples", ", ".join(code(f"fixtures/hl7/{name}") for name in examples)),
    ]
    yield from table(("", ""), rows)
    yield "In the structure `[ ]` marks what may be left out and `{ }` what may be repeated. Fields of MSH and PID:"
    yield "[MSH and PID](hl7-msh-pid.md). Segments that the structure does not list are ignored."
    yield ""


def _examples(stem: str, alike: tuple[Profile, ...]) -> Iterator[str]:
    """Yield the shipped messages of these types and this use."""
    for file in datafiles.path("fixtures/hl7").glob("*.hl7"):
        if _is_example(file, stem, alike):
            yield file.name


def _is_example(file: Path, stem: str, alike: tuple[Profile, ...]) -> bool:
    prefixes = [profile.type.replace("^", "_").lower() for profile in alike]
    if not file.stem.startswith(tuple(prefixes)):
        return False
    rivals = [other for other in families() if other != stem and other.startswith(tuple(prefixes))]
    return file.stem not in rivals or file.stem == stem


def _segment(segment: str, rows: Iterable[FieldRow]) -> Iterator[str]:
    own = [row for row in rows if row.segment == segment]
    cells = (
        (
            place(row),
            need(row),
            f"{row.type}, repeats" if row.repeats else row.type,
            becomes(row.attribute),
            plain(rule(row)),
            standing(row.standing, row.source),
        )
        for row in own
    )
    yield from table(("field", "need", "type", "becomes", "rule", "standing"), cells)
    ignored = _ignored(segment, {row.field for row in own})
    if ignored:
        yield f"Ignored: {ignored}."
        yield ""


def place(row: FieldRow) -> str:
    component = f".{row.component}" if row.component > 1 else ""
    return f"{row.segment}-{row.field}{component} {plain(row.name)}"


def need(row: FieldRow) -> str:
    """Say in words whether a value is required."""
    if row.when:
        return f"required when {row.when}" if " " in row.when else f"required in {row.when}"
    if row.one_of:
        return f"one of these required: {row.one_of}"
    return "required" if row.optionality == "R" else "optional"


def rule(row: FieldRow) -> str:
    """The rule without its own address in front; the field has a column."""
    text = re.sub(rf"^{row.segment}-{row.field}(?:\.{row.component})?: ", "", row.rule)
    values = f" Values: {', '.join(row.values)}." if row.values else ""
    return capitalised(text) + ("." if values else "") + values


def becomes(attribute: str) -> str:
    """Name an attribute of the record, with a link to the table that says where each API shows it."""
    if not attribute:
        return ""
    entity = re.sub(r"(?<!^)(?=[A-Z])", "_", attribute.partition(".")[0]).lower()
    kind = next((kind for kind in tables().values() if kind.name.replace(" ", "_") == entity), None)
    if kind is None:
        return code(attribute)
    return f"[{code(attribute)}](../attributes.md#{kind.plural.replace(' ', '-').lower()})"


def _ignored(segment: str, used: set[int]) -> str:
    """Return the fields of HL7 2.4 that PKB does not use, as ranges: `PV1-1, 2, 4 to 9`."""
    delimiters = {1, 2} if segment == "MSH" else set()
    numbers = [number for number in range(1, LONGEST) if name_of(None, segment, number)]
    unused = [number for number in numbers if number not in used | delimiters]
    ranges: list[list[int]] = []
    for number in unused:
        if ranges and ranges[-1][-1] == number - 1:
            ranges[-1].append(number)
        else:
            ranges.append([number])
    texts = [
        f"{first} to {rest[-1]}" if len(rest) > 1 else ", ".join(map(str, (first, *rest))) for first, *rest in ranges
    ]
    return f"{segment}-{', '.join(texts)}" if texts else ""


def _missing(profile: Profile, own: tuple[FieldRow, ...]) -> Iterator[str]:
    """What MSA-3 says when a required part is missing, after the prefix of AR."""
    rows = [
        (code(profile.no_segment(name).text), f"a segment {name}", code("hl7.segment-required"))
        for name in profile.segments
    ]
    for row in (*(row for row in profile.fields if row.segment == "PID"), *own):
        if row.optionality == "R" and not row.one_of:
            case = f"when {row.when}: " if row.when else ""
            rows.append(
                (
                    case + code(f"{row.address} must be provided. You provided []"),
                    f"a value in {row.segment}-{row.field}",
                    code("hl7.field-required"),
                )
            )
    for name in dict.fromkeys(row.one_of for row in own if row.one_of and row.optionality == "R"):
        alternatives = [row for row in own if row.one_of == name]
        text = f"You need to provide at least one of: {', '.join(row.alternative for row in alternatives)}"
        rows.append(
            (code(text), f"one of the fields, in each {alternatives[0].segment}", code("hl7.alternative-required"))
        )
    yield "In a message with several groups the text begins with the place of the segment, such as `OBR[2].`."
    yield ""
    yield from table(("text in MSA-3 (AR)", "what to send", "rule"), rows)


def _announced() -> Page:
    opening = (
        "PKB has announced these segments but does not read them yet. The sandbox ignores them too, until you turn on "
        "the setting; the [record view](../control.md) then shows their data, and no API does."
    )
    sections = [Section(planned.name, _planned(planned.name)) for planned in roadmap().values()]
    return Page("HL7 v2: announced segments", opening, sections)


def _planned(name: str) -> Iterator[str]:
    planned = roadmap()[name]
    setting = f"--{planned.setting.replace('_', '-')}"
    level = standing(planned.standing, planned.source)
    yield f"{planned.text}. Rule `{planned.id}`. In {', '.join(planned.messages)}; setting `{setting}`; {level}."
    yield ""
    yield from _segment(name, planned.fields)
