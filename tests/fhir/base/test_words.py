"""The names of FHIR operations in the journal."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.fhir.base.words import MOST_READ, TRANSACTION, operation_of

BATCH = b'{"resourceType": "Bundle", "type": "batch"}'


@pytest.mark.parametrize(
    ("operation", "type_", "body", "expected"),
    [
        ("read", "Patient", b"", "read Patient"),
        ("read", "", b"", "read"),
        ("read Patient", "Patient", b"", "read Patient"),
        (TRANSACTION, "", b'{"resourceType": "Bundle", "type": "transaction"}', TRANSACTION),
        (TRANSACTION, "", b"", TRANSACTION),
        (TRANSACTION, "", BATCH, "batch"),
        (TRANSACTION, "", b'<Bundle><type value="batch"/></Bundle>', "batch"),
        (TRANSACTION, "", b" " * (MOST_READ - len(BATCH)) + BATCH, "batch"),
        (TRANSACTION, "", b" " * MOST_READ + BATCH, TRANSACTION),
        ("search-type", "Patient", BATCH, "search-type Patient"),
    ],
)
def test_an_operation_is_an_interaction_and_a_type(operation: str, type_: str, body: bytes, expected: str):
    call: Any = SimpleNamespace(operation=operation, params={"type": type_} if type_ else {}, body=body)
    assert operation_of(call) == expected
