"""The resources of a condition: search criteria instead of an id (https://hl7.org/fhir/R4/http.html#ccreate)."""

from __future__ import annotations

from sandbox.errors import Invalid, PreconditionFailed
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import Request
from sandbox.fhir.search import search
from sandbox.model import Resource

AT_ONCE = "1000"


def only_match(repository: Repository, request: Request) -> Resource | None:
    """Return the match of the criteria, if any. Raises PreconditionFailed for several, Invalid as a search."""
    # Two matches are enough to know that there are several.
    resources = all_matches(repository, request, "2")
    if len(resources) > 1:
        raise PreconditionFailed(
            f"The criteria match more than one {request.type}", code="multiple-matches", rule="customer.several-matches"
        )
    return resources[0] if resources else None


def all_matches(repository: Repository, request: Request, count: str = AT_ONCE) -> list[Resource]:
    """Return the matches of the criteria, at most `count`. Raises Invalid for a parameter that the type does not
    have.
    """
    pairs = (*request.criteria, ("_count", count))
    # Strict: a parameter that was ignored would widen the criteria, and with them a delete.
    result = search(repository.view, request.type, pairs, strict=True)
    if not result.query.criteria:
        raise Invalid("A request without an id requires search criteria", rule="customer.criteria")
    return list(result.matches)
