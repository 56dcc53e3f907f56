"""The search of one type: the page of what matches, and what it brings along."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sandbox.fhir.matching.criteria import select
from sandbox.fhir.matching.include import included
from sandbox.fhir.matching.query import Pairs, Query, read
from sandbox.fhir.matching.sorting import in_order
from sandbox.fhir.matching.view import View
from sandbox.model import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A page of matches, what was included, how many match in all, and the query as it was read."""

    type: str
    pairs: Pairs
    matches: Sequence[Resource]
    included: Sequence[Resource]
    total: int
    query: Query

    @property
    def last_page(self) -> int:
        return max(-(-self.total // self.query.count), 1) if self.query.count else 1


def search(view: View, type_: str, pairs: Pairs, *, strict: bool = False) -> Found:
    """One page of the resources of a type that match. Raises Invalid as `query.read` does."""
    query = read(view, type_, pairs, strict=strict)
    matches, total = _page(view, type_, query)
    return Found(
        type=type_,
        pairs=pairs,
        matches=matches,
        included=included(view, matches, query.includes) if query.includes else (),
        total=total,
        query=query,
    )


def _page(view: View, type_: str, query: Query) -> tuple[list[Resource], int]:
    start = (query.page - 1) * query.count
    if not query.criteria and not query.sort:
        keys = view.of_type(type_)
        page = [view.resource(key) for key in islice(keys, start, start + query.count)]
        return [resource for resource in page if resource is not None], len(keys)
    found = in_order(select(view, type_, query.criteria), query.sort)
    return found[start : start + query.count], len(found)
