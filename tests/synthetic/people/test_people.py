"""Invented people."""

from __future__ import annotations

import re
from collections import Counter
from datetime import UTC, datetime

from sandbox.synthetic.people.people import person

PEOPLE = [person(11, number) for number in range(400)]


def test_people_are_born_before_the_day_of_the_world_and_die_after_they_are_born():
    as_of = datetime(1999, 5, 1, tzinfo=UTC)
    for number in range(200):
        invented = person(3, number, as_of)
        assert invented.date_of_birth is not None
        assert invented.date_of_birth < invented.entered_at.date() <= as_of.date()
        assert invented.died_at is None or invented.entered_at <= invented.died_at < as_of


def test_the_same_seed_makes_the_same_person():
    assert person(11, 7) == PEOPLE[7]
    assert person(12, 7) != PEOPLE[7]


def test_a_population_has_women_men_children_the_old_and_the_dead():
    genders = Counter(person.gender for person in PEOPLE)
    assert 120 < genders["FEMALE"] < 280
    born = [person.date_of_birth.year for person in PEOPLE if person.date_of_birth]
    assert sum(year > 2010 for year in born) > 20
    assert sum(year < 1950 for year in born) > 40
    assert 2 <= sum(person.deceased for person in PEOPLE) < 40
    assert len({person.name.display for person in PEOPLE}) > 350


def test_addresses_and_telephones_are_british_and_fictitious():
    for invented in PEOPLE:
        assert re.fullmatch(r"[A-Z]{1,2}0 [1-9][A-Z]{2}", invented.address.postcode)
        assert re.fullmatch(r"07700900\d{3}", invented.phone)
        assert invented.email.endswith("@example.org")
        assert re.fullmatch(r"[a-z.0-9-]+@example\.org", invented.email)


def test_children_have_a_childs_title():
    for invented in PEOPLE:
        assert invented.date_of_birth is not None
        if invented.date_of_birth.year > 2012:
            assert invented.name.title in ("Miss", "Master")
