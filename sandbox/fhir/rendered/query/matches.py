"""What a search has found: the entities as they were then, and how each of them is shown to a viewer."""

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
    """The matches of a search in their order. They stay as they are, whatever is written later.

    `view` makes, for one viewer at one time, what shows an entity: its resource, or None when the viewer may not see it
    (any more). So a page costs what is on it, and shows nothing that has been withdrawn since the search.
    """

    rows: Sequence[E]
    view: Callable[[Viewer], Callable[[E], Json | None]]

    def page(self, viewer: Viewer, start: int = 0, end: int | None = None) -> Iterator[Json]:
        """The resources of some of the matches, without those that the viewer may not see any more."""
        show = self.view(viewer)
        return (resource for row in self.rows[start:end] if (resource := show(row)) is not None)


NONE: Matches[Any] = Matches((), lambda viewer: lambda row: None)
