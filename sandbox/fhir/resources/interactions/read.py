"""The read interaction: `GET [base]/[type]/[id]` (https://hl7.org/fhir/STU3/http.html#read)."""

from __future__ import annotations

from sandbox.errors import Gone, NotFound, PreconditionFailed
from sandbox.fhir.base.preconditions import IF_MATCH, IF_UNMODIFIED_SINCE
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult, Request
from sandbox.model import Resource


def read_stored(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with the newest version, 304 if the caller has it. Raises NotFound, Gone for a deleted resource."""
    resource = repository.newest(request.type, request.id)
    name = f"Resource {request.type}/{request.id}"
    if resource is None:
        raise NotFound(f"{name} not found", rule="customer.not-found")
    if resource.deleted:
        raise Gone(f"{name} was deleted", rule="customer.deleted")
    return InteractionResult(status=status_of(request, resource), resource=resource, read=True)


def status_of(request: Request, resource: Resource) -> int:
    """Return 200, or 304 if the caller has the version. Raises PreconditionFailed by RFC 9110 section 13.1."""
    unmet = request.preconditions.unmet(resource, reads=True)
    if unmet in (IF_MATCH, IF_UNMODIFIED_SINCE):
        raise PreconditionFailed(f"{unmet} is not met", code="conflict", rule="customer.preconditions")
    return 304 if unmet else 200
