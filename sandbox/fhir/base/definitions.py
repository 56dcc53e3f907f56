"""The OperationDefinitions that endpoints serve, in files beside their statements."""

from __future__ import annotations

import re
from typing import Any

from sandbox.base import datafiles

Json = dict[str, Any]


def definition(endpoint: str, id_: str) -> Json | None:
    """Return the definition with an id at an endpoint, by the name of its statement."""
    # The id becomes part of a file name, so nothing that could leave the folder may pass.
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", id_):
        return None
    file = datafiles.path(f"capability_statements/operations/{endpoint}/{id_}.json")
    if not file.is_file():
        return None
    operation: Json = datafiles.read_json(file)
    return operation
