"""`Patient/$status-query`: return whether patients are registered or deceased, so that clients invite the right ones.

Source: *Status query*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365012080/Status+query
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.access.purview import sees_patient
from sandbox.fhir.facade.operations import identifiers, parameters
from sandbox.fhir.facade.operations.identifiers import Json
from sandbox.fhir.rendered.invocation import Invocation
from sandbox.model import Patient

NOT_FOUND, NO_ACCESS = "Not found", "No access"


def run(invocation: Invocation) -> Response:
    """Return one status for each identifier; a single unsupported system refuses the whole request."""
    patient_identifiers = parameters.read_parameters(invocation)["patientIdentifier"]
    systems = identifiers.british()
    identifiers.check_systems(patient_identifiers, systems)
    pairs = (
        (identifier, identifiers.find_patient(invocation.viewer.store, identifier, systems))
        for identifier in patient_identifiers
    )
    rows = [{"patientIdentifier": identifier, **_status(invocation, patient)} for identifier, patient in pairs]
    return parameters.respond_with_parts(invocation, "patientStatus", rows)


def _status(invocation: Invocation, patient: Patient | None) -> Json:
    if patient is None:
        return {"diagnostics": NOT_FOUND}
    status: Json = {"registered": patient.registered, "deceased": patient.deceased}
    # PKB tells whether a person is registered or deceased even if it gives no access to the record.
    if not sees_patient(invocation.viewer.caller, patient):
        return {**status, "diagnostics": NO_ACCESS}
    if patient.date_of_birth is not None:
        status["dateOfBirth"] = patient.date_of_birth.isoformat()
    return status
