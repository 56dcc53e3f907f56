"""UserService, reading: the caller, their carers, patients and colleagues, and users by id or number.

Source: *Entity: Patient*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3749543951
"""

from __future__ import annotations

from sandbox.access.purview import is_in_care, sees_patient
from sandbox.access.visibility import purview_of
from sandbox.domain.data_points.measurement_types import types_of
from sandbox.domain.patients.identifiers import with_number
from sandbox.domain.patients.national_ids import national_id_types
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.model import Consent, Measurement, Patient, Team, User
from sandbox.rest import user_json
from sandbox.rest.caller import Caller, by_id, caller_of, not_found
from sandbox.rest.reading import visible
from sandbox.rest.user_json import Json, as_v1


def own(call: Call) -> Json:
    caller = caller_of(call)
    if caller.patient is not None:
        return render_patient(caller, caller.patient)
    if caller.user is not None:
        return user_json.professional(caller, caller.user)
    return user_json.team(caller, caller.store.get(Team, caller.principal.team or ""))


def own_v1(call: Call) -> Json:
    return as_v1(own(call))


def carers(call: Call) -> list[Json]:
    """Return the patient's carers: name and contacts."""
    caller = caller_of(call)
    consents = caller.store.find(Consent, "patient", caller.own_record().id)
    ids = [consent.grantee.id for consent in consents if consent.grantee.kind == "carer" and _is_live(consent)]
    people = [carer for id_ in ids if (carer := caller.store.find_one(Patient, id_))]
    return [user_json.patient(caller, carer, user_json.Body(), has_details=False) for carer in people]


def cared_for(call: Call) -> list[Json]:
    """Return the patients of a carer or a professional."""
    caller = caller_of(call)
    return [render_patient(caller, patient) for patient in patients_of(caller)]


def patients(call: Call) -> list[Json]:
    caller = caller_of(call)
    return [as_v1(render_patient(caller, patient)) for patient in patients_of(caller)]


def by_user_id(call: Call) -> Json:
    """Return a user by id: the caller, a visible patient, or a user of the caller's organisation."""
    caller = caller_of(call)
    id_ = call.params["userId"]
    user = by_id(caller.store, User, id_)
    if user is not None and _is_colleague(caller, user):
        return as_v1(user_json.professional(caller, user))
    patient = caller.patient_named(id_)
    if caller.patient is not None and patient.id != caller.patient.id:
        # Patients see only themselves here, not even a child for whom they care.
        raise not_found("user")
    return as_v1(render_patient(caller, patient))


def colleagues(call: Call) -> list[Json]:
    """Return the other users of the caller's team."""
    caller = caller_of(call)
    team = caller.store.find(User, "team", caller.team.id) if caller.team else []
    return [as_v1(user_json.professional(caller, user)) for user in team if user.active and user.id != caller.self_id]


def by_national_id(call: Call) -> Json:
    """Return a patient by national number. Raises Invalid for an unknown type, NotFound for a number of no visible
    patient.
    """
    caller = caller_of(call)
    type_ = national_type(call.params["nationalIdType"])
    matches = with_number(caller.store, type_, call.params["nationalId"])
    for patient in matches:
        if sees_patient(caller.principal, patient):
            return render_patient(caller, patient)
    raise not_found("patient")


def national_type(name: str) -> str:
    """Return the code of a national number type by PKB's word for it, its name or its code, in any case. Raises
    Invalid.
    """
    wanted = _normalised_name(name)
    for type_ in national_id_types().values():
        if wanted in map(_normalised_name, (type_.enumeration, type_.name, type_.code)):
            return type_.code
    words = ", ".join(type_.enumeration for type_ in national_id_types().values())
    text = f"{name[:50]!r} is not a type of national number; allowed: {words}"
    raise Invalid(text, rule="catalogue/parameter.nationalIdType", instead=f"one of: {words}")


def render_patient(caller: Caller, patient: Patient) -> Json:
    """Return a patient as the caller may see them, with the newest visible height and weight."""
    return user_json.patient(
        caller, patient, user_json.body_of(types_of(caller.store), visible(caller, Measurement, patient))
    )


def patients_of(caller: Caller) -> list[Patient]:
    """Return the patients with an active consent to the caller, or to the caller's team."""
    holders = sorted(purview_of(caller.principal).grantees)
    consents = [
        consent for holder in holders for consent in caller.store.find(Consent, "held_by", holder) if _is_live(consent)
    ]
    patients = [caller.store.get(Patient, id_) for id_ in dict.fromkeys(consent.patient for consent in consents)]
    # A consent alone is not enough: the record may be frozen.
    return [patient for patient in patients if is_in_care(caller.principal, patient)]


def _is_live(consent: Consent) -> bool:
    return bool(consent.labels) and not consent.discharged


def _is_colleague(caller: Caller, user: User) -> bool:
    return user.id == caller.self_id or (
        caller.organisation is not None and user.organisation == caller.organisation.id
    )


def _normalised_name(name: str) -> str:
    return name.casefold().replace("_", " ").strip()
