"""PDF documents written by hand: their structure, read with nothing but the format's own rules."""

from __future__ import annotations

import re

from sandbox.synthetic.people.pdf import COLUMNS, LINES, pdf


def objects(document: bytes) -> dict[int, bytes]:
    """The objects that the cross-reference table leads to, by number."""
    start = int(document.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert document[start:].startswith(b"xref\n0 ")
    lines = document[start:].split(b"\n")
    count = int(lines[1].split()[1])
    bodies = {}
    for number in range(1, count):
        offset = int(lines[2 + number][:10])
        head = f"{number} 0 obj\n".encode()
        assert document[offset:].startswith(head)
        bodies[number] = document[offset + len(head) :].split(b"\nendobj")[0]
    return bodies


def lines_of(content: bytes) -> list[str]:
    """The lines of a page's text, unescaped."""
    return [
        re.sub(rb"\\(.)", rb"\1", text).decode("cp1252") for text in re.findall(rb"\(((?:\\.|[^\\)])*)\) Tj", content)
    ]


def test_a_document_begins_and_ends_as_a_pdf_and_every_object_is_where_the_table_says():
    document = pdf("Letter", ["Dear Ms Khan,", "All is well."])
    assert document.startswith(b"%PDF-1.4\n")
    assert document.endswith(b"%%EOF\n")
    numbered = objects(document)
    assert b"/Type /Catalog" in numbered[1]
    assert b"/Count 1" in numbered[2]
    length = int(re.search(rb"/Length (\d+)", numbered[6])[1])  # type: ignore[index]
    assert len(numbered[6].split(b"stream\n", 1)[1].rsplit(b"\nendstream")[0]) == length


def test_the_document_contains_the_given_text():
    document = pdf("Letter (copy)", ["Temperature 37 °C, fee £5, path C:\\x", "Zoë O'Brien"])
    lines = lines_of(objects(document)[6])
    assert lines == ["Letter (copy)", "", "Temperature 37 °C, fee £5, path C:\\x", "", "Zoë O'Brien", ""]


def test_long_text_goes_on_over_lines_and_pages():
    document = pdf("Report", ["word " * 400] * 6)
    numbered = objects(document)
    pages = [content for content in numbered.values() if content.startswith(b"<< /Length")]
    assert len(pages) > 1
    assert f"/Count {len(pages)}".encode() in numbered[2]
    for page in pages:
        assert len(lines_of(page)) <= LINES
        assert all(len(line) <= COLUMNS for line in lines_of(page))
