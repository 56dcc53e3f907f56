"""The search of one type: the page of matches, and the included resources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from sandbox.fhir.search.budget import budget
from sandbox.fhir.search.criteria import matching_keys
from sandbox.fhir.search.include import included
from sandbox.fhir.search.query import Pairs, SearchQuery, parse_query
from sandbox.fhir.search.sorting import first_in_order
from sandbox.fhir.search.view import View
from sandbox.model import Resource
from sandbox.worlds.slices import Slices, Work, at_once


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
    """Return one page of the matches of a type. Raises Invalid as `parse_query` does."""
    with budget(view.limits.steps):
        return at_once(search_in_steps(view, type_, pairs, strict=strict))


async def search_in_slices(view: View, type_: str, pairs: Pairs, *, strict: bool = False) -> SearchMatches:
    """Do the same in slices: what others write meanwhile may be in the page, or not."""
    with budget(view.limits.steps):
        return await Slices().complete(search_in_steps(view, type_, pairs, strict=strict))


def search_in_steps(view: View, type_: str, pairs: Pairs, *, strict: bool = False) -> Work[SearchMatches]:
    query = yield from parse_query(view, type_, pairs, strict=strict)
    matches, total = yield from _page(view, type_, query)
    # Of the matches on this page, not of all matches.
    others = (yield from included(view, matches, query.includes)) if query.includes else ()
    return SearchMatches(type=type_, pairs=pairs, matches=matches, included=others, total=total, query=query)


def _page(view: View, type_: str, query: SearchQuery) -> Work[tuple[list[Resource], int]]:
    keys = yield from matching_keys(view, type_, query.criteria)
    start, stop, total = (query.page - 1) * query.count, query.page * query.count, len(keys)
    if query.sort:
        ordered = yield from first_in_order(view, type_, keys, query.sort, stop)
        return ordered[start:], total
    page = []
    for key in tuple(islice(keys, start, stop)):
        page.append(view.resource(key))
        yield
    return [resource for resource in page if resource is not None], total
