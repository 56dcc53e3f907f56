"""All generated pages with their paths."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from reference_pages import control_pages, error_pages, fhir_pages, hl7_pages, other_pages, rest_pages
from reference_pages.index_page import index
from reference_pages.patients_page import patients
from reference_pages.writing import Page, render

FOLDER = "docs/reference"
MODULES = (hl7_pages, rest_pages, fhir_pages, other_pages, control_pages, error_pages)


@cache
def reference_pages() -> dict[str, Page]:
    """Return file name → page, for every page but the front page."""
    return {name: page for module in MODULES for name, page in module.pages()}


@cache
def files() -> dict[str, Callable[[], str]]:
    """Return path from the top of the repository → what writes its text."""
    pages = {**reference_pages(), "index.md": index(reference_pages())}
    texts = {f"{FOLDER}/{name}": _writer(page) for name, page in pages.items()}
    return {**texts, "docs/patients.md": _writer(patients())}


def _writer(page: Page) -> Callable[[], str]:
    text = render(page)
    return lambda: text
