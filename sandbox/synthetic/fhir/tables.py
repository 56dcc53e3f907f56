"""The tables of realistic values: what an element holds, by `Type.element` first, by its own name otherwise."""

from __future__ import annotations

from functools import cache
from typing import Any

from sandbox import datafiles

Table = dict[str, Any]
HL7 = {"stu3": "http://hl7.org/fhir", "r4": "http://terminology.hl7.org/CodeSystem"}
LOCAL = "https://northmoor.example/fhir"
"""Where the invented trust publishes what is its own."""


@cache
def read(file: str) -> Table:
    """A table file beside this one."""
    return datafiles.read_toml(datafiles.beside_code(f"synthetic/fhir/{file}.toml"))


def found(table: Table, type_: str, name: str, choice: str = "") -> Any:
    """The row of an element: the most exact of its names that the table has. None where it has none."""
    exact = (f"{type_}.{name}", f"{type_}.{choice}")
    return next((table[key] for key in (*exact, name, choice) if key in table), None)


def left_out(type_: str, name: str, choice: str = "") -> bool:
    """Whether an element is never made."""
    return any(key in _listed("never") for key in (f"{type_}.{name}", f"{type_}.{choice}", name))


def is_always(type_: str, name: str) -> bool:
    """Whether an element is made though nothing asks for it: its owner would be empty without it."""
    return f"{type_}.{name}" in _listed("always")


@cache
def _listed(row: str) -> frozenset[str]:
    return frozenset(read("shapes")[row])


def coding(release: str, row: str) -> Table:
    """A Coding from a row of `concepts.toml`: system, code and display, separated by spaces."""
    system, code, display = row.split(" ", 2)
    return {"system": _system(release, system), "code": code, "display": display}


def local_coding(type_: str, name: str, place: int) -> Table:
    """A Coding of the trust's own, for elements that no table knows."""
    code, display = (("routine", "Routine"), ("standard", "Standard"), ("other", "Other"))[place % 3]
    return {"system": f"{LOCAL}/CodeSystem/{kebab(type_)}-{kebab(name)}", "code": code, "display": display}


def _system(release: str, system: str) -> str:
    if system in ("v2", "v3", "hl7", "local") or system.startswith(("v2:", "v3:", "hl7:")):
        family, _, name = system.partition(":")
        if family == "local":
            return f"{LOCAL}/CodeSystem/northmoor"
        if family == "hl7":
            return f"{HL7[release]}/{name}"
        return f"{HL7[release]}/{family}-{name}" if release == "r4" else f"{HL7[release]}/{family}/{name}"
    return str(read("concepts")["systems"].get(system, system))


def kebab(name: str) -> str:
    """`CodeSystem` as `code-system`, for addresses."""
    return "".join(f"-{c.lower()}" if c.isupper() else c for c in name).lstrip("-")


def words(name: str) -> str:
    """`CodeSystem` as `Code system`, for people."""
    return kebab(name).replace("-", " ").capitalize()
