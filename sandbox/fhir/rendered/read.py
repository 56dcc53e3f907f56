"""The read interaction of a rendered resource: `GET [base]/[type]/[id]` (https://hl7.org/fhir/STU3/http.html#read)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.errors import NotFound
from sandbox.fhir.base.query_string import read_query
from sandbox.fhir.base.responses import check_accept, fhir_response
from sandbox.fhir.base.shaping import ResponseShape
from sandbox.fhir.base.viewer import Viewer
from sandbox.fhir.rendered.query.controls import describe_ignored, shape_of
from sandbox.fhir.rendered.query.parameters import check_known
from sandbox.fhir.rendered.sources import ResourceSource
from sandbox.http.call import Call

WHOLE_RESOURCE = ResponseShape()


def read_rendered(call: Call, viewer: Viewer, type_: str, source: ResourceSource) -> Response:
    """Return the resource. Raises NotFound also for one that the viewer may not see."""
    check_accept(call)
    shape = check_parameters(call)
    id_ = call.params["id"]
    resource = source.read(viewer, id_)
    if resource is None:
        raise NotFound(f"Resource {type_}/{id_} is not known", rule="facade.read-unknown")
    call.may_repeat()
    return fhir_response(call, shape.of("stu3", resource) if shape else resource)


def check_parameters(call: Call) -> ResponseShape:
    """Return the shape of a response to a request without parameters of its own. Raises NotHandled for any other
    parameter.
    """
    if not call.request.scope["query_string"]:
        return WHOLE_RESOURCE
    pairs = read_query(call.request.url.query)
    for name, _ in pairs:
        check_known(name)
    call.warn("facade.parameters", describe_ignored(pairs))
    return shape_of(pairs)
