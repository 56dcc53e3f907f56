"""The read interaction: `GET [base]/[type]/[id]` (https://hl7.org/fhir/STU3/http.html#read)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.call import Call
from sandbox.errors import Gone, NotFound, PreconditionFailed
from sandbox.fhir.feed import Feed
from sandbox.fhir.formats import check_accept, fhir_response
from sandbox.fhir.preconditions import IF_MATCH, IF_UNMODIFIED_SINCE
from sandbox.fhir.requests import Answer, Request
from sandbox.fhir.search.controls import ignored, shape_of
from sandbox.fhir.search.parameters import check_known, read_query
from sandbox.fhir.shaping import Shape
from sandbox.fhir.sources import ResourceSource, Viewer
from sandbox.model import Resource


def read(call: Call, viewer: Viewer, type_: str, source: ResourceSource) -> Response:
    """200 with the resource. What the viewer may not see is not there: 404."""
    check_accept(call)
    shape = check_parameters(call)
    id_ = call.params["id"]
    resource = source.read(viewer, id_)
    if resource is None:
        raise NotFound(f"Resource {type_}/{id_} is not known", rule="facade.read-unknown")
    return fhir_response(call, shape.of("stu3", resource) if shape else resource)


def read_stored(feed: Feed, request: Request) -> Answer:
    """200 with the newest version, 304 when the caller has it. Raises NotFound, Gone for what was deleted."""
    found = feed.newest(request.type, request.id)
    name = f"Resource {request.type}/{request.id}"
    if found is None:
        raise NotFound(f"{name} not found", rule="customer.not-found")
    if found.deleted:
        raise Gone(f"{name} was deleted", rule="customer.deleted")
    return Answer(status=status_of(request, found), resource=found, read=True)


def status_of(request: Request, found: Resource) -> int:
    """200, or 304 when the caller has the version. Raises PreconditionFailed as RFC 9110 section 13.1 has it."""
    unmet = request.preconditions.unmet(found, reads=True)
    if unmet in (IF_MATCH, IF_UNMODIFIED_SINCE):
        raise PreconditionFailed(f"{unmet} does not hold", code="conflict", rule="customer.preconditions")
    return 304 if unmet else 200


def check_parameters(call: Call) -> Shape:
    """The shape of an answer to what takes no parameters of its own. Raises NotHandled for any other parameter."""
    pairs = read_query(call.request.url.query)
    for name, _ in pairs:
        check_known(name)
    call.warn("facade.parameters", ignored(pairs))
    return shape_of(pairs)
