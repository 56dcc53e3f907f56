"""What the pages call integration types, APIs, actions and kinds of credential: `words.toml`."""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox.base import datafiles


@cache
def words() -> dict[str, Any]:
    """Read the words: `type`, `api`, `action` and `credential`, each by its word in cells and control calls."""
    return datafiles.read_toml(datafiles.beside_code("console/pages/start/words.toml"))


def title_of(cell: str) -> str:
    """Return the title of a cell: `Partner · Facade · read demographics`."""
    type_, api, action = cell.split(".")
    texts = words()
    last = "read clinical data from others" if action.endswith("others") else texts["action"][action].lower()
    return f"{texts['type'][type_]['title']} · {texts['api'][api]['title']} · {last}"
