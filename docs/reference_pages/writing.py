"""Write a reference page: a title, an opening paragraph, a table of contents, and sections of CommonMark."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sandbox.facts import Fact

Lines = Iterable[str]
WIDTH = 120


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a page below its heading."""

    heading: str
    lines: Lines


@dataclass(frozen=True, slots=True)
class Page:
    """A page: `opening` is its first paragraph, in plain English."""

    title: str
    opening: str
    sections: Sequence[Section]


def render(page: Page) -> str:
    """Return the page as text. Pages with one section have no table of contents."""
    lines = [f"# {page.title}", "", *wrapped(page.opening), ""]
    if len(page.sections) > 1:
        lines += [f"- [{section.heading}](#{anchor_of(section.heading)})" for section in page.sections]
        lines.append("")
    for section in page.sections:
        lines += [f"## {section.heading}", "", *section.lines]
        if lines[-1]:
            lines.append("")
    return "\n".join(lines).rstrip("\n") + "\n"


def wrapped(text: str) -> list[str]:
    """Break a paragraph into lines; links stay whole."""
    return textwrap.wrap(text, WIDTH, break_long_words=False, break_on_hyphens=False)


def table(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield a table and an empty line after it; nothing if there are no rows."""
    listed = list(rows)
    if not listed:
        return
    yield f"| {' | '.join(headings)} |"
    yield f"|{'---|' * len(headings)}"
    for row in listed:
        yield f"| {' | '.join(row)} |"
    yield ""


def plain(text: str) -> str:
    """Escape text for a cell of a table, except what stands in backticks."""
    pieces = re.split(r"(`[^`]*`)", text.replace("\n", " "))
    escaped = (piece if piece.startswith("`") else _escaped(piece) for piece in pieces)
    return "".join(escaped).replace("|", chr(92) + "|")


def _escaped(text: str) -> str:
    """Escape what CommonMark would read as HTML, emphasis or a link."""
    return re.sub(r"([<*\[\]])|(?<!\w)_|_(?!\w)", lambda match: chr(92) + match[0], text)


def code(text: str) -> str:
    """Show text as code in a cell of a table; a code span cannot be empty."""
    if not text:
        return ""
    fence = "``" if "`" in text else "`"
    return f"{fence}{text.replace('|', chr(92) + '|')}{fence}"


def standing(level: str, source: str) -> str:
    """Show a standing with a link to its source; a source that is no address follows in words."""
    address = source.split(" ")[0]
    if address.startswith("http"):
        return f"[{level}]({address})"
    return f"{level}: {plain(source)}" if source else level


def facts_table(facts: Iterable[Fact]) -> Iterator[str]:
    """Yield a table of facts with their ids: explanations of refusals name a fact by its id."""
    rows = ((plain(fact.text), code(fact.id), standing(fact.standing, fact.source)) for fact in facts)
    yield from table(("what the sandbox does", "rule", "standing"), rows)


def anchor_of(heading: str) -> str:
    """Return the id of a heading, formed as code hosts form it."""
    return re.sub(r"[^\w\- ]", "", heading).strip().lower().replace(" ", "-")


def capitalised(text: str) -> str:
    """Return the text with a capital first letter."""
    return text[:1].upper() + text[1:]
