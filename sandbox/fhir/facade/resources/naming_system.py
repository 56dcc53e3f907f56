"""NamingSystem: the local identifier types of organisations and teams.

Source: *Facade NamingSystem*, https://pkbdev.atlassian.net/wiki/pages/diffpages.action?originalId=3392045129&pageId=3434086440
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sandbox.access.purview import sees_identifier_type
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.elements import Json, Unread
from sandbox.fhir.rendered.query.matches import Matches
from sandbox.fhir.rendered.query.parameters import CheckedQuery
from sandbox.fhir.rendered.query.string import StringCriterion
from sandbox.model import LocalIdType


class NamingSystems(Unread):
    """The types whose numbers the caller may see, by URI."""

    def search(self, viewer: Viewer, query: CheckedQuery) -> Matches[LocalIdType]:
        (criterion,) = query.criteria["value"]
        assert isinstance(criterion, StringCriterion)  # noqa: S101 - the statement says string
        kinds = [kind for kind in viewer.store.all(LocalIdType) if criterion.matches(uri(kind))]
        return Matches([kind for kind in kinds if sees_identifier_type(viewer.caller, kind)], _view)


def _view(viewer: Viewer) -> Callable[[LocalIdType], Json | None]:
    return lambda kind: to_stu3(viewer, kind) if sees_identifier_type(viewer.caller, kind) else None


def uri(kind: LocalIdType) -> str:
    return f"urn:uuid:{kind.id}"


def to_stu3(viewer: Viewer, kind: LocalIdType) -> Json:
    """Render a type as `facade-namingsystem`; its date is that of the request."""
    midnight = viewer.now.replace(hour=0, minute=0, second=0, microsecond=0)
    # The date changes at midnight: until then, and not before, the same response may be sent again.
    viewer.changes_at(midnight)
    viewer.changes_at(midnight + timedelta(days=1))
    return {
        "resourceType": "NamingSystem",
        "id": kind.id,
        "name": kind.name,
        "status": "active",
        "kind": "identifier",
        "date": viewer.now.date().isoformat(),
        "uniqueId": [{"type": "uri", "value": uri(kind)}],
    }
