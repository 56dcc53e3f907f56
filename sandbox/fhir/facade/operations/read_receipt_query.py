"""`DocumentReference/$read-receipt-query`: which of an organisation's documents patients have opened.

Source: *Read receipt query*, http://dev.patientsknowbest.com/home/fhir-api/operation/read-receipt-query
"""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from sandbox.base.clock import instant
from sandbox.errors import Invalid
from sandbox.fhir.facade.operations import parameters
from sandbox.fhir.facade.sight import Sight
from sandbox.fhir.rendered.invocation import Invocation
from sandbox.model import Document

EITHER = {"documentIdentifier": ("string",)}
"""The accepted types of a document's number: an Identifier, with any system or none, or a text."""


def run(invocation: Invocation) -> Response:
    """Return a receipt for each number of a document that the organisation sent; other numbers are omitted.

    Its parts have the order of the definition: the number, whether the document was read, and when first.
    """
    document_identifiers = parameters.read_parameters(invocation, EITHER)["documentIdentifier"]
    names = [part["name"] for part in parameters.parts_of(invocation.definition, "readReceipt")]
    numbered = [(value if isinstance(value, dict) else {"value": value}) for value in document_identifiers]
    rows, sight = [], Sight.of(invocation.viewer)
    for identifier in numbered:
        document = _document(sight, _number(identifier))
        if document is not None:
            row: list[Any] = [identifier, document.status == "READ"]
            row += [instant(document.read_at)] if document.read_at else []
            # Not strict: the last part, when the document was first read, is omitted for an unread one.
            rows.append(dict(zip(names, row, strict=False)))
    return parameters.respond_with_parts(invocation, "readReceipt", rows)


def _number(identifier: dict[str, Any]) -> str:
    if not identifier.get("value"):
        raise Invalid(
            "Identifier without value",
            code="exception",
            rule="facade.identifier-needs-system-and-value",
            instead="the number with which the document was sent, TXA-12.1",
        )
    return str(identifier["value"])


def _document(sight: Sight, number: str) -> Document | None:
    """Return the newest visible document that the organisation sent with a number."""
    documents = sight.store.find(Document, "number", (sight.viewer.caller.organisation, number))
    return max(sight.seen(documents), key=lambda document: (document.at, document.id), default=None)
