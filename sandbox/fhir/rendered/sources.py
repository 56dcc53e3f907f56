"""Where an endpoint's resources come from: the one thing that the engine knows of an endpoint's content."""

from __future__ import annotations

from typing import Any, Protocol

from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery

Json = dict[str, Any]


class ResourceSource(Protocol):
    """The resources of one type at one endpoint, as far as a viewer may see them."""

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        """The resource with that id; None when there is none, or none that the viewer may know of."""

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[Any]:
        """What matches and may be seen, in the order in which it is shown."""
