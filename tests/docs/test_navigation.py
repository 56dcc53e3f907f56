"""The navigation of the documentation: every page exactly once, in sections with their order."""

from __future__ import annotations

from pathlib import Path

from sandbox.console.documentation.library import documents, navigation_in
from sandbox.console.documentation.navigation import INDEX

DOCS = Path(__file__).parents[2] / "docs"
TITLES = ["Start", "How-to", "Reference", "Explanation", "Patients"]


def test_every_page_of_the_documentation_stands_in_the_navigation_once():
    pages = [page for section in navigation_in(DOCS) for page in section.pages]
    assert sorted(pages) == sorted(set(documents()) - {INDEX})


def test_the_sections_have_their_order():
    assert [section.title for section in navigation_in(DOCS)] == TITLES
