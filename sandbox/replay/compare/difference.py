"""One difference between a recorded response and that of the other server."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

from sandbox.base.readable import shortened
from sandbox.replay.redaction import shape_of

LONGEST = 160
"""Maximum number of characters of a value in a text."""
ABSENT = object()


class Difference(NamedTuple):
    """`where` is its place, `recorded` and `actual` are the values, `ABSENT` if there is none. `is_code`: they name no
    person.

    `detail` is what the other server says about it in its own words.
    """

    where: str
    recorded: Any
    actual: Any
    is_code: bool = False
    detail: str = ""

    def value(self, value: Any, *, is_redacted: bool) -> Any:
        if value is ABSENT:
            return None
        return shape_of(value, self.where) if is_redacted and not self.is_code else value

    def text(self, *, is_redacted: bool) -> str:
        """Describe it in words."""
        recorded = _value_text(self.value(self.recorded, is_redacted=is_redacted))
        actual = _value_text(self.value(self.actual, is_redacted=is_redacted))
        if self.actual is ABSENT:
            return f"{self.where}: {recorded} in the recording, missing now"
        if self.recorded is ABSENT:
            return f"{self.where}: not in the recording, {actual} now"
        detail = f" ({self.detail[:LONGEST]})" if self.detail and not is_redacted else ""
        another = "another " if is_redacted and recorded == actual else ""
        return f"{self.where}: {recorded} in the recording, {another}{actual} now{detail}"


def _value_text(value: Any) -> str:
    return shortened(json.dumps(value, ensure_ascii=False), LONGEST)
