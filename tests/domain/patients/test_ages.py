"""Ages by calendar date: full years, before, on and after the birthday."""

from __future__ import annotations

from datetime import date

import pytest

from sandbox.domain.patients.ages import age, birthday

AGES = [
    ((2010, 7, 15), (2026, 7, 14), 15),
    ((2010, 7, 15), (2026, 7, 15), 16),
    ((2010, 7, 15), (2026, 7, 16), 16),
    ((2010, 7, 15), (2026, 6, 30), 15),
    ((2010, 7, 15), (2026, 8, 1), 16),
    ((2010, 1, 31), (2026, 2, 1), 16),
    ((2010, 12, 31), (2026, 1, 1), 15),
    ((2012, 2, 29), (2026, 2, 28), 13),
    ((2012, 2, 29), (2026, 3, 1), 14),
    ((2012, 2, 29), (2028, 2, 28), 15),
    ((2012, 2, 29), (2028, 2, 29), 16),
    ((2026, 11, 27), (2026, 11, 27), 0),
]


@pytest.mark.parametrize(("born", "today", "years"), AGES)
def test_an_age_is_counted_in_full_years(born: tuple[int, int, int], today: tuple[int, int, int], years: int):
    assert age(date(*born), date(*today)) == years


@pytest.mark.parametrize(
    ("born", "years", "expected"),
    [
        ((2010, 7, 15), 16, (2026, 7, 15)),
        ((2012, 2, 29), 16, (2028, 2, 29)),
        ((2012, 2, 29), 18, (2030, 3, 1)),
        ((2010, 12, 31), 13, (2023, 12, 31)),
    ],
)
def test_a_birthday_is_the_day_on_which_the_age_changes(
    born: tuple[int, int, int], years: int, expected: tuple[int, int, int]
):
    day = birthday(date(*born), years)
    assert day == date(*expected)
    assert (age(date(*born), day), age(date(*born), date.fromordinal(day.toordinal() - 1))) == (years, years - 1)
