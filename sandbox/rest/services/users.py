"""UserService, reading: who the caller is, their carers, patients and colleagues, and users found by id or number.

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
from sandbox.rest.caller import Caller, by_id, caller, not_found
from sandbox.rest.reading import visible
from sandbox.rest.user_json import Json, as_v1


def own(call: Call) -> Json:
    who = caller(call)
    if who.patient is not None:
        return shown(who, who.patient)
    if who.user is not None:
        return user_json.professional(who, who.user)
    return user_json.team(who, who.store.get(Team, who.principal.team or ""))


def own_v1(call: Call) -> Json:
    return as_v1(own(call))


def carers(call: Call) -> list[Json]:
    """Those to whom the patient gave a consent as carers: name and contacts."""
    who = caller(call)
    consents = who.store.find(Consent, "patient", who.own_record().id)
    ids = [one.grantee.id for one in consents if one.grantee.kind == "carer" and _live(one)]
    found = [one for id_ in ids if (one := who.store.find_one(Patient, id_))]
    return [user_json.patient(who, one, user_json.Body(), known=False) for one in found]


def cared_for(call: Call) -> list[Json]:
    """The patients of a carer, or of a professional."""
    who = caller(call)
    return [shown(who, one) for one in patients_of(who)]


def patients(call: Call) -> list[Json]:
    who = caller(call)
    return [as_v1(shown(who, one)) for one in patients_of(who)]


def one(call: Call) -> Json:
    """A user by id: oneself, a patient whom one may know of, or somebody of one's own organisation."""
    who = caller(call)
    id_ = call.params["userId"]
    user = by_id(who.store, User, id_)
    if user is not None and _same_house(who, user):
        return as_v1(user_json.professional(who, user))
    found = who.patient_named(id_)
    if who.patient is not None and found.id != who.patient.id:
        raise not_found("user")  # a patient sees nobody but themselves here, a child of theirs included
    return as_v1(shown(who, found))


def colleagues(call: Call) -> list[Json]:
    """The others of the caller's team."""
    who = caller(call)
    team = who.store.find(User, "team", who.team.id) if who.team else []
    return [as_v1(user_json.professional(who, one)) for one in team if one.active and one.id != who.self_id]


def by_national_id(call: Call) -> Json:
    """Raises Invalid for a type that is none, NotFound for a number of nobody whom the caller may know of."""
    who = caller(call)
    type_ = national_type(call.params["nationalIdType"])
    found = with_number(who.store, type_, call.params["nationalId"])
    for patient in found:
        if sees_patient(who.principal, patient):
            return shown(who, patient)
    raise not_found("patient")


def national_type(name: str) -> str:
    """The code of a national number type by PKB's word for it, its name or its code, in any case. Raises Invalid."""
    wanted = _plain(name)
    for type_ in national_id_types().values():
        if wanted in map(_plain, (type_.enumeration, type_.name, type_.code)):
            return type_.code
    words = ", ".join(type_.enumeration for type_ in national_id_types().values())
    raise Invalid("Unknown national id type", rule="catalogue/parameter.nationalIdType", instead=f"one of: {words}")


def shown(who: Caller, patient: Patient) -> Json:
    """A patient as the caller may see them, with the newest height and weight that they may see."""
    return user_json.patient(who, patient, user_json.body_of(types_of(who.store), visible(who, Measurement, patient)))


def patients_of(who: Caller) -> list[Patient]:
    """Those who gave the caller, or the caller's team, a consent that still says something."""
    holders = sorted(purview_of(who.principal).grantees)
    consents = [one for holder in holders for one in who.store.find(Consent, "held_by", holder) if _live(one)]
    found = [who.store.get(Patient, id_) for id_ in dict.fromkeys(one.patient for one in consents)]
    return [one for one in found if is_in_care(who.principal, one)]


def _live(consent: Consent) -> bool:
    return bool(consent.labels) and not consent.discharged


def _same_house(who: Caller, user: User) -> bool:
    return user.id == who.self_id or (who.organisation is not None and user.organisation == who.organisation.id)


def _plain(name: str) -> str:
    return name.casefold().replace("_", " ").strip()
