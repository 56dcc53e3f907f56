"""Which names of operations the metrics know: those of routes, messages, grants and FHIR interactions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from sandbox.assembly.known_operations import known_operations

ROUTES = {"facade": ["read", ""], "customer": ["read", "transaction"], "rest": ["GET /users/self"]}


def front_end(api: str) -> Any:
    return SimpleNamespace(routes=[SimpleNamespace(operation=name) for name in ROUTES.get(api, ())])


@pytest.mark.parametrize(
    ("api", "operation", "is_known"),
    [
        ("rest", "GET /users/self", True),
        ("rest", "GET /other", False),
        ("rest", "", False),
        ("rest", "batch", False),
        ("facade", "read", True),
        ("facade", "read Patient", True),
        ("facade", "read Nothing", False),
        ("facade", "delete Patient", False),
        ("facade", "", False),
        ("facade", "batch", False),
        ("rest", "GET /users/self Patient", False),
        ("customer", "batch", True),
        ("customer", "transaction", True),
        ("hl7", "MLLP", True),
        ("hl7", "ADT^A28", True),
        ("hl7", "ADT^X99", False),
        ("hl7", "batch", False),
        ("oauth", "token client_credentials", True),
        ("oauth", "token password", False),
        ("oauth", "batch", False),
    ],
)
def test_a_name_is_known_where_the_api_has_it(api: str, operation: str, is_known: bool):
    assert known_operations(front_end)(api, operation) is is_known
