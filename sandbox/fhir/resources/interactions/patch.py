"""The patch interaction: `PATCH [base]/[type]/[id]` (https://hl7.org/fhir/R4/http.html#patch)."""

from __future__ import annotations

from sandbox.errors import Gone, NotFound
from sandbox.fhir.base.json import parse
from sandbox.fhir.resources.drafts import build_draft, check_id, validated_resource
from sandbox.fhir.resources.interactions.update import check_version
from sandbox.fhir.resources.meta import unstamped
from sandbox.fhir.resources.repository import Repository
from sandbox.fhir.resources.request import InteractionResult, Request


def patch(repository: Repository, request: Request) -> InteractionResult:
    """Return 200 with the newest version. Raises NotFound, Gone, Conflict, and InvalidResource for an invalid
    result.
    """
    before = repository.newest(request.type, request.id)
    name = f"Resource {request.type}/{request.id}"
    if before is None:
        raise NotFound(f"{name} not found", rule="customer.not-found")
    if before.deleted:
        raise Gone(f"{name} was deleted", rule="customer.deleted")
    check_version(request, before)
    assert request.patch is not None, "a patch comes with its document"  # noqa: S101
    changed = request.patch(unstamped(parse(before.text.encode())))
    check_id(changed, request.id)
    patched = build_draft(validated_resource(repository.release, request.type, changed, request.id))
    written, new = repository.write(patched, "PATCH")
    return InteractionResult(status=200, resource=written, changed=(written,) if new else (), warnings=patched.warnings)
