"""The messages of a file, for `hl7 send` and `hl7 lint`: any line ends, batches, framing, UTF-8 or UTF-16.

A file may contain several messages, each of which begins with MSH at the start of a line. Headers and trailers of
batches and files (FHS, BHS, BTS, FTS) and MLLP framing are removed, because PKB accepts one message per request.
"""

from __future__ import annotations

import codecs
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from sandbox.base import datafiles

STANDARD_INPUT = "-"
MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
"""Byte order mark → encoding; longer marks come first."""
FOLDERS = ("", "variants/", "refused/")
"""Folders of supplied messages, of variants, and of messages that PKB refuses."""
_LINE_END = re.compile(r"[\r\n\x0b\x1c]+")
_HEADER = re.compile(r"MSH[^\w\s]")
_OF_BATCH = re.compile(r"(?:FHS|BHS|BTS|FTS)(?:[^\w\s]|$)")
# Without 0B and 1C: they are the framing of MLLP, which is removed.
_BINARY = re.compile(r"[\x00-\x08\x0e-\x19]")


class FileMessage(NamedTuple):
    """One message and its name: that of the file, numbered if the file contains several."""

    name: str
    text: str


class UnusableFile(ValueError):
    """A file without a usable message; the text says why."""


def read_all(names: tuple[str, ...]) -> list[FileMessage]:
    """Read the messages of files, examples and standard input. Raises Unusable with the file, before returning any."""
    return [message for name in names for message in _of_file(name)]


def examples() -> dict[str, str]:
    """The supplied example messages: name → text."""
    files = sorted(datafiles.path("fixtures/hl7").glob("*.hl7"))
    return {file.stem: file.read_text(encoding="utf-8") for file in files}


def messages_of(content: bytes) -> list[str]:
    """Split a file's content into messages, with segments ended by carriage returns. Raises Unusable."""
    text = _decode(content)
    if not text.strip("\ufeff \t\r\n\x0b\x1c"):
        raise UnusableFile("is empty")
    control = _BINARY.search(text)
    if control:
        raise UnusableFile(
            f"is not an HL7 message but binary data: character U+{ord(control[0]):04X} at {control.start()}"
        )
    messages = list(_split_messages(text))
    if not messages:
        raise UnusableFile("contains batch segments but no message")
    return messages


def _of_file(name: str) -> list[FileMessage]:
    try:
        messages = messages_of(_content(name))
    except OSError as error:
        raise UnusableFile(f"{name}: {error.strerror or error}") from error
    except UnusableFile as error:
        raise UnusableFile(f"{name} {error}") from error
    if len(messages) == 1:
        return [FileMessage(name, messages[0])]
    return [FileMessage(f"{name}[{number}]", message) for number, message in enumerate(messages, 1)]


def _content(name: str) -> bytes:
    if name == STANDARD_INPUT:
        return sys.stdin.buffer.read()
    # A name without dot and slash is first looked for among the supplied messages.
    return _example(name) or Path(name).read_bytes()


def _example(name: str) -> bytes | None:
    """Return the supplied message, variant or refused message with a name, if any."""
    if not re.fullmatch(r"\w+", name):
        return None
    for folder in FOLDERS:
        with suppress(FileNotFoundError):
            return datafiles.read_example(f"hl7/{folder}{name}.hl7")
    return None


def _decode(content: bytes) -> str:
    encoding = next((encoding for mark, encoding in MARKS if content.startswith(mark)), _guess_encoding(content))
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        value = f"byte 0x{content[error.start]:02X} at {error.start}"
        raise UnusableFile(f"is not text in UTF-8 or UTF-16: {value}") from error


def _guess_encoding(content: bytes) -> str:
    """Guess the encoding of text without a mark: in UTF-16 every second byte of ASCII letters is zero."""
    if content[1:8:2] == bytes(4) and 0 not in content[0:8:2]:
        return "utf-16-le"
    if content[0:8:2] == bytes(4) and 0 not in content[1:8:2]:
        return "utf-16-be"
    return "utf-8"


def _split_messages(text: str) -> Iterator[str]:
    """Split a text into messages. Raises Unusable for a line that belongs to none."""
    segments: list[str] = []
    for number, raw in enumerate(_LINE_END.split(text), 1):
        line = raw.strip("\ufeff") if "\ufeff" in raw else raw
        if _HEADER.match(line.lstrip()):
            if segments:
                yield "\r".join(segments)
            segments = [line.lstrip()]
        elif _OF_BATCH.match(line.lstrip()):
            if segments:
                yield "\r".join(segments)
            segments = []
        elif segments and line.strip():
            segments.append(line)
        elif line.strip():
            excerpt = line.strip()[:20]
            raise UnusableFile(f"contains no HL7 message: line {number} does not start with MSH ({excerpt!r})")
    if segments:
        yield "\r".join(segments)
