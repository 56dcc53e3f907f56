"""Values as text for people: JSON, the beginning of a long text, the first of many names."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any


def render_readable(value: Any) -> str:
    """Return the value as JSON, indented by two spaces and without escapes for letters outside ASCII."""
    return json.dumps(value, indent=2, ensure_ascii=False)


def shortened(text: str, longest: int, *, has_length: bool = False) -> str:
    """Return a text of at most `longest` characters, or that many of it and an ellipsis, with its length if asked."""
    if len(text) <= longest:
        return text
    return f"{text[:longest]}… ({len(text):,} characters)" if has_length else f"{text[:longest]}…"


def first_of_many(names: Sequence[str], most: int) -> str:
    """Return the names with commas between them: the first `most`, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
