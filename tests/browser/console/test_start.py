"""The five steps of Start, walked with the keyboard alone in Chromium, for each integration type."""

from __future__ import annotations

import pytest

from tests.browser.console.walking import in_a_browser, walk
from tests.support import Client

pytestmark = in_a_browser

TYPES = {
    "customer": ("Customer", "customer.customer.read_clinical", 5),
    "partner": ("Partner", "partner.facade.read_demographics", 5),
    "app": ("App", "app.rest.read_demographics", 2),
}
"""Integration type → its title, a cell that allows it something, and its credentials in the default world."""


@pytest.mark.parametrize("type_", TYPES)
def test_the_five_steps_are_walked_by_keyboard(pkb: Client, type_: str):
    title, cell, cards = TYPES[type_]
    result = walk("start.mjs", pkb.server.base_url, {"type": type_, "title": title, "cell": cell})
    assert result["findings"] == {}
    assert result["first"] == title
    assert result["isPython"], "an arrow key chooses the next language"
    assert result["language"] == "python", "the choice is remembered"
    assert "accepted" in result["response"]
    assert "accepted" in result["outcome"]
    assert result["cards"] == cards
    assert result["done"] == 3
