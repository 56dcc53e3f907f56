"""The update interaction: `PUT [base]/[type]/[id]`, which creates too (https://hl7.org/fhir/R4/http.html#update)."""

from __future__ import annotations

from sandbox.errors import Conflict, PreconditionFailed
from sandbox.fhir.base.preconditions import IF_MATCH, IF_NONE_MATCH
from sandbox.fhir.resources.drafts import renamed
from sandbox.fhir.resources.interactions.conditional import only_match
from sandbox.fhir.resources.interactions.create import create_version
from sandbox.fhir.resources.repository import Draft, Repository
from sandbox.fhir.resources.request import InteractionResult, Request
from sandbox.model import Resource


def update(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with the newest version, 201 if the id is new. Raises Conflict if `If-Match` has another version."""
    if request.id:
        return _updated(repository, request, request.written)
    existing = only_match(repository, request)
    if existing is None:
        check_version(request, None)
        return create_version(repository, request.written, "PUT")
    # The criteria identify the resource, so the id in the body is ignored.
    return _updated(repository, request, renamed(request.written, existing.logical_id))


def _updated(repository: Repository, request: Request, draft: Draft) -> InteractionResult:
    before = repository.newest(draft.type, draft.id)
    check_version(request, before)
    is_existing = before is not None and not before.deleted
    written, new = repository.write(draft, "PUT")
    changed = (written,) if new else ()
    return InteractionResult(
        status=200 if is_existing else 201, resource=written, changed=changed, warnings=draft.warnings
    )


def check_version(request: Request, before: Resource | None) -> None:
    """Raise Conflict for another version, as the server product does where others return 412; PreconditionFailed
    otherwise.
    """
    current = before if before is not None and not before.deleted else None
    unmet = request.preconditions.unmet(current)
    if unmet == IF_MATCH:
        raise Conflict("Version Id mismatch", code="conflict", rule="customer.version-mismatch")
    if unmet == IF_NONE_MATCH and current is not None:
        text = f"Resource {current.type}/{current.logical_id} already exists"
        if not request.preconditions.none_match.anything:
            text = f"Resource {current.type}/{current.logical_id} has version {current.version}"
        raise PreconditionFailed(text, code="conflict", rule="customer.version-mismatch")
    if unmet:
        raise PreconditionFailed(f"{unmet} is not met", code="conflict", rule="customer.preconditions")
