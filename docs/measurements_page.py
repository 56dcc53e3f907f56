"""The generated part of measurements.md: every type that PKB defines, and how senders of HL7 name it."""

from __future__ import annotations

from collections.abc import Iterator

from reference_pages.writing import standing

from sandbox.domain.data_points.measurement_types import CodedMeasurement, built_in, pkb_types
from sandbox.facts import ledger


def measurements() -> Iterator[str]:
    yield "## Types"
    yield ""
    yield "| id | apiRef | name | category | unit | code | whole | converted to |"
    yield "|---|---|---|---|---|---|---|---|"
    for type_ in built_in():
        unit, code = _both(type_.unit, type_.unit2), _both(type_.code, type_.code2)
        cells = (f"`{type_.api_ref}`", type_.name, type_.category, unit, code, type_.code_of_whole, type_.parent)
        yield f"| {type_.id} | {' | '.join(cells)} |"
    yield ""
    yield "## Codes and units over HL7"
    yield ""
    yield "| OBX-3.1 | OBX-6 | measurement |"
    yield "|---|---|---|"
    for code, entries in pkb_types().by_code.items():
        units = dict.fromkeys((coded.units, _converted(coded)) for coded in entries)
        for spelt, converted in units:
            words = ", ".join(f"`{unit}`" if unit else "none" for unit in spelt)
            names = ", ".join(f"`{coded.type.api_ref}`" for coded in entries if coded.type and coded.units == spelt)
            yield f"| {code} | {words} | {names}{converted} |"
    yield ""
    yield "## Facts"
    yield ""
    yield "| fact | what the sandbox does | standing |"
    yield "|---|---|---|"
    for fact in ledger().values():
        if fact.id.startswith("measurements."):
            yield f"| `{fact.id}` | {fact.text} | {standing(fact.standing, fact.source)} |"


def _both(first: str, second: str) -> str:
    return f"{first} / {second}" if second else first


def _converted(coded: CodedMeasurement) -> str:
    return ", converted" if coded.conversion is not None else ""
