"""The sources of an endpoint's resources: the engine's only interface to an endpoint's content."""

from __future__ import annotations

from typing import Any, Protocol

from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery

Json = dict[str, Any]


class ResourceSource(Protocol):
    """The resources of one type at one endpoint, as far as a viewer may see them."""

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        """Return the resource with an id; None if it does not exist or the viewer may not see it."""

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[Any]:
        """Return the visible matches, in order."""
