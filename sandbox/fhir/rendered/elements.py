"""What rendered resources share: references, elements without empty values, and a source without search or read."""

from __future__ import annotations

from typing import Any

from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.query.matches import NONE, Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery

Json = dict[str, Any]
STRUCTURE = "http://fhir.patientsknowbest.com/structuredefinition"


class Unsearched:
    """A type that is read only."""

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[Any]:
        return NONE


class Unread:
    """A type that is searched only."""

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        return None


def reference(type_: str, id_: str, display: str) -> Json:
    """A relative reference with a display, as PKB writes them; people and teams always carry one."""
    return {"reference": f"{type_}/{id_}", "display": display}


def filled(resource: Json) -> Json:
    """The resource without empty elements: FHIR has no empty values."""
    return {key: value for key, value in resource.items() if value not in ("", None, [], {})}
