"""The tables of realistic values of an element, by `Type.element` or else by its name."""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox.base import datafiles

Table = dict[str, Any]
HL7 = {"stu3": "http://hl7.org/fhir", "r4": "http://terminology.hl7.org/CodeSystem"}
LOCAL = "https://northmoor.example/fhir"
"""Base URL of the fictitious trust's own definitions."""


@cache
def read_table(file: str) -> Table:
    """Read a table file beside this one."""
    return datafiles.read_toml(datafiles.beside_code(f"synthetic/fhir/{file}.toml"))


def row_of(table: Table, type_: str, name: str, choice: str = "") -> Any:
    """Return the row of an element, by the most specific of its names; None if there is none."""
    exact = (f"{type_}.{name}", f"{type_}.{choice}")
    return next((table[key] for key in (*exact, name, choice) if key in table), None)


@cache
def left_out(type_: str, name: str, choice: str = "") -> bool:
    """Return whether an element is never generated."""
    return any(key in _listed("never") for key in (f"{type_}.{name}", f"{type_}.{choice}", name))


def is_always(type_: str, name: str) -> bool:
    """Return whether an optional element is always generated, because its owner would be empty without it."""
    return f"{type_}.{name}" in _listed("always")


@cache
def _listed(row: str) -> frozenset[str]:
    return frozenset(read_table("shapes")[row])


def coding(release: str, row: str) -> Table:
    """Build a Coding from a row of `concepts.toml`: system, code and display, separated by spaces."""
    system, code, display = row.split(" ", 2)
    return {"system": _system(release, system), "code": code, "display": display}


def local_coding(type_: str, name: str, place: int) -> Table:
    """Build a Coding of the trust's own, for elements without a row."""
    code, display = (("routine", "Routine"), ("standard", "Standard"), ("other", "Other"))[place % 3]
    return {"system": f"{LOCAL}/CodeSystem/{kebab(type_)}-{kebab(name)}", "code": code, "display": display}


def _system(release: str, system: str) -> str:
    if system in ("v2", "v3", "hl7", "local") or system.startswith(("v2:", "v3:", "hl7:")):
        family, _, name = system.partition(":")
        if family == "local":
            return f"{LOCAL}/CodeSystem/northmoor"
        if family == "hl7":
            return f"{HL7[release]}/{name}"
        # R4 moved the code systems of HL7 v2 and v3 to terminology.hl7.org, and put a hyphen for the slash.
        return f"{HL7[release]}/{family}-{name}" if release == "r4" else f"{HL7[release]}/{family}/{name}"
    return str(read_table("concepts")["systems"].get(system, system))


def kebab(name: str) -> str:
    """Convert `CodeSystem` to `code-system`, for URLs."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


def words(name: str) -> str:
    """Convert `CodeSystem` to `Code system`, for people."""
    return kebab(name).replace("-", " ").capitalize()
