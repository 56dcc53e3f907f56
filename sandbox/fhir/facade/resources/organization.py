"""Organization: an organisation, or one of its teams.

Source: *Entity: Organisation*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3752722465
"""

from __future__ import annotations

from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.elements import Json, Unsearched, reference
from sandbox.model import Organisation, Team


class Organizations(Unsearched):
    """Organisations and teams, whose names PKB shows to every caller with a token."""

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        organisation = viewer.store.find_one(Organisation, id_)
        if organisation is not None:
            return {"resourceType": "Organization", "id": organisation.id, "name": organisation.name}
        team = viewer.store.find_one(Team, id_)
        return _team(viewer, team) if team else None


def _team(viewer: Viewer, team: Team) -> Json:
    parent = viewer.store.get(Organisation, team.organisation)
    return {
        "resourceType": "Organization",
        "id": team.id,
        "name": team.name,
        "partOf": reference("Organization", parent.id, parent.name),
    }
