"""The search of one type: the page of matches, and the included resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sandbox.fhir.search.budget import budget
from sandbox.fhir.search.criteria import matching
from sandbox.fhir.search.include import included
from sandbox.fhir.search.query import Pairs, SearchQuery, parse_query
from sandbox.fhir.search.sorting import first
from sandbox.fhir.search.view import View
from sandbox.model import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchMatches:
    """A page of matches, the included resources, the total, and the parsed query."""

    type: str
    pairs: Pairs
    matches: Sequence[Resource]
    included: Sequence[Resource]
    total: int
    query: SearchQuery

    @property
    def last_page(self) -> int:
        return max(-(-self.total // self.query.count), 1) if self.query.count else 1


def search(view: View, type_: str, pairs: Pairs, *, strict: bool = False) -> SearchMatches:
    """Return one page of the matches of a type. Raises Invalid as `query.read` does."""
    with budget():
        query = parse_query(view, type_, pairs, strict=strict)
        matches, total = _page(view, type_, query)
        return SearchMatches(
            type=type_,
            pairs=pairs,
            matches=matches,
            included=included(view, matches, query.includes) if query.includes else (),
            total=total,
            query=query,
        )


def _page(view: View, type_: str, query: SearchQuery) -> tuple[list[Resource], int]:
    keys = matching(view, type_, query.criteria)
    start, stop = (query.page - 1) * query.count, query.page * query.count
    if query.sort:
        return first(view, type_, keys, query.sort, stop)[start:], len(keys)
    page = [view.resource(key) for key in islice(keys, start, stop)]
    return [resource for resource in page if resource is not None], len(keys)
