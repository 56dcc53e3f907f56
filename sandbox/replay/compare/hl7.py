"""Acknowledgements and query responses, compared by segment and field."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from xml.etree.ElementTree import ParseError

from defusedxml.common import DefusedXmlException

from sandbox.hl7.client import acknowledgment_in
from sandbox.replay.compare.difference import ABSENT, Difference
from sandbox.replay.compare.rules import FORM, IGNORE, rule_at
from sandbox.replay.compare.values import Values

DIALECT = "hl7"
_SEGMENT_END = re.compile(r"[\r\n]+")
Segments = dict[str, list[str]]


def message_in(body: bytes) -> str:
    """Return the HL7 message in a SOAP response, or the body itself if it is a message; empty without one."""
    text = body.decode("utf-8", "replace")
    if text.lstrip("\x0b\r\n ").startswith("MSH"):
        return text
    try:
        return acknowledgment_in(body)
    except (ValueError, ParseError, DefusedXmlException):
        return ""


def compare_messages(recorded: str, actual: str, values: Values) -> Iterator[Difference]:
    """Yield the differences of two messages; a segment is named by its place among those of its name."""
    before, after = _segments(recorded), _segments(actual)
    codes = _field(before, "MSA", 1), _field(after, "MSA", 1)
    if codes[0] != codes[1]:  # the other differences follow from it
        yield Difference("MSA-1", *codes, is_code=True, detail=_field(after, "MSA", 3))
        return
    for name in dict.fromkeys([*before, *after]):
        old, new = before.get(name, []), after.get(name, [])
        for position in range(max(len(old), len(new))):
            where = f"{name}[{position + 1}]" if max(len(old), len(new)) > 1 else name
            if position >= len(old) or position >= len(new):
                segments = (
                    old[position] if position < len(old) else ABSENT,
                    new[position] if position < len(new) else ABSENT,
                )
                yield Difference(where, *segments)
            else:
                yield from _fields(name, where, old[position], new[position], values)


def _fields(name: str, where: str, recorded: str, actual: str, values: Values) -> Iterator[Difference]:
    old, new = _split(recorded), _split(actual)
    for number in range(1, max(len(old), len(new))):
        before = old[number] if number < len(old) else ""
        after = new[number] if number < len(new) else ""
        rule = rule_at(DIALECT, (f"{name}-{number}",))
        if before == after:
            continue
        if rule is not None and (rule.treat == IGNORE or (rule.treat == FORM and bool(before) == bool(after))):
            values.uses[rule.id] += 1
        else:
            yield from _components(f"{where}-{number}", before, after, values)


def _components(where: str, recorded: str, actual: str, values: Values) -> Iterator[Difference]:
    """Yield the differing component, if only one of a field differs; else the field."""
    old, new = recorded.split("^"), actual.split("^")
    # With repetitions the position of a component says nothing: the whole field is compared.
    if len(old) != len(new) or len(old) == 1 or "~" in recorded + actual:
        if not values.same(recorded, actual):
            yield Difference(where, recorded, actual)
        return
    for number, (before, after) in enumerate(zip(old, new, strict=True), 1):
        if before != after and not values.same(before, after):
            yield Difference(f"{where}.{number}", before, after)


def _segments(message: str) -> Segments:
    segments: Segments = defaultdict(list)
    for line in _SEGMENT_END.split(message.strip("\x0b\x1c\r\n ")):
        if line.strip():
            segments[line[:3]].append(line)
    return segments


def _field(segments: Segments, name: str, number: int) -> str:
    """Return a field of the first segment of a name; empty without one."""
    fields = _split(segments[name][0]) if segments.get(name) else []
    return fields[number] if number < len(fields) else ""


def _split(segment: str) -> list[str]:
    """Split a segment at its separator; the first field of MSH is the separator itself."""
    if segment.startswith("MSH") and len(segment) > 3:
        return ["MSH", segment[3], *segment[4:].split(segment[3])]
    return segment.split("|")
