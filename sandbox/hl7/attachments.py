"""Encapsulated data (ED) in OBX-5: type, format, encoding, and the bytes.

Sources: *MDM T02 Document*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3364848860/Document ; *Care Plan*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012559/Care+Plan
"""

from __future__ import annotations

from binascii import Error, a2b_base64
from dataclasses import dataclass

from sandbox.errors import Invalid
from sandbox.hl7.inbound_message import InboundMessage
from sandbox.hl7.segments import Segment

FORMATS = {
    "PDF": ("application/pdf", "pdf"),
    "HTML": ("text/html", "html"),
    "RTF": ("application/rtf", "rtf"),
    "TXT": ("text/plain", "txt"),
    "PLAIN": ("text/plain", "txt"),
    "MSWORD": ("application/msword", "doc"),
    "JPEG": ("image/jpeg", "jpg"),
    "JPG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "GIF": ("image/gif", "gif"),
    "TIFF": ("image/tiff", "tiff"),
}
"""OBX-5.3 → media type and extension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowed:
    """The accepted data of one kind of data point: OBX-5.2 (None for any) for each OBX-5.3, and the formats allowed
    as plain text.
    """

    types: dict[str, tuple[str, ...] | None]
    plain: tuple[str, ...] = ()
    rule: str


TEXT = ("TEXT", "APPLICATION")
DOCUMENT = Allowed(
    types={"PDF": TEXT, "HTML": TEXT, "RTF": TEXT, "TXT": TEXT, "PLAIN": TEXT, "MSWORD": ("APPLICATION",)},
    plain=("HTML", "RTF", "TXT", "PLAIN"),
    rule="documents.formats",
)
CARE_PLAN = Allowed(types={"HTML": ("TEXT",), "PDF": ("TEXT",)}, plain=("HTML",), rule="documents.formats")
RADIOLOGY = Allowed(types=dict.fromkeys(("JPEG", "JPG", "PNG", "GIF", "TIFF", "PDF")), rule="radiology.attachments")


@dataclass(frozen=True, slots=True)
class File:
    """A received file: media type, its extension, and the bytes."""

    media_type: str
    extension: str
    content: bytes


def read_file(inbound: InboundMessage, obx: Segment, allowed: Allowed, prefix: str = "") -> File:
    """Return the file of an OBX. A type that PKB does not accept is refused, and so is invalid Base64."""
    format_ = _one_of(inbound, obx, 3, "data subtype", tuple(allowed.types), allowed, prefix)
    if format_ not in allowed.types:
        # It is refused: the format decides how the other components are read.
        return File("", "", b"")
    types = allowed.types[format_]
    if types is not None:
        _one_of(inbound, obx, 2, "type of data", types, allowed, prefix)
    # HL7 2.4, data type ED: A means unencoded, displayable characters, so only text formats can have it.
    encodings = ("A", "Base64") if format_ in allowed.plain else ("Base64",)
    encoding = _one_of(inbound, obx, 4, "encoding", encodings, allowed, prefix)
    data = obx.text(5, 5)
    return File(*FORMATS[format_], data.encode() if encoding == "A" else _decode_base64(inbound, obx, data, prefix))


def _one_of(
    inbound: InboundMessage,
    obx: Segment,
    component: int,
    name: str,
    values: tuple[str, ...],
    allowed: Allowed,
    prefix: str,
) -> str:
    value = obx.text(5, component)
    if value not in values:
        choices = ", ".join(values)
        error = Invalid(
            f"{prefix}OBX-5.{component} ({name}) must be {choices}. You provided [{value}]",
            where=inbound.at(obx, 5, component),
            rule=allowed.rule,
            instead=f"one of: {choices}",
        )
        inbound.refuse(error)
    return value


def _decode_base64(inbound: InboundMessage, obx: Segment, data: str, prefix: str) -> bytes:
    try:
        # Strict: a lenient decoder would skip invalid characters, and a damaged file would be stored.
        return a2b_base64(_without_space(data), strict_mode=True)
    except (Error, ValueError):
        error = Invalid(
            f"{prefix}OBX-5.5 (data) is not valid Base64",
            where=inbound.at(obx, 5, 5),
            rule="documents.base64",
            instead="valid Base64 (RFC 4648)",
        )
        inbound.refuse(error)
        return b""


def _without_space(data: str) -> str:
    # Many encoders break lines after 76 characters, as MIME asks (RFC 2045, 6.8).
    return "".join(data.split()) if "\n" in data or " " in data else data
