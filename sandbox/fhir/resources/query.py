"""Separate the criteria of a request from parameters that affect its execution or response."""

from __future__ import annotations

import re
from collections.abc import Iterable

from sandbox.errors import Invalid
from sandbox.fhir.base.query_string import read_query

Pairs = tuple[tuple[str, str], ...]
CONTROL = frozenset({"_format", "_pretty", "_summary", "_elements", "_method", "_no-content", "_timeout"})
_ADDRESS = re.compile(r"(?P<address>[^=&]*)\?(?P<query>.*)", re.DOTALL)
_TYPE = re.compile(r"[A-Z][A-Za-z]*")


def criteria(pairs: Iterable[tuple[str, str]]) -> Pairs:
    """Return the pairs that select resources."""
    return tuple((name, value) for name, value in pairs if name not in CONTROL)


def if_none_exist(text: str | None, type_: str) -> Pairs:
    """Parse the criteria of a conditional create: a query, with or without its URL.

    Raises Invalid for a URL of another type, and for a condition without criteria.
    """
    if text is None:
        return ()
    parts = _ADDRESS.fullmatch(text.strip())
    address, query = (parts["address"], parts["query"]) if parts else ("", text.strip())
    named = address.rstrip("/").rpartition("/")[2]
    if named != type_ and _TYPE.fullmatch(named):
        raise Invalid(
            f"If-None-Exist refers to {named}, but the request creates a {type_}",
            rule="customer.if-none-exist",
            instead=f"{type_}?… or only the query",
        )
    pairs = criteria(read_query(query))
    if not pairs:
        raise Invalid("If-None-Exist contains no search parameter", rule="customer.if-none-exist", instead=f"{type_}?…")
    return pairs
