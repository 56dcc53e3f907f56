"""What a request to a FHIR endpoint is, before it is carried out: the interaction and its type."""

from __future__ import annotations

import re

from sandbox.http.call import Call
from sandbox.http.faults import FaultWords

TRANSACTION = "transaction"
_BATCH = re.compile(rb'"type"\s*:\s*"batch"|<type\s+value="batch"')
MOST_READ = 64 * 1024
"""Of a Bundle so many bytes are looked at for its type."""


def operation_of(call: Call) -> str:
    """The interaction and the type that the address names: `read Patient`. A Bundle is a batch where it says so."""
    type_ = call.params.get("type", "")
    if call.operation == TRANSACTION:
        return "batch" if _BATCH.search(call.body[:MOST_READ]) else TRANSACTION
    return f"{call.operation} {type_}" if type_ and " " not in call.operation else call.operation


WORDS = FaultWords(operation_of=operation_of)
