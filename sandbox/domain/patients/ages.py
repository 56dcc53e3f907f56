"""Ages by the calendar, and those that PKB's rules about children turn on."""

from __future__ import annotations

from datetime import date, timedelta

from sandbox import facts
from sandbox.durations import months_later

YOUNGEST: int = facts.value("invitations.children")
"""From this age on a patient registers with NHS login or with codes on paper; younger ones only by e-mail."""


def age(born: date, today: date) -> int:
    """Full years: somebody born on 29 February is a year older on 1 March of other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def birthday(born: date, years: int) -> date:
    """The day on which somebody is so many years old; 1 March where there is no 29 February. Raises OverflowError."""
    same = months_later(born, 12 * years)
    return same if same.day == born.day else same + timedelta(days=1)
