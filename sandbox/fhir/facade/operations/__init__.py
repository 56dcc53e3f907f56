"""FHIR operations, one module each (https://hl7.org/fhir/STU3/operations.html), each with a function `run`."""

from __future__ import annotations

from sandbox.fhir.facade.operations import (
    date_of_last_data_point,
    generate_invitation_tokens,
    group,
    purview,
    read_receipt_query,
    send_questionnaire_request,
    status_query,
)
from sandbox.fhir.rendered.invocation import OperationHandler

FACADE: dict[tuple[str, str], OperationHandler] = {
    ("Consent", "purview"): purview.run,
    ("DocumentReference", "read-receipt-query"): read_receipt_query.run,
    ("Observation", "group"): group.run,
    ("Organization", "generate-invitation-tokens"): generate_invitation_tokens.run,
    ("Patient", "date-of-last-data-point"): date_of_last_data_point.run,
    ("Patient", "status-query"): status_query.run,
    ("Questionnaire", "send-questionnaire-request"): send_questionnaire_request.run,
}
"""Resource type and name of an operation in the Facade's statement → its implementation.

`Person` has three more, which are refused to every caller.
"""
