"""The types of measurement of a world: PKB's own and those that its world file adds, by apiRef and by code.

Source: *Entity: Measurement*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3743186970
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext
from functools import cache, lru_cache
from typing import Any

from sandbox import facts
from sandbox.base import datafiles
from sandbox.domain.data_points.measurement_rows import SNOMED_OID, conversion, measurement_type
from sandbox.errors import Invalid
from sandbox.model import Code, Conversion, EnteredAs, Measurement, MeasurementType
from sandbox.store import Store

SNOMED, SNOMED_URL, PKB = "SNOMED CT", "http://snomed.info/sct", "PKB"
DIGITS = 100
"""Precision of a conversion: more digits than the numbers in a message have."""
DECIMALS = Decimal(1).scaleb(-facts.value("measurements.rounding"))


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedMeasurement:
    """A code in a message: the value of a type, in certain units.

    `type` is None in an organisation's own list. `pair` is the code of the second value, `form` the apiRef of the
    input form whose values `conversion` converts to the type.
    """

    units: tuple[str, ...]
    type: MeasurementType | None = None
    pair: str = ""
    is_second: bool = False
    form: str = ""
    conversion: Conversion | None = None

    @property
    def whole(self) -> str:
        return self.type.code_of_whole if self.type else ""


@dataclass(frozen=True, slots=True)
class Types:
    """The types of one world, in the order of the list; `by_word` also has enum constants."""

    by_ref: Mapping[str, MeasurementType]
    by_word: Mapping[str, MeasurementType]
    by_code: Mapping[str, tuple[CodedMeasurement, ...]]

    def of(self, measurement: Measurement) -> tuple[MeasurementType, bool] | None:
        """Return the type of a stored measurement, and whether its code is the one of a second value; None for an
        unknown type.
        """
        matches = [coded for coded in self.by_code.get(measurement.code.code, ()) if coded.type is not None]
        type_ = self.by_ref.get(measurement.type or measurement.code.code)
        if type_ is not None:
            return type_, any(coded.is_second and coded.type is type_ for coded in matches)
        # A code may belong to several types; the unit decides, and without a known unit the first of the list.
        fitting = [coded for coded in matches if measurement.unit in coded.units] or matches
        return (fitting[0].type, fitting[0].is_second) if fitting and fitting[0].type else None


def types_of(store: Store) -> Types:
    """The types of a world."""
    return _types(tuple(store.all(MeasurementType)))


def pkb_types() -> Types:
    """PKB's own types, for a world that adds none."""
    return _types(())


def check_world(store: Store) -> None:
    """Raise Invalid if another type has the same apiRef or number."""
    owners: dict[str, MeasurementType] = {}
    for type_ in (*built_in(), *store.all(MeasurementType)):
        for word in (f"apiRef {type_.api_ref}", f"id {type_.id}"):
            owner = owners.setdefault(word, type_)
            if owner is not type_:
                raise Invalid(f"measurement_types: {word} already belongs to {owner.name} ({owner.api_ref})")


@cache
def built_in() -> tuple[MeasurementType, ...]:
    """PKB's own types."""
    return tuple(measurement_type(row, "type") for row in _file()["type"])


def spellings(unit: str) -> tuple[str, ...]:
    """Return the accepted spellings of one of PKB's units, that unit first."""
    return (unit, *_file()["units"].get(unit, ()))


@cache
def snomed_spellings() -> frozenset[str]:
    """Accepted spellings of SNOMED CT, case-folded."""
    return frozenset(system.casefold() for system in _file()["systems"])


def upper_snake(api_ref: str) -> str:
    """Return the enum constant of a type: `BLOOD_PRESSURE` for `bloodPressure`."""
    return re.sub(r"(?=[A-Z])", "_", api_ref).upper()


def stored_codes(type_: MeasurementType) -> tuple[Code, Code | None]:
    """Return the codes of a measurement entered by apiRef; a type without a code uses its name as text."""
    first = Code(code=type_.code, text=type_.name, system=_system(type_))
    if not type_.code:
        first = Code(code=type_.api_ref, text=type_.name, system=PKB)
    second = Code(code=type_.code2, text=type_.name, system=_system(type_)) if type_.code2 else None
    return first, second


def convert(by: Conversion, entered: EnteredAs) -> Decimal:
    """Convert an entered value to the unit of the type, to two decimals."""
    # Exact arithmetic first, one rounding at the end: a chain of roundings would differ in the last digit.
    with localcontext(prec=DIGITS):
        exact = ((entered.value - by.subtract) * by.multiply + (entered.value2 or 0) * by.multiply2) / by.divide
        rounded = exact.quantize(DECIMALS, ROUND_HALF_UP)
        return rounded.quantize(Decimal(1)) if rounded == rounded.to_integral_value() else rounded.normalize()


def _system(type_: MeasurementType) -> str:
    """Return the coding system of a type's codes: one name for SNOMED CT, however the type spells it."""
    named = (type_.code_system_name.casefold(), type_.code_system)
    if named[0] in snomed_spellings() or named[1] in (SNOMED_OID, SNOMED_URL):
        return SNOMED
    return type_.code_system_name or type_.code_system


@lru_cache(maxsize=64)
def _types(added: tuple[MeasurementType, ...]) -> Types:
    by_ref = {type_.api_ref: type_ for type_ in (*built_in(), *added)}
    words = {upper_snake(api_ref): type_ for api_ref, type_ in by_ref.items()} | by_ref
    codes: dict[str, list[CodedMeasurement]] = {}
    for type_ in by_ref.values():
        if _system(type_) == SNOMED:
            parent = by_ref[type_.parent] if type_.parent else type_
            _add(codes, type_, parent, (type_.code, type_.code2), type_.conversion)
    for row in _file()["observable"]:
        type_, by = by_ref[row["apiRef"]], conversion(row)
        _add(codes, type_, type_, (row["code"], row.get("code2", "")), by, row.get("unit"))
    return Types(by_ref, words, {code: tuple(entries) for code, entries in codes.items()})


def _add(
    codes: dict[str, list[CodedMeasurement]],
    form: MeasurementType,
    type_: MeasurementType,
    of_type: Iterable[str],
    by: Conversion | None,
    unit: str | None = None,
) -> None:
    """Add the codes of both values of a type; those of an input form mean its parent type."""
    code, code2 = of_type
    for word, own_unit, pair, is_second in ((code, form.unit, code2, False), (code2, form.unit2, "", True)):
        if word:
            units = spellings(own_unit) if unit is None else (unit,)
            coded = CodedMeasurement(
                units=units, type=type_, pair=pair, is_second=is_second, form=form.api_ref, conversion=by
            )
            codes.setdefault(word, []).append(coded)


@cache
def _file() -> dict[str, Any]:
    return datafiles.read_toml(datafiles.beside_code("domain/data_points/measurements.toml"))
