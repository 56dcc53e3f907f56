"""A PDF document of plain text: one font that every reader has, and as many pages as the text needs.

Source of the format: ISO 32000-1, 7.5 (file structure) and 9.4 (text objects).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import islice
from textwrap import wrap

WIDTH, HEIGHT, MARGIN = 595, 842, 72
SIZE, LEADING = 11, 16
COLUMNS = 84
LINES = (HEIGHT - 2 * MARGIN) // LEADING


def pdf(title: str, paragraphs: Iterable[str]) -> bytes:
    """Build an A4 document with a title and paragraphs. Characters outside Windows-1252 become question marks."""
    lines = [title, ""]
    for paragraph in paragraphs:
        lines += [*(wrap(paragraph, COLUMNS) or [""]), ""]
    rest = iter(lines)
    pages = list(iter(lambda: list(islice(rest, LINES)), []))
    return _file(_objects(title, pages))


def _objects(title: str, pages: Sequence[Sequence[str]]) -> list[bytes]:
    """Return the objects in numerical order: catalogue, page tree, font, information, then each page and its text."""
    kids = " ".join(f"{5 + 2 * page} 0 R" for page in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
        b"<< /Title (" + _text(title) + b") /Producer (PKB Sandbox, synthetic data) >>",
    ]
    for page, lines in enumerate(pages):
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] /Contents {6 + 2 * page} 0 R"
            " /Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(_stream(lines))
    return objects


def _stream(lines: Sequence[str]) -> bytes:
    text = b"\n".join(b"(" + _text(line) + b") Tj T*" for line in lines)
    head = f"BT /F1 {SIZE} Tf {LEADING} TL {MARGIN} {HEIGHT - MARGIN} Td\n".encode()
    content = head + text + b"\nET"
    return f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"


def _text(line: str) -> bytes:
    """Format a string for PDF: its three special characters are escaped."""
    escaped = line.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
    return escaped.encode("cp1252", "replace")


def _file(objects: Sequence[bytes]) -> bytes:
    # Four bytes above 127 in a comment tell programs that transfer files that this one is binary (ISO 32000-1, 7.5.2).
    written = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, 1):
        offsets.append(len(written))
        written += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    table = len(written)
    written += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    written += b"".join(f"{offset:010} 00000 n \n".encode() for offset in offsets)
    trailer = f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R /Info 4 0 R >>\nstartxref\n{table}\n%%EOF\n"
    return bytes(written + trailer.encode())
