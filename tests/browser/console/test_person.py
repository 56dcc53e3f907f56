"""The walk of docs/console.md in Chromium; with PKB_SANDBOX_TEST_PICTURES it takes the pictures of the page."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.browser.console.walking import in_a_browser, walk
from tests.hl7.samples import example
from tests.support import Client

DOCS = Path(__file__).parents[3] / "docs"
PICTURES = ("start", "cell", "editor", "traffic", "doors", "access")
MOST_BYTES = 1_000_000


@pytest.mark.own_environment("chromium")
@pytest.mark.skipif(in_a_browser[1].args[0], reason=in_a_browser[1].kwargs["reason"])
def test_a_person_walks_from_the_first_page_to_a_patient_behind_every_door(pkb: Client):
    argument = {"folder": os.environ.get("PKB_SANDBOX_TEST_PICTURES", ""), "message": example("siu_s12")}
    assert walk("person.mjs", pkb.server.base_url, argument) == {}


def test_the_page_shows_each_picture_of_the_walk_in_its_order():
    page = (DOCS / "console.md").read_text(encoding="utf-8")
    assert re.findall(r"\]\(pictures/([a-z]+)\.png\)", page) == list(PICTURES)


def test_the_pictures_are_small():
    files = sorted((DOCS / "pictures").glob("*.png"))
    assert [file.name for file in files] == sorted(f"{name}.png" for name in PICTURES)
    assert sum(file.stat().st_size for file in files) < MOST_BYTES
