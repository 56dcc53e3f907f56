"""OperationDefinition: PKB's operations, readable without a token.

Source: *FHIR Conformance*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363602541/FHIR+Conformance
"""

from __future__ import annotations

import re

from sandbox import datafiles
from sandbox.fhir.facade.common import Json, Unsearched
from sandbox.fhir.sources import Viewer


class OperationDefinitions(Unsearched):
    """The definitions beside the statement of one endpoint."""

    def __init__(self, statement: str) -> None:
        self._folder = f"capability_statements/operations/{statement}"

    def read(self, viewer: Viewer, id_: str) -> Json | None:
        if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id_):
            return None
        file = datafiles.path(f"{self._folder}/{id_}.json")
        if not file.is_file():
            return None
        definition: Json = datafiles.read_json(file)
        return definition
