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
from sandbox.domain.data_points.measurement_types import Types
from sandbox.domain.patients.national_ids import national_id_types
from sandbox.ids import legacy_id
from sandbox.model import Identifier, LocalIdType, Measurement, Organisation, Patient, Team, User
from sandbox.rest.caller import Caller
from sandbox.rest.objects import shapes
from sandbox.rest.values import day, decimal

Json = dict[str, Any]
GENDERS = {"UNKNOWN": "U", "MALE": "M", "FEMALE": "F", "INDETERMINATE": "I"}
POUND, INCH = Decimal("0.45359237"), Decimal("2.54")
HOME_COUNTRIES = ("GBR", "GB", "UK")


@dataclass(frozen=True, slots=True)
class Body:
    """The newest height in centimetres and weight in kilograms that the caller may see."""

    height: Decimal | None = None
    weight: Decimal | None = None


@cache
def _nobody() -> Json:
    """Every key, with nothing in it."""
    return {
        key.name: None if key.nullable else [] if key.many else False if key.type == "boolean" else ""
        for key in shapes()["user"].keys
    }


def body_of(types: Types, measurements: list[Measurement]) -> Body:
    """Height and weight from measurements that the caller may see."""
    newest: dict[str, Measurement] = {}
    for one in sorted(measurements, key=lambda one: one.at):
        found = types.of(one)
        if found and one.value is not None:
            newest[found[0].api_ref] = one
    height, weight = newest.get("height"), newest.get("weight")
    return Body(height=_centimetres(height) if height else None, weight=weight.value if weight else None)


def _centimetres(height: Measurement) -> Decimal | None:
    if height.value is None or height.unit != "m":
        return height.value
    return (height.value * 100).normalize()


def patient(who: Caller, one: Patient, body: Body, *, known: bool = True) -> Json:
    """A patient. One whom the caller does not care for and knows by name alone (`known`) has no numbers or address."""
    shown = {**_nobody(), "id": str(one.legacy_id), **_name(one), "email": one.email, "patient": True}
    shown |= {"phone": one.phone, "contacts": [_contact(one.id, c.value, c.primary, c.confirmed) for c in one.contacts]}
    if not known:
        return shown
    gender = GENDERS[one.gender]
    address = one.address
    return {
        **shown,
        **_sizes(body),
        "dob": one.date_of_birth.isoformat() if one.date_of_birth else None,
        "dateDeceased": day(one.died_at) if one.deceased else None,
        "gender": gender,
        "genderMF": gender.lower() if gender in "MF" else None,
        "address1": address.line1 or None,
        "address2": address.line2,
        "city": address.city or None,
        "state": address.state or None,
        "postalCode": address.postcode or None,
        "country": _country(who, one),
        **_numbers(who, one),
    }


def professional(who: Caller, one: User) -> Json:
    team = who.store.find_one(Team, one.team)
    return {
        **_nobody(),
        "id": str(one.legacy_id),
        "userType": one.scope,
        **_name(one),
        "email": one.email,
        "contacts": [_contact(one.id, one.email, True, True)],
        "organizationName": who.store.get(Organisation, one.organisation).name,
        "teamName": team.name if team else None,
    }


def team(who: Caller, one: Team) -> Json:
    """A tethered client has no user: it is its team."""
    organisation = who.store.get(Organisation, one.organisation)
    named = {"organizationName": organisation.name, "teamName": one.name}
    return {**_nobody(), "id": str(one.legacy_id), "userType": "SITE", **named}


def as_v1(shown: Json) -> Json:
    """A user with the keys of 2014."""
    known = {**shown, "dobISO": shown["dob"]}
    return {key.name: known[key.name] for key in shapes()["user-v1"].keys}


def _name(one: Patient | User) -> Json:
    name = one.name
    return {"title": name.title or None, "firstName": name.given or None, "lastName": name.family or None}


def _contact(owner: str, value: str, primary: bool, confirmed: bool) -> Json:
    return {
        "id": legacy_id(f"{owner}/{value}"),
        "contactType": "EMAIL",
        "contactValue": value,
        "phoneUseType": None,
        "primary": primary,
        "confirmed": confirmed,
    }


def _sizes(body: Body) -> Json:
    """Height and weight in PKB's seven forms, as text."""
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


def _country(who: Caller, one: Patient) -> str | None:
    """GB-ENG rather than GBR: senders name the state, PKB the country; that of the patient's first organisation."""
    organisation = who.store.find_one(Organisation, next(iter(one.organisations), None))
    if one.address.country in HOME_COUNTRIES and organisation is not None:
        return organisation.country
    return one.address.country or None


def _numbers(who: Caller, one: Patient) -> Json:
    """National numbers, and those local ones that the caller may see; null where there are none."""
    lists: dict[str, list[Json]] = {"nationalIds": [], "orgLevelIds": [], "teamLevelIds": []}
    for number in one.identifiers:
        type_ = national_id_types().get(number.type)
        if type_ is not None:
            named = {"value": number.value, "name": type_.name, "countryCodes": list(type_.countries)}
            lists["nationalIds"].append(named)
            continue
        kind = who.store.find_one(LocalIdType, number.type)
        if kind is not None and sees_identifier_type(who.principal, kind):
            lists["teamLevelIds" if kind.team else "orgLevelIds"].append(_local(who, number, kind))
    return {key: found or None for key, found in lists.items()}


def _local(who: Caller, number: Identifier, kind: LocalIdType) -> Json:
    shown = {"value": number.value, "name": kind.name}
    if kind.team:
        return {**shown, "teamName": who.store.get(Team, kind.team).name}
    return {**shown, "organizationName": who.store.get(Organisation, kind.organisation).name}
