"""The pages of `docs/` in the order of their navigation, and the search over their sections."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from sandbox.base import datafiles
from sandbox.console.documentation.navigation import NavigationSection, arranged

LONGEST_QUERY = 100
MOST_MATCHES = 50
NOT_PAGES = ("_site/", "builder/")
"""Folders of `docs/` with files of the site, not with pages."""
_HEADING = re.compile(r"^(#{1,4}) +(\S(?:.*\S)?) *$", re.MULTILINE)
_MARKS = re.compile(r"[`*_]|\[([^\[\]]*)\]\([^()\[\]]*\)")


class DocumentationPage(NamedTuple):
    """A page: its name, the title in its first line, and its Markdown."""

    name: str
    title: str
    text: str


class PageSection(NamedTuple):
    """The part of a page below one heading, for the search."""

    document: DocumentationPage
    heading: str
    anchor: str
    text: str


class SectionMatch(NamedTuple):
    """A section with the words that were searched for; `excerpt` is the text around the first."""

    section: PageSection
    excerpt: str


def documents() -> dict[str, DocumentationPage]:
    """Name → page: the path of its file below `docs/`, without `.md`."""
    return documents_in(datafiles.path("docs"))


@cache
def documents_in(folder: Path) -> dict[str, DocumentationPage]:
    """Return the pages of a folder as `documents` does."""
    names = sorted(file.relative_to(folder).as_posix().removesuffix(".md") for file in folder.rglob("*.md"))
    return {
        name: _document(name, (folder / f"{name}.md").read_text(encoding="utf-8"))
        for name in names
        if not name.startswith(NOT_PAGES)
    }


def _document(name: str, text: str) -> DocumentationPage:
    title = text.partition("\n")[0].lstrip("# ")
    return DocumentationPage(name, _MARKS.sub(r"\1", title), text)


@cache
def navigation_in(folder: Path) -> tuple[NavigationSection, ...]:
    """Return the navigation of the pages of a folder. Raises NavigationError for a page without exactly one place."""
    return arranged(datafiles.read_toml(folder / "navigation.toml")["section"], tuple(documents_in(folder)))


@cache
def groups() -> tuple[tuple[str, tuple[DocumentationPage, ...]], ...]:
    """Heading → its pages."""
    sections = navigation_in(datafiles.path("docs"))
    return tuple((section.title, tuple(documents()[name] for name in section.pages)) for section in sections)


@cache
def pipeline_files() -> dict[str, str]:
    """Name → text of the files in `docs/ci/`."""
    folder = datafiles.path("docs") / "ci"
    return {file.name: file.read_text(encoding="utf-8") for file in sorted(folder.iterdir()) if file.is_file()}


@cache
def pictures() -> dict[str, bytes]:
    """Name → content of the pictures in `docs/pictures/`."""
    return {file.name: file.read_bytes() for file in (datafiles.path("docs") / "pictures").glob("*.png")}


def anchor_of(heading: str) -> str:
    """Return the id of a heading, formed as code hosts form it, so that links between pages fit both."""
    words = _MARKS.sub(r"\1", heading).lower()
    return re.sub(r"[^\w\- ]", "", words).strip().replace(" ", "-")


@cache
def sections() -> tuple[PageSection, ...]:
    """Every section of every page."""
    return tuple(section for document in documents().values() for section in _sections_of(document))


def _sections_of(document: DocumentationPage) -> list[PageSection]:
    headings = [match for match in _HEADING.finditer(document.text) if not _is_in_code(document.text, match.start())]
    ends = [*(match.start() for match in headings[1:]), len(document.text)]
    return [
        PageSection(document, _MARKS.sub(r"\1", match[2]), anchor_of(match[2]), document.text[match.end() : end])
        for match, end in zip(headings, ends, strict=True)
    ]


def _is_in_code(text: str, position: int) -> bool:
    """A comment of a shell looks like a heading."""
    return text.count("\n```", 0, position) % 2 == 1


def search(words: str) -> list[SectionMatch]:
    """Find the sections that hold all the words, those with them in the heading first."""
    parts = words.lower().split()
    matches = [section for section in sections() if all(part in _haystack(section) for part in parts)]
    matches.sort(key=lambda section: -sum(part in section.heading.lower() for part in parts))
    return [SectionMatch(section, _excerpt(section.text, parts)) for section in matches[:MOST_MATCHES]]


@cache
def _haystack(section: PageSection) -> str:
    return f"{section.document.title} {section.heading} {section.text}".lower()


def _excerpt(text: str, parts: list[str]) -> str:
    plain = " ".join(_MARKS.sub(r"\1", text).replace("|", " ").split())
    starts = [at for at in (plain.lower().find(part) for part in parts) if at >= 0]
    start = max(0, min(starts, default=0) - 80)
    return f"{'… ' if start else ''}{plain[start : start + 240]}{' …' if len(plain) > start + 240 else ''}"
