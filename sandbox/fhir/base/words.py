"""Describe a FHIR request for the journal before it is processed: the interaction and its type."""

from __future__ import annotations

import re

from sandbox.http.call import Call
from sandbox.http.faults import FaultWords

TRANSACTION = "transaction"
_BATCH = re.compile(rb'"type"\s*:\s*"batch"|<type\s+value="batch"')
MOST_READ = 64 * 1024
"""Maximum number of bytes of a Bundle that are read for its type."""


def operation_of(call: Call) -> str:
    """Return interaction and type, by the path: `read Patient`. A Bundle counts as a batch if its type says so."""
    type_ = call.params.get("type", "")
    if call.operation == TRANSACTION:
        return "batch" if _BATCH.search(call.body[:MOST_READ]) else TRANSACTION
    return f"{call.operation} {type_}" if type_ and " " not in call.operation else call.operation


WORDS = FaultWords(operation_of=operation_of)
