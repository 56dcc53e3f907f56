"""The delete interaction: `DELETE [base]/[type]/[id]` (https://hl7.org/fhir/R4/http.html#delete)."""

from __future__ import annotations

from sandbox.errors import PreconditionFailed
from sandbox.fhir.feed import Feed
from sandbox.fhir.requests import Answer, Request


def delete(feed: Feed, request: Request) -> Answer:
    """200 with what was deleted; 204 when it is not there. Raises PreconditionFailed when `If-Match` does not hold."""
    before = feed.newest(request.type, request.id)
    if before is None or before.deleted:
        return Answer(status=204)
    if request.if_match and request.if_match != str(before.version):
        raise PreconditionFailed("Version Id mismatch", code="conflict", rule="customer.delete-if-match")
    shown = dict(request.query).get("_no-content") != "true"
    return Answer(status=200 if shown else 204, resource=before, changed=(feed.delete(before),))
