"""The operations of the Custom REST API: `catalogue.toml` as a table.

Source: *Custom REST API*, http://dev.patientsknowbest.com/home/rest-api
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox.base import datafiles

SCOPES = ("PATIENT", "CLINICIAN", "TEAMCOORD")
"""The scopes, in the order in which a refusal lists them."""
FILE = "file"
"""The response that is not an object: the bytes of a file."""
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """A parameter of a path (`path`) or of a query string (`query`); `type` is as in objects.toml."""

    name: str
    place: str
    type: str
    required: bool
    text: str
    standing: str
    example: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RestOperation:
    """One operation: its path below /json, the user types that may call it, its action, its body and its response.

    `body` is the name of an object; `answers` are the possible objects of a response, or of its list if `many`;
    without any it is 204. `gives` is the variable for the response's id in generated requests, `example` the body
    that they send.
    """

    id: str
    method: str
    path: str
    scopes: tuple[str, ...]
    action: str
    text: str
    standing: str
    source: str
    path_published: bool = True
    seen: int | None = None
    parameters: tuple[Parameter, ...] = ()
    body: str = ""
    answers: tuple[str, ...] = ()
    many: bool = False
    gives: str = ""
    conflicts: bool = False
    example: Mapping[str, Any] | None = None

    @property
    def public(self) -> bool:
        """Return whether the operation needs no token."""
        return not self.scopes

    @property
    def wrapped(self) -> bool:
        """Return whether the list is wrapped in an object, under `results`, like lists of v1."""
        # rest.wrapped-lists: a client of 2014 read the lists of v1 this way.
        return self.many and self.path.startswith("/v1/")


@cache
def operations() -> tuple[RestOperation, ...]:
    """Read all operations, in the order of the file."""
    parameters = {row["name"]: row for row in _table()["parameter"]}
    return tuple(_operation(row, parameters) for row in _table()["operation"])


@cache
def scopes_by_user_type() -> dict[str, frozenset[str]]:
    """User type of a session → the scopes whose operations it may call."""
    return {row["name"]: frozenset(row["passes"]) for row in _table()["user_type"]}


@cache
def _table() -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code("rest/catalogue.toml"))


def _operation(row: dict[str, Any], parameters: dict[str, Any]) -> RestOperation:
    # Scopes that PKB states and those that are inferred from the operation's purpose allow alike.
    allowed = {*row.get("scopes", ()), *row.get("scopes_inferred", ())}
    answer = row.get("answer", "")
    named = [(name, "path") for name in _SLOT.findall(row["path"])] + [(name, "query") for name in row.get("query", ())]
    other = row.get("parameters", {})
    return RestOperation(
        id=row["id"],
        method=row["method"],
        path=row["path"],
        scopes=tuple(scope for scope in SCOPES if scope in allowed),
        action=row["action"],
        text=row["text"],
        standing=row["standing"],
        source=row["source"],
        path_published=row.get("path_published", True),
        seen=row.get("seen"),
        parameters=tuple(_parameter(name, place, parameters[other.get(name, name)]) for name, place in named),
        body=row.get("body", ""),
        answers=tuple(answer.removesuffix("[]").split("|")) if answer else (),
        many=answer.endswith("[]"),
        gives=row.get("gives", ""),
        conflicts=row.get("conflicts", False),
        example=row.get("example"),
    )


def _parameter(name: str, place: str, row: dict[str, Any]) -> Parameter:
    return Parameter(
        name=name,
        place=place,
        type=row["type"],
        required=place == "path" or row.get("required", False),
        text=row["text"],
        standing=row["standing"],
        example=row.get("example"),
    )
