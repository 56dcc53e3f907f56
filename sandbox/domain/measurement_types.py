"""The types of measurement that PKB defines, each found by its apiRef or by one of its codes.

Source: *Entity: Measurement*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sandbox import datafiles
from sandbox.model import Code, MeasurementType

LOINC, SNOMED, PKB = "http://loinc.org", "SNOMED CT", "PKB"


@dataclass(frozen=True, slots=True, kw_only=True)
class Half:
    """One value of a type: its name and its codes, either of which may be missing."""

    name: str
    snomed: str = ""
    loinc: str = ""

    def code(self, api_ref: str) -> Code:
        """The code that a measurement entered by apiRef is stored with: the type's own word where it has none."""
        if self.loinc:
            return Code(code=self.loinc, text=self.name, system=LOINC)
        return Code(code=api_ref, text=self.name, system=PKB)


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedType:
    """A type that PKB defines. The first unit is the one it is shown with; `whole` codes both values together."""

    api_ref: str
    name: str
    category: str
    units: tuple[str, ...]
    first: Half
    second: Half | None = None
    whole: str = ""


@cache
def defined() -> dict[str, DefinedType]:
    """All of them by apiRef, in the order in which they are listed."""
    return {row["api_ref"]: _type(row) for row in _file()["type"]}


def type_of(code: Code) -> tuple[DefinedType, bool] | None:
    """The type that a stored code belongs to, and whether it is the code of the second value; None for any other."""
    return _by_code().get(code.code)


@cache
def by_snomed() -> dict[str, MeasurementType]:
    """SNOMED CT code → name, units, and the code of the other half: what senders of HL7 go by."""
    found = {}
    for type_ in defined().values():
        pair = type_.second.snomed if type_.second else ""
        for half, other in ((type_.first, pair), (type_.second, "")):
            if half is not None and half.snomed:
                found[half.snomed] = MeasurementType(name=half.name, units=type_.units, pair=other)
    return found


@cache
def snomed_spellings() -> frozenset[str]:
    """How senders spell SNOMED CT, case-folded."""
    return frozenset(system.casefold() for system in _file()["systems"])


@cache
def _by_code() -> dict[str, tuple[DefinedType, bool]]:
    found = {}
    for type_ in defined().values():
        found[type_.api_ref] = (type_, False)
        for half in (type_.second, type_.first):
            for code in (half.snomed, half.loinc) if half else ():
                if code:
                    found[code] = (type_, half is type_.second)
    return found


def _type(row: dict[str, Any]) -> DefinedType:
    second = Half(**row["second"]) if "second" in row else None
    return DefinedType(**{**row, "units": tuple(row["units"]), "first": Half(**row["first"]), "second": second})


@cache
def _file() -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code("domain/measurements.toml"))
