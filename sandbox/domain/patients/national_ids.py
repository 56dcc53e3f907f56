"""National identifiers: their types, the stored form of a number, and the checks of its validity.

Sources: *Identifiers & matching*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365077836 ; the checks of
https://github.com/patientsknowbest/pkb-common
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from sandbox.base import datafiles
from sandbox.base.short_cache import short_cache

Pair = tuple[str, str]
"""Assigning authority and type code."""

_DROPPED = str.maketrans("", "", "- ()[]\t\r\n")
"""Separators in written numbers that are not part of the number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NationalIdType:
    """A national numbering scheme: PKB's names for it, the pairs that senders use, and the form of its numbers.

    `check` is the rule for the check digit, if any; `form` describes `pattern` in words.
    """

    code: str
    name: str
    enumeration: str
    countries: tuple[str, ...]
    assigning_authority: str
    type_code: str
    aliases: tuple[Pair, ...]
    pattern: re.Pattern[str]
    form: str
    check: str = ""
    upper_case: bool = False

    def problem(self, number: str) -> str:
        """Explain why a number, in the form of `normalised`, is not valid; empty if it is valid."""
        if not self.pattern.fullmatch(number):
            return f"it must have {self.form}"
        return "its check digit is wrong" if self.check and not CHECKS[self.check](number) else ""


@cache
def national_id_types() -> dict[str, NationalIdType]:
    """The national identifier types by code."""
    rows = datafiles.read_toml(datafiles.beside_code("domain/patients/national_ids.toml"))
    return {
        code: NationalIdType(
            code=code,
            name=row["name"],
            enumeration=row["enumeration"],
            countries=tuple(row["countries"]),
            assigning_authority=row["assigning_authority"],
            type_code=row["type_code"],
            aliases=tuple((authority, type_code) for authority, type_code in row.get("aliases", ())),
            pattern=re.compile(row["pattern"]),
            form=row["form"],
            check=row.get("check", ""),
            upper_case=row.get("upper_case", False),
        )
        for code, row in rows.items()
        if isinstance(row, dict) and "name" in row
    }


@cache
def by_pair() -> dict[Pair, NationalIdType]:
    """The types by the pairs that senders use, PKB's and the aliases."""
    types = national_id_types().values()
    own = {(type_.assigning_authority, type_.type_code): type_ for type_ in types}
    # PKB's own pair takes precedence over an alias of another type.
    return {alias: type_ for type_ in types for alias in type_.aliases} | own


def national_type_of(country: str) -> str:
    """Return the code of a country's national identifier type; empty if it has none."""
    return next((t.code for t in national_id_types().values() if country in t.countries), "")


def normalised(type_: str, value: str) -> str:
    """Return a number as it is stored: without blanks, dashes and brackets, letters in upper case, a BSN with nine
    digits.

    A value of any other type is returned unchanged.
    """
    if type_ not in national_id_types():
        return value
    number = value.translate(_DROPPED)
    if national_id_types()[type_].upper_case:
        number = number.upper()
    # A BSN is often written without its leading zero.
    return f"0{number}" if type_ == "BSN" and len(number) == 8 else number


def problem(type_: str, number: str) -> str:
    """Explain why a stored number is not valid; empty for a valid number, and for a number of any other type."""
    return _problem(number, type_)


@short_cache(1_000)  # a write of a Patient asks several times
def _problem(number: str, type_: str) -> str:
    national = national_id_types().get(type_)
    return national.problem(number) if national else ""


def _weighted(number: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(number, weights, strict=True))


def _modulus_11(number: str) -> bool:
    """NHS Data Dictionary, NHS NUMBER."""
    check = 11 - _weighted(number[:9], (10, 9, 8, 7, 6, 5, 4, 3, 2)) % 11
    # A remainder of 0 makes 11, which is written as 0; 10 has no digit, so such numbers are never issued.
    return check != 10 and check % 11 == int(number[9])


def _elfproef(number: str) -> bool:
    return _weighted(number, (9, 8, 7, 6, 5, 4, 3, 2, -1)) % 11 == 0


def _digit_sums(number: str, first: int) -> int:
    """Sum the digits with weights 1 and 2 in turn, starting with `first`; of a two-digit product, its digit sum."""
    return sum(sum(divmod(int(digit) * (2 - (first + at) % 2), 10)) for at, digit in enumerate(number))


def _luhn(number: str) -> bool:
    return _digit_sums(number, 1) % 10 == 0


def _kvnr(number: str) -> bool:
    """Compute with the letter as the two digits of its position in the alphabet."""
    digits = f"{ord(number[0]) - ord('A') + 1:02}{number[1:9]}"
    return _digit_sums(digits, 1) % 10 == int(number[9])


def _hkid(number: str) -> bool:
    """Compute with letters from A = 10 and a missing first letter as 36; a check digit of ten is written A."""
    values = [36] * (9 - len(number)) + [int(character, 36) for character in number[:-1]]
    check = -sum(value * weight for value, weight in zip(values, range(9, 1, -1), strict=True)) % 11
    return check == int(number[-1], 16)


def _civil_id(number: str) -> bool:
    return 11 - _weighted(number[:11], (2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)) % 11 == int(number[11])


CHECKS: dict[str, Callable[[str], bool]] = {
    "civil-id": _civil_id,
    "elfproef": _elfproef,
    "hkid": _hkid,
    "kvnr": _kvnr,
    "luhn": _luhn,
    "modulus-11": _modulus_11,
}
