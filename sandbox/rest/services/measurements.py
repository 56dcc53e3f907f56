"""MeasurementService: types, a patient's measurements, and new ones from people and devices.

Sources: *Frequently requested APIs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363471401 ; *Entity:
Measurement*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from sandbox.domain.data_points import readings
from sandbox.domain.data_points.measurement_types import Types, types_of
from sandbox.domain.data_points.readings import MeasurementReading
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.model import Measurement, MeasurementType, Patient
from sandbox.rest import measurement_json
from sandbox.rest.body import query_texts, read_body
from sandbox.rest.caller import Caller, by_id, caller_of, not_found
from sandbox.rest.measurement_json import Json, api_ref_of, newest_first
from sandbox.rest.reading import is_visible, read_visible
from sandbox.rest.writing import check_own, label_of

LONGEST_WORD = 50
"""Characters of an unknown type that a refusal repeats."""


def list_types(call: Call) -> list[Json]:
    """Return the types that PKB defines; public."""
    return [measurement_json.render_type(type_) for type_ in types_of(call.workspace.store).by_ref.values()]


def own(call: Call) -> list[Json]:
    caller = caller_of(call)
    return _selected(call, caller, caller.own_record())


def of_patient(call: Call) -> list[Json]:
    caller = caller_of(call)
    return _selected(call, caller, caller.patient_named(call.params["patientId"]))


def by_type(call: Call) -> list[Json]:
    """Return one type, as v1 does; an empty list without measurements."""
    caller = caller_of(call)
    types = types_of(caller.store)
    type_ = _type(types, call.params["type"])
    matches = [
        m for m in read_visible(call, caller, Measurement, caller.own_record()) if api_ref_of(types, m) == type_.api_ref
    ]
    return measurement_json.render_by_type(types, matches)


def by_type_2014(call: Call) -> list[Json]:
    caller = caller_of(call)
    return measurement_json.render_by_type(
        types_of(caller.store), read_visible(call, caller, Measurement, caller.own_record())
    )


def create(call: Call) -> Json:
    caller = caller_of(call)
    return _enter(call, caller, caller.own_record())


def create_for(call: Call) -> Json:
    caller = caller_of(call)
    return _enter(call, caller, caller.patient_in_care(call.params["patientId"]))


def update(call: Call) -> Json:
    caller = caller_of(call)
    return _change(call, caller, caller.own_record())


def update_for(call: Call) -> Json:
    caller = caller_of(call)
    return _change(call, caller, caller.patient_in_care(call.params["patientId"]))


def delete(call: Call) -> Response:
    caller = caller_of(call)
    # Not found before not allowed: a caller must not learn that a hidden measurement exists.
    measurement = _measurement(caller, caller.own_record(), call.params["measurementId"])
    check_own(caller, measurement)
    readings.remove(caller.record, measurement)
    return Response(status_code=204)


def _selected(call: Call, caller: Caller, patient: Patient) -> list[Json]:
    """Return measurements of the types in `apiRefs`, or of all types, newest first. Raises Invalid for an unknown
    type.
    """
    types = types_of(caller.store)
    named = {_type(types, word).api_ref for word in query_texts(call, "apiRefs") + query_texts(call, "apiRef")}
    if not named and call.settings.api_refs_required:
        raise Invalid("apiRefs is missing", rule="rest.api-refs-required", instead="the apiRef of each type to return")
    visible = read_visible(call, caller, Measurement, patient)
    return [
        measurement_json.render(types, m) for m in newest_first(visible) if not named or api_ref_of(types, m) in named
    ]


def _enter(call: Call, caller: Caller, patient: Patient) -> Json:
    fields = read_body(call, "measurement-sent")
    entered = readings.enter(
        caller.record, patient, caller.source(), label_of(caller, fields), _reading(caller, fields, caller.now)
    )
    return measurement_json.render(types_of(caller.store), entered)


def _change(call: Call, caller: Caller, patient: Patient) -> Json:
    fields = read_body(call, "measurement-changed")
    before = _measurement(caller, patient, fields["id"])
    check_own(caller, before)
    changed = readings.change(
        caller.record, before, label_of(caller, fields, before.label), _reading(caller, fields, before.at)
    )
    return measurement_json.render(types_of(caller.store), changed)


def _measurement(caller: Caller, patient: Patient, id_: str) -> Measurement:
    """Return a visible measurement of the patient. Raises NotFound."""
    measurement: Measurement | None = by_id(caller.store, Measurement, id_)
    if measurement is None or measurement.patient != patient.id or not is_visible(caller, measurement):
        raise not_found("measurement")
    return measurement


def _reading(caller: Caller, fields: Json, at: datetime) -> MeasurementReading:
    """Parse the values, at the current time if none is specified. Raises Invalid without a type."""
    named = fields.get("apiRef") or fields.get("type")
    if not named:
        raise Invalid("apiRef is missing", rule="rest.body", instead="an apiRef from the list of types")
    return MeasurementReading(
        type=_type(types_of(caller.store), named),
        at=fields.get("takenDate") or at,
        value=fields.get("value"),
        value2=fields.get("value2"),
        text=fields.get("valueNonNumeric") or "",
    )


def _type(types: Types, word: str) -> MeasurementType:
    """Return a type by its apiRef, or by its enum constant. Raises Invalid."""
    type_ = types.by_word.get(word)
    if type_ is None:
        allowed = f"one of: {', '.join(types.by_ref)}"
        raise Invalid(f"Unknown apiRef {word[:LONGEST_WORD]!r}", rule="rest.unknown-api-ref", instead=allowed)
    return type_
