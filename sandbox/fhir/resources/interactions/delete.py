"""The delete interaction: `DELETE [base]/[type]/[id]`, and the conditional one (https://hl7.org/fhir/R4/http.html#delete)."""

from __future__ import annotations

from sandbox.errors import NotFound, PreconditionFailed
from sandbox.fhir.base.preconditions import IF_MATCH
from sandbox.fhir.resources.interactions.conditional import all_matches, only_match
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult, Request
from sandbox.model import Resource


def delete(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with the deleted resource; 204 if it does not exist, or with `_no-content`. Raises as the functions
    below.
    """
    if request.id:
        before = repository.newest(request.type, request.id)
        return (
            InteractionResult(status=204) if before is None or before.deleted else _deleted(repository, request, before)
        )
    if request.remove_all:
        return _all_deleted(repository, request)
    resource = only_match(repository, request)
    if resource is None:
        raise NotFound(f"The criteria match no {request.type}", rule="customer.delete-criteria")
    return _deleted(repository, request, resource)


def _deleted(repository: Repository, request: Request, before: Resource) -> InteractionResult:
    """Raise PreconditionFailed if a condition fails, first of all `If-Match` for another version."""
    unmet = request.preconditions.unmet(before)
    if unmet == IF_MATCH:
        raise PreconditionFailed("Version Id mismatch", code="conflict", rule="customer.delete-if-match")
    if unmet:
        raise PreconditionFailed(f"{unmet} is not met", code="conflict", rule="customer.preconditions")
    return InteractionResult(
        status=204 if request.no_content else 200, resource=before, changed=(repository.delete(before),), gone=True
    )


def _all_deleted(repository: Repository, request: Request) -> InteractionResult:
    """Delete all matches. Raises NotFound if there are none."""
    changed: list[Resource] = []
    # A search returns at most one page, so it is repeated until nothing is left.
    while resources := all_matches(repository, request):
        changed += [repository.delete(resource) for resource in resources]
    if not changed:
        raise NotFound(f"The criteria match no {request.type}", rule="customer.delete-criteria")
    return InteractionResult(status=204, changed=tuple(changed))
