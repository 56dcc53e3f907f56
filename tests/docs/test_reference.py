"""The reference describes everything that the running product has, and nothing is left of what it had."""

from __future__ import annotations

import re

import pytest

from tests.docs.product import PARTS, Pages, entries, pages, undocumented


@pytest.fixture(scope="module")
def written() -> Pages:
    return pages()


@pytest.mark.parametrize("part", PARTS)
def test_everything_is_documented(part: str, written: Pages):
    assert undocumented(part, written) == [], "describe it, then run: python docs/generate.py"


@pytest.mark.parametrize("part", PARTS)
def test_a_page_that_loses_an_entry_is_noticed(part: str, written: Pages):
    page, words = entries(part)[0]
    without = {
        name: re.sub(re.escape(words), "", text, flags=re.IGNORECASE) if name.startswith(page) else text
        for name, text in written.items()
    }
    assert words in undocumented(part, without)


def test_every_reference_page_is_short_and_listed(written: Pages):
    index = written["reference/index.md"]
    names = [
        name.removeprefix("reference/") for name in written if name.startswith("reference/") and "index" not in name
    ]
    assert [name for name in names if f"]({name})" not in index] == []
    assert {name for name in names if written[f"reference/{name}"].count("\n") > 300} <= {
        "rest-answers.md",
        "rest-reads.md",
    }


def test_the_pages_have_no_html(written: Pages):
    for name, text in written.items():
        if name.startswith("reference/") or name == "patients.md":
            plain = re.sub(r"(`+).+?\1", "", text)
            assert re.findall(r"(?<!\\)<[a-z/!][^>]*>", plain) == [], name
