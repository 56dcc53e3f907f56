"""The update interaction: `PUT [base]/[type]/[id]`, which creates too (https://hl7.org/fhir/R4/http.html#update)."""

from __future__ import annotations

from sandbox.errors import Conflict
from sandbox.fhir.feed import Feed
from sandbox.fhir.requests import Answer, Request
from sandbox.model import Resource


def update(feed: Feed, request: Request) -> Answer:
    """200 with the newest version, 201 when the id is new. Raises Conflict when `If-Match` names another version."""
    draft = request.written
    before = feed.newest(draft.type, draft.id)
    check_version(request, before)
    written, new = feed.write(draft, "PUT")
    there = before is not None and not before.deleted
    return Answer(status=200 if there else 201, resource=written, changed=(written,) if new else ())


def check_version(request: Request, before: Resource | None) -> None:
    """Raises Conflict, as the server product does where others answer 412."""
    if request.if_match and (before is None or before.deleted or request.if_match != str(before.version)):
        raise Conflict("Version Id mismatch", code="conflict", rule="customer.version-mismatch")
