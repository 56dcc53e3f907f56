"""Synthetic patients: plausible names, addresses, numbers and dates that belong to no real person."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, lru_cache
from typing import Any

from sandbox.base import datafiles
from sandbox.model import Address, Contact, Identifier, Name, Patient
from sandbox.synthetic.people.chance import AS_OF, chance, identity, moment
from sandbox.synthetic.people.nhs_numbers import nhs_number

FIRST_LEGACY_ID = 10_000_000
OLDEST_YEARS = 97
"""Greatest age at the world's date."""
TITLES = {"FEMALE": ("Mrs", "Ms", "Miss"), "MALE": ("Mr",)}
CHILDS_TITLES = {"FEMALE": ("Miss",), "MALE": ("Master",)}
WORDS: dict[str, str] = {"FEMALE": "female", "MALE": "male"}


@lru_cache(64)  # each resource about a person begins with them
def person(seed: int, number: int = 0, as_of: datetime = AS_OF) -> Patient:
    """Return a patient by number and seed: born and, for some, deceased before `as_of`.

    The only identifier is an NHS number; the patient is in no organisation. Raises Invalid if there is no such
    number.
    """
    source = chance(seed, "person", number)
    gender = source.choice(("FEMALE", "MALE"))
    born = _born(source, as_of)
    name = _name(source, gender, child=(as_of.date() - born).days < 16 * 365)
    died_at = _died(source, born, as_of)
    entered_at = moment(source, max(born, (as_of - timedelta(days=3 * 365)).date()), died_at or as_of)
    return Patient(
        id=identity(seed, "Patient", number),
        legacy_id=FIRST_LEGACY_ID + number,
        name=name,
        date_of_birth=born,
        gender=gender,
        address=address(source),
        phone=phone(source),
        language=_language(source),
        contacts=(Contact(value=email(name, number), primary=True, confirmed=True),),
        identifiers=(Identifier(type="NHS", value=nhs_number(seed, number)),),
        deceased=died_at is not None,
        died_at=died_at,
        entered_at=entered_at,
        created_at=entered_at,
        updated_at=entered_at,
        registration_changed_at=entered_at,
        reason="Synthetic",
    )


def professional_name(source: random.Random, title: str = "Dr") -> Name:
    """Return the name of a health professional."""
    given_name = source.choice(_words()[source.choice(("female", "male"))])
    return Name(family=source.choice(_words()["families"]), given=given_name, title=title)


def address(source: random.Random) -> Address:
    """Return a postal address whose postcode does not exist."""
    words = _words()
    town, county, area = source.choice(words["towns"])
    inward = f"{source.randint(1, 9)}{source.choice('ABDEFGHJLNPQRSTUWXYZ')}{source.choice('ABDEFGHJLNPQRSTUWXYZ')}"
    return Address(
        line1=f"{source.randint(1, 148)} {source.choice(words['streets'])}",
        line2=source.choice(words["localities"]),
        city=town,
        state=county,
        postcode=f"{area}0 {inward}",
        country="GBR",
    )


def phone(source: random.Random) -> str:
    """Return a mobile number from the block that Ofcom reserves for drama."""
    return f"07700900{source.randint(0, 999):03}"


def email(name: Name, number: int) -> str:
    """Return an e-mail address of a domain reserved for examples."""
    plain = f"{name.given}.{name.family}".lower().replace("'", "").replace(" ", "-")
    return f"{plain}.{number}@example.org"


def _name(source: random.Random, gender: str, *, child: bool) -> Name:
    given_names = _words()[WORDS[gender]]
    middle = source.choice(given_names) if source.random() < 0.4 else ""
    return Name(
        family=source.choice(_words()["families"]),
        given=source.choice(given_names),
        middle=middle,
        title=source.choice((CHILDS_TITLES if child else TITLES)[gender]),
    )


def _born(source: random.Random, as_of: datetime) -> date:
    """Return a birthday; ages are distributed as in a hospital, with more old people than young."""
    years = OLDEST_YEARS * (1 - source.random() ** 1.6)
    return (as_of - timedelta(days=30 + int(years * 365.25))).date()


def _died(source: random.Random, born: date, as_of: datetime) -> datetime | None:
    age = (as_of.date() - born).days / 365.25
    if age < 60 or source.random() > 0.06:
        return None
    return datetime.combine(as_of.date() - timedelta(days=source.randint(2, 400)), time(source.randint(0, 23), 15), UTC)


def _language(source: random.Random) -> str:
    drawn = source.randint(1, 100)
    for language, share in _words()["languages"].items():
        if drawn <= share:
            return str(language)
        drawn -= share
    return "en"


@cache
def _words() -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code("synthetic/people/people.toml"))
