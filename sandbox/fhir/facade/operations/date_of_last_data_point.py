"""`Patient/$date-of-last-data-point`: when records last got new data, so that clients know what to fetch.

Source: *Date of last data point*, https://pkbdev.atlassian.net/wiki/x/TwKTy
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.access.purview import sees_patient
from sandbox.base.clock import instant
from sandbox.domain.data_points import kinds
from sandbox.fhir.base.identifiers import national_types
from sandbox.fhir.facade.operations import identifiers, parameters
from sandbox.fhir.facade.operations.identifiers import Json
from sandbox.fhir.facade.sight import Sight
from sandbox.fhir.rendered.invocation import Invocation
from sandbox.model import Patient

RESULT = "lastDataPointsResult"


def run(invocation: Invocation) -> Response:
    """Return one result for the patient of the token, or for each identifier of a patient of the organisation."""
    pairs = _named(invocation) if invocation.viewer.caller.user is None else _own(invocation)
    rows = [{"patientIdentifier": identifier, **_time(invocation, patient)} for identifier, patient in pairs]
    if invocation.call.settings.legacy_last_data_point_shape:
        return parameters.respond(invocation, [_as_printed(row) for row in rows])
    return parameters.respond_with_parts(invocation, RESULT, rows)


def _named(invocation: Invocation) -> list[tuple[Json, Patient]]:
    patient_identifiers = parameters.read_parameters(invocation)["patientIdentifier"]
    # Optional in the definition, because a patient's own token already identifies the patient.
    if not patient_identifiers:
        raise parameters.missing_parameter("patientIdentifier")
    systems = national_types() | identifiers.public_id()
    identifiers.check_systems(patient_identifiers, systems)
    pairs = [
        (identifier, identifiers.find_patient(invocation.viewer.store, identifier, systems))
        for identifier in patient_identifiers
    ]
    return [
        (identifier, patient)
        for identifier, patient in pairs
        if patient and sees_patient(invocation.viewer.caller, patient)
    ]


def _own(invocation: Invocation) -> list[tuple[Json, Patient]]:
    parameters.check_no_parameters(invocation)
    patient = invocation.viewer.store.get(Patient, invocation.viewer.caller.user or "")
    return [({"system": next(iter(identifiers.public_id())), "value": patient.id}, patient)]


def _time(invocation: Invocation, patient: Patient) -> Json:
    seen = Sight.of(invocation.viewer).seen(kinds.counted(invocation.viewer.store, patient))
    at = max((point.persisted_at for point in seen), default=None)
    return {"lastRecordUpdate": instant(at)} if at else {}


def _as_printed(row: Json) -> Json:
    """Change the response to the form on PKB's page: the time is a property of the identifier's part, which FHIR
    does not allow.
    """
    identifier, at = row["patientIdentifier"], row.get("lastRecordUpdate")
    part = {"name": "patientIdentifier", "valueIdentifier": identifier} | ({"lastRecordUpdate": at} if at else {})
    return {"name": RESULT, "part": [part]}
