"""Which value of the other server stands for which recorded value: ids of people and resources, client ids."""

from __future__ import annotations

import re

from sandbox.replay.dependencies import UUID

_ID = re.compile(rf"{UUID}|(?<![\w.-])[A-Za-z0-9_-]{{6,}}(?![\w-])")
"""Ids inside texts: shorter ones could be anything."""


class Bindings:
    """A one-to-one mapping of recorded ids to those of the other server, learned from its answers."""

    def __init__(self) -> None:
        self._actual: dict[str, str] = {}
        self._recorded: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._etags: dict[tuple[str, str], str] = {}
        self._name_pattern: re.Pattern[str] | None = None

    def bind(self, recorded: str, actual: str) -> bool:
        """Note that two ids mean the same; False if either already stands for another."""
        if self._actual.setdefault(recorded, actual) != actual:
            return False
        return self._recorded.setdefault(actual, recorded) == recorded

    def name(self, recorded: str, actual: str) -> None:
        """Note that a name, such as a client id, is another one there, also inside texts."""
        if recorded and actual and recorded != actual:
            self._names[recorded] = actual
            # A regular expression takes the first alternative that matches: `clinic` must not hide `clinic.org`.
            longest_first = sorted(self._names, key=len, reverse=True)
            words = "|".join(map(re.escape, longest_first))
            self._name_pattern = re.compile(rf"(?<![\w.-])(?:{words})(?![\w-])")

    def bind_etag(self, path: str, recorded: str, actual: str) -> None:
        """Note which ETag of a resource, by its recorded path, stands for a recorded one."""
        self._etags[path, recorded] = actual

    def etags(self, path: str, header: str) -> str:
        """Replace the recorded ETags in a header about the resource at a path."""
        tags = (tag.strip() for tag in header.split(","))
        return ", ".join(self._etags.get((path, tag), tag) for tag in tags)

    def actual(self, recorded: str) -> str | None:
        """Return what stands for a recorded id; None if that is not known."""
        return self._actual.get(recorded)

    def is_actual(self, value: str) -> bool:
        return value in self._recorded

    def value(self, recorded: str) -> str:
        """Return what stands for a whole value: an id or a name, or the value itself."""
        return self._actual.get(recorded) or self._names.get(recorded) or recorded

    def rewrite(self, text: str) -> str:
        """Replace the recorded ids and names in a text."""
        text = _ID.sub(lambda match: self._actual.get(match[0], match[0]), text)
        if self._name_pattern is not None:
            text = self._name_pattern.sub(lambda match: self._names[match[0]], text)
        return text
