"""OperationDefinition: PKB's operations, readable without a token.

Source: *FHIR Conformance*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363602541/FHIR+Conformance
"""

from __future__ import annotations

from sandbox.fhir.base.definitions import definition
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.elements import Json, Unsearched


class OperationDefinitions(Unsearched):
    """The definitions beside the statement of one endpoint."""

    def __init__(self, statement: str) -> None:
        self._statement = statement

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        return definition(self._statement, id_)
