"""A Bundle that is sent again: only its id, and the time at which it was put together, are new."""

from __future__ import annotations

import re
from typing import Self

_HEAD = re.compile(
    rb'\{"resourceType":"Bundle",(?:"id":"(?P<id>[^"]+)",)?"meta":\{"lastUpdated":"(?P<updated>[^"]+)"', re.ASCII
)
"""The beginning of a searchset without blanks."""


class RenewedBundle:
    """The bytes of a Bundle around its id, which its links may repeat, and around its time."""

    def __init__(self, content: bytes, id_: bytes, start: int, end: int) -> None:
        """`start` and `end` are where the time stands."""
        before, after = content[:start], content[end:]
        self._before = before.split(id_) if id_ else [before]
        self._after = after.split(id_) if id_ else [after]

    @classmethod
    def of(cls, content: bytes) -> Self | None:
        """Return the parts of a Bundle; None if it begins otherwise, as an indented one does."""
        head = _HEAD.match(content)
        return cls(content, head["id"] or b"", *head.span("updated")) if head else None

    def content(self, id_: str, updated: str) -> bytes:
        """Return the Bundle with another id and time; without an id if it has none."""
        word = id_.encode()
        return b"".join((word.join(self._before), updated.encode(), word.join(self._after)))
