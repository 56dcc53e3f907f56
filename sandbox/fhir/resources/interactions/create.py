"""The create interaction: `POST [base]/[type]`, and the conditional one (https://hl7.org/fhir/R4/http.html#create).

A logical id in the body is kept: *Creating FHIR Organization*,
https://wiki.hub.patientsknowbest.com/wiki/spaces/api/pages/4643782691/Creating+FHIR+Organization
"""

from __future__ import annotations

from sandbox.errors import Conflict
from sandbox.fhir.resources.interactions.conditional import only_match
from sandbox.fhir.resources.repository import Draft, Repository
from sandbox.fhir.resources.request import InteractionResult, Request


def create(repository: Repository, request: Request) -> InteractionResult:
    """Return 201 with the new version, or 200 with the match of the criteria. Raises Conflict, PreconditionFailed."""
    existing = only_match(repository, request) if request.criteria else None
    return (
        create_version(repository, request.written)
        if existing is None
        else InteractionResult(status=200, resource=existing)
    )


def create_version(repository: Repository, draft: Draft, method: str = "POST") -> InteractionResult:
    """Return 201 with the new version. Raises Conflict if the id exists."""
    existing = repository.newest(draft.type, draft.id)
    # A deleted id may be used again: the new version continues its history.
    if existing is not None and not existing.deleted:
        raise Conflict(f"Resource {draft.type}/{draft.id} already exists", code="duplicate", rule="customer.id-taken")
    written, _ = repository.write(draft, method)
    return InteractionResult(status=201, resource=written, changed=(written,), warnings=draft.warnings)
