"""The HL7 messages of an exchange for a log: the message without its envelope, and its acknowledgement."""

from __future__ import annotations

import re

from sandbox.errors import SandboxError
from sandbox.hl7 import soap
from sandbox.worlds.exchange import Exchange, Passed
from sandbox.worlds.masking import masked_text

_ARGUMENT = re.compile(r"<(?:[\w.-]+:)?arg0(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?(.*)", re.DOTALL)
_HEADER = re.compile(r"[\s\ufeff]*(?=MSH[^\w\s])")
_SEGMENT_END = re.compile(r"[\r\n]+")


def messages_of(exchange: Exchange) -> list[str]:
    """Return the message and its acknowledgement, each only if it begins with MSH, without secrets.

    Segments end with a carriage return, whatever the original line ends. If the journal did not keep the whole
    message, the last segment is the last complete one.
    """
    return [
        text for text in (received_message(exchange), _masked_message((exchange.hl7 or {}).get("text", ""))) if text
    ]


def received_message(exchange: Exchange) -> str:
    """Return the received message as `messages_of` does; empty if there is none."""
    return _masked_message(_message_text(exchange)) if exchange.is_message else ""


def sent_text(exchange: Exchange) -> str:
    """Return the message exactly as received, with its secrets, to send it again."""
    return _message_text(exchange)


def _masked_message(text: str) -> str:
    return _in_segments(masked_text(text, "xml")) if _HEADER.match(text) else ""


def _message_text(exchange: Exchange) -> str:
    request = exchange.request
    is_whole = request.length <= len(request.body)
    if exchange.scheme == "mllp":
        text = request.body.decode("utf-8", "replace")
    else:
        text = _in_envelope(request) if is_whole else _in_cut_envelope(request)
    # The last segment may be cut in the middle of a value.
    return text if is_whole else "\r".join(_SEGMENT_END.split(text)[:-1])


def _in_envelope(request: Passed) -> str:
    headers = {name: value.decode("latin-1") for name, value in request.headers}
    try:
        return soap.open_envelope(request.body, headers.get(b"content-type", ""))
    except SandboxError:
        return ""


def _in_cut_envelope(request: Passed) -> str:
    """Extract the beginning of `arg0` from an incomplete envelope, which no XML parser reads."""
    # Imported here, because it is rarely needed and its table of entities would slow the start.
    from html import unescape

    # "ignore", because the journal may have cut the body inside a character.
    match = _ARGUMENT.search(request.body.decode("utf-8", "ignore"))
    return unescape(match[1]) if match else ""


def _in_segments(text: str) -> str:
    return "".join(f"{segment}\r" for segment in _SEGMENT_END.split(_HEADER.sub("", text, count=1)) if segment.strip())
