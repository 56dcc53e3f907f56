"""`Organization/$generate-invitation-tokens`: codes with which patients register, for the letters of a partner.

Source: *Generate invitation tokens*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077590
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.access.organisation import sender_for
from sandbox.access.purview import is_in_care
from sandbox.clock import instant
from sandbox.domain.patients import invitations
from sandbox.fhir.facade.operations import identifiers, parameters
from sandbox.fhir.rendered.invocation import Invocation


def answer(asked: Invocation) -> Response:
    """A pair of codes for each identifier of a patient who can be invited; the others are left out."""
    given = parameters.read(asked)["patientIdentifier"]
    systems = identifiers.british()
    identifiers.check(given, systems)
    record, sender = asked.record, sender_for(asked.viewer.known)
    rows = []
    with record.store.transaction():
        for identifier in given:
            patient = identifiers.patient(record.store, identifier, systems)
            if patient is None or not is_in_care(asked.viewer.known, patient):
                continue
            if not invitations.can_be_invited(record, patient, asked.organisation):
                invitations.keep_letter_back(record, patient, sender.organisation)
            else:
                made = invitations.invite_by_letter(record, patient, sender.organisation, sender.creating_team)
                expiry = instant(made.expires_at)
                codes = {"code": made.id, "token": made.access_code, "expiry": expiry}
                rows.append({"patientIdentifier": identifier, **codes})
    return parameters.write(asked, "patientTokens", rows)
