"""FHIR's interactions, one file each, named by their codes (https://hl7.org/fhir/STU3/http.html)."""

from __future__ import annotations

from sandbox.fhir.resources.interactions.create import create
from sandbox.fhir.resources.interactions.delete import delete
from sandbox.fhir.resources.interactions.history import history_instance, history_system, history_type
from sandbox.fhir.resources.interactions.patch import patch
from sandbox.fhir.resources.interactions.read import read_stored
from sandbox.fhir.resources.interactions.search_type import search_stored
from sandbox.fhir.resources.interactions.update import update
from sandbox.fhir.resources.interactions.vread import vread
from sandbox.fhir.resources.request import Interaction

INTERACTIONS: dict[str, Interaction] = {
    "create": create,
    "delete": delete,
    "history-instance": history_instance,
    "history-system": history_system,
    "history-type": history_type,
    "patch": patch,
    "read": read_stored,
    "search-type": search_stored,
    "update": update,
    "vread": vread,
}
"""FHIR's code of an interaction on stored resources → its implementation."""

WRITING = frozenset({"create", "delete", "patch", "update"})
"""The interactions that change stored resources."""
