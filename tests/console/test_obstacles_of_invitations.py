"""Why an invitation cannot be used any more."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.console.pages.bench.join import _obstacle
from tests.domain.small_world import NOW, patient, world

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("values", "expires", "email", "is_child", "words"),
    [
        ({}, SECOND, "", False, ""),
        ({}, timedelta(), "", False, "The invitation expired on 01 March 2026."),
        ({}, -SECOND, "", False, "The invitation expired"),
        ({"deceased": True}, SECOND, "", False, "has died"),
        ({"registered": True}, SECOND, "", False, "is already registered"),
        ({}, SECOND, "", True, "is under 16"),
        ({}, SECOND, "a@b.example", True, ""),
        ({"deceased": True, "registered": True}, -SECOND, "", True, "has died"),
    ],
)
def test_an_obstacle_is_told(values: dict[str, Any], expires: timedelta, email: str, is_child: bool, words: str):
    invitation: Any = SimpleNamespace(expires_at=NOW + expires, email=email)
    obstacle = _obstacle(patient(world(), **values), invitation, NOW, is_child=is_child)
    assert words in obstacle
    assert bool(obstacle) is bool(words)
