"""The reply to every message: an ACK, or the first segments of a query response.

Source: *ACK*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848470/ACK
"""

from __future__ import annotations

from datetime import datetime

from sandbox.hl7 import timestamps
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.escapes import escape

PREFIX = {"AR": "Parsing or validation error: ", "AE": "Unexpected error while processing: "}
"""Acknowledgement code → the prefix of the detail in MSA-3."""


def acknowledge(request: Er7Message | None, code: str, detail: str, now: datetime, *, trigger: str = "") -> str:
    """Build an ACK: `AA` without text, else PKB's prefix and the detail. `trigger` if the type is known."""
    kind = f"ACK^{escape(trigger)}" if trigger else "ACK"
    text = [] if code == "AA" else [escape(PREFIX[code] + detail)]
    return "\r".join((header(request, kind, now), segment("MSA", code, _echo(request, 10), *text)))


def header(request: Er7Message | None, kind: str, now: datetime) -> str:
    """Build the MSH of a reply. `kind` is MSH-9, such as `ACK^A28`."""
    at = timestamps.format_timestamp(now)
    # PKB answers to the sending application and facility: MSH-3 and 4 become MSH-5 and 6.
    to_application, to_facility = _echo_all(request, 3), _echo_all(request, 4)
    # hl7.ack: PKB's control id is the time of the reply, not a new number.
    return segment("MSH", "^~\\&", "HL7API", "PKB", to_application, to_facility, at, "", kind, f"PKB-{at}", "P", "2.4")


def segment(*fields: str) -> str:
    """Join fields into a segment, without trailing empty ones; line ends in a value are removed, as they would end
    the segment.
    """
    return "|".join(fields).rstrip("|").replace("\r", " ").replace("\n", " ")


def _echo_all(request: Er7Message | None, field: int) -> str:
    """Return a field of the request's MSH with all its components, in the standard delimiters."""
    if request is None:
        return ""
    head = request.all[0]
    count = len(head.components(field))
    return escape(head.value(field)) if count == 1 else "^".join(map(escape, head.values(field, count)))


def _echo(request: Er7Message | None, field: int) -> str:
    return escape(request.value("MSH", field)) if request else ""
