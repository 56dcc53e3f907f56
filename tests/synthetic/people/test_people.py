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
        one = person(3, number, as_of)
        assert one.date_of_birth is not None
        assert one.date_of_birth < one.entered_at.date() <= as_of.date()
        assert one.died_at is None or one.entered_at <= one.died_at < as_of


def test_the_same_seed_makes_the_same_person():
    assert person(11, 7) == PEOPLE[7]
    assert person(12, 7) != PEOPLE[7]


def test_a_population_has_women_men_children_the_old_and_the_dead():
    genders = Counter(one.gender for one in PEOPLE)
    assert 120 < genders["FEMALE"] < 280
    born = [one.date_of_birth.year for one in PEOPLE if one.date_of_birth]
    assert sum(year > 2010 for year in born) > 20
    assert sum(year < 1950 for year in born) > 40
    assert 2 <= sum(one.deceased for one in PEOPLE) < 40
    assert len({one.name.display for one in PEOPLE}) > 350


def test_addresses_and_telephones_are_british_and_nobodys():
    for one in PEOPLE:
        assert re.fullmatch(r"[A-Z]{1,2}0 [1-9][A-Z]{2}", one.address.postcode)
        assert re.fullmatch(r"07700900\d{3}", one.phone)
        assert one.email.endswith("@example.org")
        assert re.fullmatch(r"[a-z.0-9-]+@example\.org", one.email)


def test_children_have_a_childs_title():
    for one in PEOPLE:
        assert one.date_of_birth is not None
        if one.date_of_birth.year > 2012:
            assert one.name.title in ("Miss", "Master")
