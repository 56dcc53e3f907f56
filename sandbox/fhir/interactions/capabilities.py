"""The capabilities interaction: `GET [base]/metadata` (https://hl7.org/fhir/STU3/http.html#capabilities)."""

from __future__ import annotations

from starlette.responses import Response

from sandbox.call import Call
from sandbox.fhir.capability import Capabilities
from sandbox.fhir.formats import check_accept, fhir_response


def capabilities(call: Call, base: str, offered: Capabilities) -> Response:
    """The statement, with the address that it was asked at. Needs no token."""
    check_accept(call)
    implementation = {**offered.statement["implementation"], "url": base}
    return fhir_response(call, {**offered.statement, "implementation": implementation})
