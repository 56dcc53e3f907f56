"""Practitioner: a user who is not a patient.

Source: *Facade Practitioner*, https://pkbdev.atlassian.net/wiki/x/qAGTy
"""

from __future__ import annotations

from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.elements import Json, Unsearched, without_empty
from sandbox.model import User


class Practitioners(Unsearched):
    """The users of organisations."""

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        user = viewer.store.find_one(User, id_)
        if user is None:
            return None
        name = {
            "family": user.name.family,
            "given": [user.name.given] if user.name.given else [],
            "prefix": [user.name.title] if user.name.title else [],
        }
        return {"resourceType": "Practitioner", "id": user.id, "name": [without_empty(name)]}
