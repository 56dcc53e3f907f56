"""Which resources a condition means: criteria of a search in place of an id (https://hl7.org/fhir/R4/http.html#ccreate)."""

from __future__ import annotations

from sandbox.errors import Invalid, PreconditionFailed
from sandbox.fhir.feed import Feed
from sandbox.fhir.matching import search
from sandbox.fhir.requests import Request
from sandbox.model import Resource

AT_ONCE = "1000"


def the_one(feed: Feed, request: Request) -> Resource | None:
    """What the criteria find, if anything. Raises PreconditionFailed when they find several, Invalid as a search."""
    found = matches(feed, request, "2")
    if len(found) > 1:
        raise PreconditionFailed(
            f"The criteria match more than one {request.type}", code="multiple-matches", rule="customer.several-matches"
        )
    return found[0] if found else None


def matches(feed: Feed, request: Request, count: str = AT_ONCE) -> list[Resource]:
    """All that the criteria find, `count` at most. Raises Invalid for a parameter that the type does not have."""
    pairs = (*request.criteria, ("_count", count))
    found = search(feed.view, request.type, pairs, strict=True)
    if not found.query.criteria:
        raise Invalid("A request without an id needs criteria", rule="customer.criteria")
    return list(found.matches)
