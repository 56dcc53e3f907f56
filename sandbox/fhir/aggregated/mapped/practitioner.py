"""Practitioner: a user of PKB who is not a patient.

Source: *Facade Practitioner*, https://pkbdev.atlassian.net/wiki/x/qAGTy
"""

from __future__ import annotations

from sandbox.fhir.aggregated.mapped.common import Json, without_empty
from sandbox.model import User
from sandbox.store import Store


def to_r4(store: Store, user: User) -> Json:
    name = {
        "family": user.name.family,
        "given": [user.name.given] if user.name.given else [],
        "prefix": [user.name.title] if user.name.title else [],
    }
    return {"resourceType": "Practitioner", "name": [without_empty(name)]}
