"""Search values that are extracted when they are first read: a resource without a search needs none."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sandbox.fhir.base.json import parse_stored
from sandbox.fhir.search.extraction import values_of
from sandbox.model.resource import SearchValue

SearchValues = Mapping[str, tuple[SearchValue, ...]]


class DeferredValues(Mapping[str, tuple[SearchValue, ...]]):
    """The values of a resource by its text, with those that the server adds."""

    __slots__ = ("_text", "_values", "added", "release")

    def __init__(self, release: str, text: str, added: SearchValues) -> None:
        self.release, self._text, self.added = release, text, added
        self._values: SearchValues | None = None

    @property
    def values_by_name(self) -> SearchValues:
        # A thread that reads ahead for a search and the loop may both be here. No lock: the text is read before the
        # values and emptied after they are set, so whoever finds no values has the text, and both extract the same.
        text, values_by_name = self._text, self._values
        if values_by_name is None:
            content: dict[str, Any] = parse_stored(text)
            values_by_name = self._values = {**values_of(self.release, content), **self.added}
            self._text = ""
        return values_by_name

    @property
    def unread(self) -> int:
        """Return the number of characters from which the values are still to be extracted."""
        return len(self._text)

    def __getitem__(self, name: str) -> tuple[SearchValue, ...]:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)
