"""One page of a list, and the addresses of the pages beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sandbox.base.whole_numbers import parse_digits
from sandbox.http.call import Call

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[T]):
    """Some rows of `total`; `number` counts from 1."""

    rows: Sequence[T]
    number: int
    last: int
    total: int
    start: int


def page_of(call: Call, rows: Sequence[T], size: int) -> Page[T]:
    """Return the page that `?page=` names, the nearest one where it does not exist."""
    text = call.request.query_params.get("page", "1")
    last = max(1, -(-len(rows) // size))
    number = min(parse_digits(text) or 1, last)
    start = (number - 1) * size
    return Page(rows=rows[start : start + size], number=number, last=last, total=len(rows), start=start)
