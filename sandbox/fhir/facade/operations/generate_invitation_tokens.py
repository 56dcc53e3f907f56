"""`Organization/$generate-invitation-tokens`: codes with which patients register, for the letters of a partner.

Source: *Generate invitation tokens*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077590
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.access.organisation import sender_for
from sandbox.access.purview import is_in_care
from sandbox.base.clock import instant
from sandbox.domain.patients import invitations
from sandbox.fhir.facade.operations import identifiers, parameters
from sandbox.fhir.rendered.invocation import Invocation


def run(invocation: Invocation) -> Response:
    """Create a pair of codes for each identifier of a patient who can be invited; others are omitted."""
    patient_identifiers = parameters.read_parameters(invocation)["patientIdentifier"]
    systems = identifiers.british()
    identifiers.check_systems(patient_identifiers, systems)
    record, sender = invocation.record, sender_for(invocation.viewer.caller)
    rows = []
    with record.store.transaction():
        for identifier in patient_identifiers:
            patient = identifiers.find_patient(record.store, identifier, systems)
            # operations.tokens-unknown: a patient outside the caller's care counts as not found.
            if patient is None or not is_in_care(invocation.viewer.caller, patient):
                continue
            if not invitations.can_be_invited(record, patient, invocation.organisation):
                invitations.keep_letter_back(record, patient, sender.organisation)
            else:
                invitation = invitations.invite_by_letter(record, patient, sender.organisation, sender.creating_team)
                expiry = instant(invitation.expires_at)
                codes = {"code": invitation.id, "token": invitation.access_code, "expiry": expiry}
                rows.append({"patientIdentifier": identifier, **codes})
    return parameters.respond_with_parts(invocation, "patientTokens", rows)
