"""A user as JSON: the newest keys, and those of v1.

Sources: *Patient identifier and demographic retrieval*,
https://pkbdev.atlassian.net/wiki/spaces/api/pages/4504551428 ; a published client of 2014 for v1
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from typing import Any

from sandbox.access.purview import sees_identifier_type
from sandbox.base.ids import legacy_id
from sandbox.domain.data_points.measurement_types import Types
from sandbox.domain.patients.national_ids import national_id_types
from sandbox.model import Identifier, LocalIdType, Measurement, Organisation, Patient, Team, User
from sandbox.rest.caller import Caller
from sandbox.rest.objects import shapes
from sandbox.rest.values import day, decimal

Json = dict[str, Any]
GENDERS = {"UNKNOWN": "U", "MALE": "M", "FEMALE": "F", "INDETERMINATE": "I"}
# Exact by their international definition of 1959.
POUND, INCH = Decimal("0.45359237"), Decimal("2.54")
HOME_COUNTRIES = ("GBR", "GB", "UK")


@dataclass(frozen=True, slots=True)
class Body:
    """The newest visible height in centimetres, and weight in kilograms."""

    height: Decimal | None = None
    weight: Decimal | None = None


@cache
def _empty_user() -> Json:
    """Every key, without a value."""
    return {
        key.name: None if key.nullable else [] if key.many else False if key.type == "boolean" else ""
        for key in shapes()["user"].keys
    }


def body_of(types: Types, measurements: list[Measurement]) -> Body:
    """Height and weight from measurements that the caller may see."""
    newest: dict[str, Measurement] = {}
    # In order of time, so that the newest of each type remains.
    for measurement in sorted(measurements, key=lambda measurement: measurement.at):
        type_match = types.of(measurement)
        if type_match and measurement.value is not None:
            newest[type_match[0].api_ref] = measurement
    height, weight = newest.get("height"), newest.get("weight")
    return Body(height=_centimetres(height) if height else None, weight=weight.value if weight else None)


def _centimetres(height: Measurement) -> Decimal | None:
    if height.value is None or height.unit != "m":
        return height.value
    return (height.value * 100).normalize()


def patient(caller: Caller, patient: Patient, body: Body, *, has_details: bool = True) -> Json:
    """Return a patient; without `has_details` only name and contacts, for a caller without care of them."""
    summary = {**_empty_user(), "id": str(patient.legacy_id), **_name(patient), "email": patient.email, "patient": True}
    summary |= {
        "phone": patient.phone,
        "contacts": [_contact(patient.id, c.value, c.primary, c.confirmed) for c in patient.contacts],
    }
    if not has_details:
        return summary
    gender = GENDERS[patient.gender]
    address = patient.address
    return {
        **summary,
        **_sizes(body),
        "dob": patient.date_of_birth.isoformat() if patient.date_of_birth else None,
        "dateDeceased": day(patient.died_at) if patient.deceased else None,
        "gender": gender,
        "genderMF": gender.lower() if gender in "MF" else None,
        "address1": address.line1 or None,
        "address2": address.line2,
        "city": address.city or None,
        "state": address.state or None,
        "postalCode": address.postcode or None,
        "country": _country(caller, patient),
        **_numbers(caller, patient),
    }


def professional(caller: Caller, user: User) -> Json:
    team = caller.store.find_one(Team, user.team)
    return {
        **_empty_user(),
        "id": str(user.legacy_id),
        "userType": user.scope,
        **_name(user),
        "email": user.email,
        "contacts": [_contact(user.id, user.email, True, True)],
        "organizationName": caller.store.get(Organisation, user.organisation).name,
        "teamName": team.name if team else None,
    }


def team(caller: Caller, team: Team) -> Json:
    """Return a tethered client as its team, because it has no user."""
    organisation = caller.store.get(Organisation, team.organisation)
    named = {"organizationName": organisation.name, "teamName": team.name}
    return {**_empty_user(), "id": str(team.legacy_id), "userType": "SITE", **named}


def as_v1(user: Json) -> Json:
    """Return a user with the keys of 2014."""
    values = {**user, "dobISO": user["dob"]}
    return {key.name: values[key.name] for key in shapes()["user-v1"].keys}


def _name(person: Patient | User) -> Json:
    name = person.name
    return {"title": name.title or None, "firstName": name.given or None, "lastName": name.family or None}


def _contact(owner: str, value: str, primary: bool, confirmed: bool) -> Json:
    return {
        # Contacts have no id in the model: the same address keeps the same one.
        "id": legacy_id(f"{owner}/{value}"),
        "contactType": "EMAIL",
        "contactValue": value,
        "phoneUseType": None,
        "primary": primary,
        "confirmed": confirmed,
    }


def _sizes(body: Body) -> Json:
    """Return height and weight in PKB's seven forms, as text."""
    # Rounded once: feet and inches are parts of the same whole number.
    inches = int((body.height / INCH).quantize(Decimal(1), ROUND_HALF_UP)) if body.height is not None else None
    pounds = (body.weight / POUND).quantize(Decimal("0.1"), ROUND_HALF_UP) if body.weight is not None else None
    return {
        "heightCm": decimal(body.height),
        "heightFeet": None if inches is None else str(inches // 12),
        "heightInches": None if inches is None else str(inches % 12),
        "heightInchesTotal": None if inches is None else str(inches),
        "weightKg": decimal(body.weight),
        "weightLbs": decimal(pounds),
    }


def _country(caller: Caller, patient: Patient) -> str | None:
    """Return GB-ENG rather than GBR: senders send the state, PKB the country of the patient's first organisation."""
    organisation = caller.store.find_one(Organisation, next(iter(patient.organisations), None))
    if patient.address.country in HOME_COUNTRIES and organisation is not None:
        return organisation.country
    return patient.address.country or None


def _numbers(caller: Caller, patient: Patient) -> Json:
    """Return national numbers and visible local numbers; null if there are none."""
    lists: dict[str, list[Json]] = {"nationalIds": [], "orgLevelIds": [], "teamLevelIds": []}
    for number in patient.identifiers:
        type_ = national_id_types().get(number.type)
        if type_ is not None:
            named = {"value": number.value, "name": type_.name, "countryCodes": list(type_.countries)}
            lists["nationalIds"].append(named)
            continue
        kind = caller.store.find_one(LocalIdType, number.type)
        if kind is not None and sees_identifier_type(caller.principal, kind):
            lists["teamLevelIds" if kind.team else "orgLevelIds"].append(_local(caller, number, kind))
    return {key: entries or None for key, entries in lists.items()}


def _local(caller: Caller, number: Identifier, kind: LocalIdType) -> Json:
    entry = {"value": number.value, "name": kind.name}
    if kind.team:
        return {**entry, "teamName": caller.store.get(Team, kind.team).name}
    return {**entry, "organizationName": caller.store.get(Organisation, kind.organisation).name}
