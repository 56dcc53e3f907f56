"""MeasurementService: the types, what a patient measured, and what people and devices add to it.

Sources: *Frequently requested APIs*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3363471401 ; *Entity:
Measurement*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from datetime import datetime

from starlette.responses import Response

from sandbox.domain.data_points import readings
from sandbox.domain.data_points.measurement_types import Types, types_of
from sandbox.domain.data_points.readings import Reading
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.model import Measurement, MeasurementType, Patient
from sandbox.rest import measurement_json
from sandbox.rest.body import body, texts
from sandbox.rest.caller import Caller, by_id, caller, not_found
from sandbox.rest.measurement_json import Json, api_ref_of, newest_first
from sandbox.rest.reading import seen, sees
from sandbox.rest.writing import check_own, label_of


def list_types(call: Call) -> list[Json]:
    """The types that PKB defines; anyone may ask."""
    return [measurement_json.render_type(type_) for type_ in types_of(call.workspace.store).by_ref.values()]


def own(call: Call) -> list[Json]:
    who = caller(call)
    return _chosen(call, who, who.own_record())


def of_patient(call: Call) -> list[Json]:
    who = caller(call)
    return _chosen(call, who, who.patient_named(call.params["patientId"]))


def by_type(call: Call) -> list[Json]:
    """One type, as v1 gives it: nothing measured, an empty list."""
    who = caller(call)
    types = types_of(who.store)
    type_ = _type(types, call.params["type"])
    matches = [m for m in seen(call, who, Measurement, who.own_record()) if api_ref_of(types, m) == type_.api_ref]
    return measurement_json.render_by_type(types, matches)


def by_type_2014(call: Call) -> list[Json]:
    who = caller(call)
    return measurement_json.render_by_type(types_of(who.store), seen(call, who, Measurement, who.own_record()))


def create(call: Call) -> Json:
    who = caller(call)
    return _enter(call, who, who.own_record())


def create_for(call: Call) -> Json:
    who = caller(call)
    return _enter(call, who, who.patient_in_care(call.params["patientId"]))


def update(call: Call) -> Json:
    who = caller(call)
    return _change(call, who, who.own_record())


def update_for(call: Call) -> Json:
    who = caller(call)
    return _change(call, who, who.patient_in_care(call.params["patientId"]))


def delete(call: Call) -> Response:
    who = caller(call)
    measurement = _measurement(who, who.own_record(), call.params["measurementId"])
    check_own(who, measurement)
    readings.remove(who.record, measurement)
    return Response(status_code=204)


def _chosen(call: Call, who: Caller, patient: Patient) -> list[Json]:
    """Those of the types that `apiRefs` names, or all of them, newest first. Raises Invalid for an unknown type."""
    types = types_of(who.store)
    named = {_type(types, word).api_ref for word in texts(call, "apiRefs") + texts(call, "apiRef")}
    if not named and call.settings.api_refs_required:
        raise Invalid("apiRefs must be given", rule="rest.api-refs-required", instead="the apiRefs of all types")
    visible = seen(call, who, Measurement, patient)
    return [
        measurement_json.render(types, m) for m in newest_first(visible) if not named or api_ref_of(types, m) in named
    ]


def _enter(call: Call, who: Caller, patient: Patient) -> Json:
    sent = body(call, "measurement-sent")
    entered = readings.enter(who.record, patient, who.source(), label_of(who, sent), _reading(who, sent, who.now))
    return measurement_json.render(types_of(who.store), entered)


def _change(call: Call, who: Caller, patient: Patient) -> Json:
    sent = body(call, "measurement-changed")
    before = _measurement(who, patient, sent["id"])
    check_own(who, before)
    changed = readings.change(who.record, before, label_of(who, sent, before.label), _reading(who, sent, before.at))
    return measurement_json.render(types_of(who.store), changed)


def _measurement(who: Caller, patient: Patient, id_: str) -> Measurement:
    """A measurement of that patient which the caller may see. Raises NotFound."""
    found: Measurement | None = by_id(who.store, Measurement, id_)
    if found is None or found.patient != patient.id or not sees(who, found):
        raise not_found("measurement")
    return found


def _reading(who: Caller, sent: Json, at: datetime) -> Reading:
    """What was read, at that time unless another is given. Raises Invalid without a type."""
    named = sent.get("apiRef") or sent.get("type")
    if not named:
        raise Invalid("apiRef must be given", rule="rest.body", instead="an apiRef of the list of types")
    return Reading(
        type=_type(types_of(who.store), named),
        at=sent.get("takenDate") or at,
        value=sent.get("value"),
        value2=sent.get("value2"),
        text=sent.get("valueNonNumeric") or "",
    )


def _type(types: Types, word: str) -> MeasurementType:
    """A type by its apiRef, or by its enum constant. Raises Invalid."""
    type_ = types.by_word.get(word)
    if type_ is None:
        allowed = f"one of: {', '.join(types.by_ref)}"
        raise Invalid("Unknown apiRef", rule="rest.unknown-api-ref", instead=allowed)
    return type_
