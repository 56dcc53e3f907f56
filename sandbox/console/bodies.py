"""A request or response of the journal, formatted for people: JSON and XML indented, a form as a table.

Secrets are masked, as everywhere in the journal. What cannot be formatted is shown as it came.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from urllib.parse import parse_qsl

from sandbox.base.readable import render_readable
from sandbox.worlds.exchange import Passed
from sandbox.worlds.masking import masked_body, masked_text, wide_encoding

FORM = "application/x-www-form-urlencoded"
BINARY = ("image/", "audio/", "video/", "application/pdf", "application/zip", "application/octet-stream")
"""Beginnings of media types that are not text."""
MOST_FIELDS = 200
"""Fields of a form that are listed."""
_NUMBER = "\0number:"
_MARKED_NUMBER = re.compile(r'"\\u0000number:([^"\\]*)"')
_BLANK_LINES = re.compile(r"\n\s*(?=\n)")


@dataclass(frozen=True, slots=True, kw_only=True)
class FormattedBody:
    """A body: its `text`, or its `fields` for a form. `note` says if a part is missing."""

    text: str = ""
    fields: tuple[tuple[str, str], ...] = ()
    note: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.text or self.fields or self.note)


def format_body(passed: Passed) -> FormattedBody:
    """Format the body of a request or response."""
    media_type = passed.media_type.partition(";")[0].strip().lower()
    if not passed.length:
        size = next((value.decode("latin-1") for name, value in passed.headers if name == b"content-length"), "")
        is_streamed = size.isdigit() and int(size) > 0
        return FormattedBody(note=f"A file of {int(size):,} bytes; the journal keeps no files." if is_streamed else "")
    if media_type.startswith(BINARY):
        return FormattedBody(note=f"{passed.length:,} bytes of {media_type}.")
    kept = len(passed.body)
    if kept < passed.length:
        note = f"Cut: the journal keeps the first {kept:,} of {passed.length:,} bytes."
        # Not formatted: a parser would refuse a cut body.
        return FormattedBody(text=masked_body(passed.body, media_type), note=note)
    if media_type == FORM:
        text = masked_body(passed.body, media_type)
        return FormattedBody(fields=tuple(parse_qsl(text, keep_blank_values=True)[:MOST_FIELDS]))
    return FormattedBody(
        # JSON and XML may come in UTF-16, which the journal keeps as it came.
        text=format_text(passed.body.decode(wide_encoding(passed.body) or "utf-8", "replace"), media_type)
    )


def format_text(text: str, media_type: str) -> str:
    """Indent JSON or XML, and mask secrets; any other text stays as it is."""
    masked = masked_text(text, media_type)
    if "json" in media_type:
        return _indented_json(masked)
    return _indented_xml(masked) if "xml" in media_type else masked


def _indented_json(text: str) -> str:
    """Indent JSON; decimals keep their digits."""
    try:
        # A float would turn 1.50 into 1.5; the mark lets the digits pass as a text, whose quotes are taken off below.
        value = json.loads(text, parse_float=lambda digits: _NUMBER + digits)
        return _MARKED_NUMBER.sub(r"\1", render_readable(value))
    except (ValueError, RecursionError):
        return text


def _indented_xml(text: str) -> str:
    from defusedxml import minidom

    try:
        root = minidom.parseString(text, forbid_dtd=True).documentElement
        indented = root.toprettyxml(indent="  ") if root is not None else text
    except Exception:  # a client may have sent anything: it is shown as it came
        return text
    return _BLANK_LINES.sub("", indented).strip()
