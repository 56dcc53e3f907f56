"""Ages by calendar date, and the ages in PKB's rules about children."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox import facts
from sandbox.base.durations import months_later

YOUNGEST: int = facts.value("invitations.children")
"""Age from which a patient can register with NHS login or with codes on paper; younger patients only by e-mail."""


def age(born: date, today: date) -> int:
    """Return the age in full years: a person born on 29 February is a year older on 1 March of other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def birthday(born: date, years: int) -> date:
    """Return the date of a birthday; 1 March in years without 29 February. Raises OverflowError."""
    same = months_later(born, 12 * years)
    # `months_later` gives 28 February; the age rule above counts from 1 March.
    return same if same.day == born.day else same + timedelta(days=1)
