"""The capabilities interaction: `GET [base]/metadata` (https://hl7.org/fhir/STU3/http.html#capabilities)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.fhir.base.capability import Capabilities
from sandbox.fhir.base.query_string import read_query
from sandbox.fhir.base.responses import check_accept, fhir_response
from sandbox.fhir.rendered.query.controls import shape_of
from sandbox.http.call import Call


def capabilities(call: Call, base: str, offered: Capabilities) -> Response:
    """Return the statement, with the URL of the request. Needs no token."""
    check_accept(call)
    shape = shape_of(read_query(call.request.url.query))
    statement = {**offered.statement, "implementation": {**offered.statement["implementation"], "url": base}}
    return fhir_response(call, shape.of("stu3", statement) if shape else statement)
