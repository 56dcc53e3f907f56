"""How pages are arranged in the navigation of the documentation."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.console.documentation.navigation import INDEX, NavigationEntry, NavigationError, arranged


def rows(*pages: str | dict[str, Any]) -> list[dict[str, Any]]:
    return [{"title": "How-to", "pages": list(pages)}]


def test_a_pattern_takes_what_nothing_else_names():
    (section,) = arranged(rows("b", "start/*", "a"), ["a", "b", "start/x", "start/y", INDEX])
    assert list(section.pages) == ["b", "start/x", "start/y", "a"]


def test_a_page_may_have_pages_below_it():
    (section,) = arranged(rows({"page": "hl7", "below": ["hl7/*"]}), ["hl7", "hl7/adt"])
    assert section.entries == (NavigationEntry("hl7", ("hl7/adt",)),)


def test_a_section_without_pages_is_left_out():
    sections = arranged([*rows("a"), {"title": "Patients", "pages": ["patients/*"]}], ["a"])
    assert [section.title for section in sections] == ["How-to"]


@pytest.mark.parametrize(
    ("pages", "names", "problem"),
    [
        (["a"], ["a", "b", "c"], "b, c is missing"),
        (["a", {"page": "b", "below": ["a"]}], ["a", "b"], "a stands there twice"),
        (["a", "b"], ["a"], "b has no file"),
    ],
)
def test_a_page_without_exactly_one_place_is_an_error(pages: list[str], names: list[str], problem: str):
    with pytest.raises(NavigationError, match=problem):
        arranged(rows(*pages), names)
