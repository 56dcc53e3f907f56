"""Common parts of rendered resources: references, removal of empty elements, and sources without search or read."""

from __future__ import annotations

from typing import Any

from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.query.matches import NONE, Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery

Json = dict[str, Any]
STRUCTURE = "http://fhir.patientsknowbest.com/structuredefinition"


class Unsearched:
    """A type without search."""

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[Any]:
        return NONE


class Unread:
    """A type without read."""

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        return None


def reference(type_: str, id_: str, display: str) -> Json:
    """Build a relative reference with a display, as PKB does; people and teams always have one."""
    return {"reference": f"{type_}/{id_}", "display": display}


def without_empty(resource: Json) -> Json:
    """Remove empty elements, which FHIR does not allow."""
    # 0 and false stay: they are values.
    return {key: value for key, value in resource.items() if value not in ("", None, [], {})}
