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

    __slots__ = ("_added", "_release", "_text", "_values")

    def __init__(self, release: str, text: str, added: SearchValues) -> None:
        self._release, self._text, self._added = release, text, added
        self._values: SearchValues | None = None

    @property
    def values_by_name(self) -> SearchValues:
        if self._values is None:
            content: dict[str, Any] = parse_stored(self._text)
            self._values = {**values_of(self._release, content), **self._added}
            self._text = ""
        return self._values

    def __getitem__(self, name: str) -> tuple[SearchValue, ...]:
        return self.values_by_name[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.values_by_name)

    def __len__(self) -> int:
        return len(self.values_by_name)
