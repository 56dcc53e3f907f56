"""The vread interaction: `GET [base]/[type]/[id]/_history/[vid]` (https://hl7.org/fhir/R4/http.html#vread)."""

from __future__ import annotations

from sandbox.errors import Gone, NotFound
from sandbox.fhir.resources.interactions.read import status_of
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult, Request


def vread(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with a version, 304 if the caller has it. Raises NotFound, Gone for the version of a deletion."""
    name = f"{request.type}/{request.id}/_history/{request.version}"
    resource = repository.version(request.type, request.id, request.version)
    if resource is None:
        raise NotFound(f"Resource {name} not found", rule="customer.not-found")
    if resource.deleted:
        raise Gone(f"Resource {name} was deleted", rule="customer.deleted")
    return InteractionResult(status=status_of(request, resource), resource=resource, read=True)
