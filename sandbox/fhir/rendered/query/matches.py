"""The result of a search: the entities at that time, and the function that renders them for a viewer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from sandbox.fhir.base.viewer import Viewer

E = TypeVar("E")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Matches(Generic[E]):
    """The matches of a search in order. Later writes do not change them.

    `view` returns, for one viewer at one time, a function that renders an entity as its resource, or as None if the
    viewer may not see it (any more). The cost of a page therefore depends on its own entries, and it never shows data
    that was withdrawn after the search.
    """

    rows: Sequence[E]
    view: Callable[[Viewer], Callable[[E], Json | None]]

    def page(self, viewer: Viewer, start: int = 0, end: int | None = None) -> Iterator[Json]:
        """Return the resources of some of the matches, without those that the viewer may no longer see."""
        show = self.view(viewer)
        return (resource for row in self.rows[start:end] if (resource := show(row)) is not None)


NONE: Matches[Any] = Matches((), lambda viewer: lambda row: None)
