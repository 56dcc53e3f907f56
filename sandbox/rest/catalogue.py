"""The operations of the Custom REST API: `catalogue.toml` as a table.

Source: *Custom REST API*, http://dev.patientsknowbest.com/home/rest-api
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox import datafiles

SCOPES = ("PATIENT", "CLINICIAN", "TEAMCOORD")
"""What an operation may require, in the order in which several of them are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One operation: its address below /json, the user types that may call it, and its action in the access matrix."""

    id: str
    method: str
    path: str
    scopes: tuple[str, ...]
    action: str
    text: str
    standing: str
    source: str
    path_published: bool = True

    @property
    def public(self) -> bool:
        """Whether it needs no token."""
        return not self.scopes


@cache
def operations() -> tuple[Operation, ...]:
    """All of them, in the order of the file."""
    return tuple(_operation(row) for row in _table()["operation"])


@cache
def passes() -> dict[str, frozenset[str]]:
    """User type of a session → the scopes whose operations it may call."""
    return {row["name"]: frozenset(row["passes"]) for row in _table()["user_type"]}


def _table() -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code("rest/catalogue.toml"))


def _operation(row: dict[str, Any]) -> Operation:
    allowed = {*row.get("scopes", ()), *row.get("scopes_inferred", ())}
    return Operation(
        id=row["id"],
        method=row["method"],
        path=row["path"],
        scopes=tuple(scope for scope in SCOPES if scope in allowed),
        action=row["action"],
        text=row["text"],
        standing=row["standing"],
        source=row["source"],
        path_published=row.get("path_published", True),
    )
