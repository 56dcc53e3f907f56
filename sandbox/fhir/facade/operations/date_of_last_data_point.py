"""`Patient/$date-of-last-data-point`: when records last got something new, to be asked before anything is fetched.

Source: *Date of last data point*, https://pkbdev.atlassian.net/wiki/x/TwKTy
"""

from __future__ import annotations

from starlette.responses import Response

from sandbox.access.purview import sees_patient
from sandbox.clock import instant
from sandbox.domain.data_points import kinds
from sandbox.fhir.base.identifiers import national_types
from sandbox.fhir.facade.operations import identifiers, parameters
from sandbox.fhir.facade.operations.identifiers import Json
from sandbox.fhir.facade.sight import Sight
from sandbox.fhir.rendered.invocation import Invocation
from sandbox.model import Patient

RESULT = "lastDataPointsResult"


def answer(asked: Invocation) -> Response:
    """One result for the patient of the token, or for each identifier of a patient whom the organisation knows."""
    found = _named(asked) if asked.viewer.known.user is None else _own(asked)
    rows = [{"patientIdentifier": identifier, **_time(asked, patient)} for identifier, patient in found]
    if asked.call.settings.legacy_last_data_point_shape:
        return parameters.respond(asked, [_as_printed(row) for row in rows])
    return parameters.write(asked, RESULT, rows)


def _named(asked: Invocation) -> list[tuple[Json, Patient]]:
    given = parameters.read(asked)["patientIdentifier"]
    if not given:  # the definition asks for none, since patients name nobody
        raise parameters.missing("patientIdentifier")
    systems = national_types() | identifiers.public_id()
    identifiers.check(given, systems)
    found = [(one, identifiers.patient(asked.viewer.store, one, systems)) for one in given]
    return [(one, patient) for one, patient in found if patient and sees_patient(asked.viewer.known, patient)]


def _own(asked: Invocation) -> list[tuple[Json, Patient]]:
    parameters.none(asked)
    patient = asked.viewer.store.get(Patient, asked.viewer.known.user or "")
    return [({"system": next(iter(identifiers.public_id())), "value": patient.id}, patient)]


def _time(asked: Invocation, patient: Patient) -> Json:
    seen = Sight(asked.viewer).seen(kinds.counted(asked.viewer.store, patient))
    at = max((point.persisted_at for point in seen), default=None)
    return {"lastRecordUpdate": instant(at)} if at else {}


def _as_printed(row: Json) -> Json:
    """As PKB's page prints it: the time is a property of the identifier's part, which FHIR does not allow."""
    identifier, at = row["patientIdentifier"], row.get("lastRecordUpdate")
    part = {"name": "patientIdentifier", "valueIdentifier": identifier} | ({"lastRecordUpdate": at} if at else {})
    return {"name": RESULT, "part": [part]}
