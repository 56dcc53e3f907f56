"""NHS numbers for synthetic people: from the 999 range, with a valid check digit, each issued once.

The range 999 is never issued to a person (https://www.datadictionary.nhs.uk/attributes/nhs_number.html).
"""

from __future__ import annotations

from sandbox.errors import Invalid

RANGE = "999"
COUNT = 900_000
"""Number of different numbers."""
_STEP = 699_967
"""A prime that does not divide COUNT: steps of this size visit every number once before any repeats."""
_SEED_STEP = 10_007
"""Distance between the first numbers of two consecutive seeds."""


def nhs_number(seed: int, number: int) -> str:
    """Return the NHS number of a person, different for each number below COUNT. Raises Invalid beyond."""
    if not 0 <= number < COUNT:
        raise Invalid(f"only {COUNT} synthetic NHS numbers exist; number {number + 1} was requested")
    place = (number * _STEP + seed * _SEED_STEP) % COUNT
    prefix, choice = divmod(place, 9)
    # The last of nine digits has the weight 2: at most one of ten totals has no check digit, so nine numbers remain.
    nine = [digits for last in range(10) if (digits := complete(f"{RANGE}{prefix:05}{last}"))]
    return nine[choice]


def complete(nine: str) -> str:
    """Return the first nine digits with their check digit (modulus 11); empty if there is none."""
    total = sum(int(digit) * weight for digit, weight in zip(nine, range(10, 1, -1), strict=True))
    check = 11 - total % 11
    return "" if check == 10 else nine + str(check % 11)
