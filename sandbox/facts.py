"""The fidelity ledger: every behaviour that the sandbox emulates, with its standing and its source.

A fact is any table of a data file that has both `standing` and `source`. Its id is its own `id`, or the name of the
file and the path to the table: `matrix/customer.hl7.send_data`. Its text is its `text`, `reason` or `rule`. The
number that a fact states stands beside it as `value`, once: the code asks for it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomli

from sandbox.base import datafiles

_ROW_WITH_VALUE = re.compile(r'^id = "(?P<id>[^"]+)"$.*?^(?P<value>value = .*?)(?=^\w+ = |\Z)', re.M | re.S)

STANDINGS = ("documented", "inferred", "choice")
"""Standings, from the strongest to the weakest."""
_RANKS = {"": -1, **{standing: rank for rank, standing in enumerate(STANDINGS)}}

FOLDERS = ("access", "domain", "hl7", "oauth", "rest", "fhir", "control", "tls", "contract", "conformance")
"""Folders of the code with facts; capability statements have theirs beside them."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One behaviour. `where` is its file; `source` a page of PKB, or why there is none."""

    id: str
    text: str
    standing: str
    source: str
    where: str


def weakest(*standings: str) -> str:
    """Return the weakest of some standings: a response is as well founded as its weakest part."""
    return max(standings, key=_RANKS.__getitem__, default="") or STANDINGS[0]


@cache
def ledger() -> dict[str, Fact]:
    """Read all facts by id, in the order of the files."""
    facts: dict[str, Fact] = {}
    for fact in _all():
        if fact.id in facts:
            raise ValueError(f"fact {fact.id} is defined twice: {facts[fact.id].where} and {fact.where}")
        facts[fact.id] = fact
    return facts


@cache
def value(id_: str) -> Any:
    """Return the number, text or list that a fact states. Raises KeyError."""
    return tomli.loads(_values()[id_])["value"]


@cache
def _values() -> dict[str, str]:
    """Fact → the lines with its value, parsed only when asked for: the whole ledger would slow the start."""
    values: dict[str, str] = {}
    for file in _files():
        text = file.read_text(encoding="utf-8")
        if "\nvalue = " in text:
            for paragraph in text.split("\n\n"):
                row = _ROW_WITH_VALUE.search(paragraph) if "\nvalue = " in paragraph else None
                if row and "\nstanding = " in paragraph:
                    values[row["id"]] = row["value"]
    return values


def _files() -> list[Path]:
    return [file for folder in FOLDERS for file in sorted(datafiles.beside_code(folder).rglob("*.toml"))]


def _all() -> Iterator[Fact]:
    shipped = sorted(datafiles.path("capability_statements").glob("*.toml"))
    for file in _files():
        where = str(file.relative_to(datafiles.beside_code("")))
        yield from _facts_in(datafiles.read_toml(file), file.stem, "", f"sandbox/{where}", {})
    for file in shipped:
        where = f"capability_statements/{file.name}"
        yield from _facts_in(datafiles.read_toml(file), f"statement-{file.stem}", "", where, {})


def _facts_in(table: dict[str, Any], stem: str, path: str, where: str, inherited: dict[str, str]) -> Iterator[Fact]:
    if "standing" in table and ("source" in table or "source" in inherited):
        text = table.get("text") or table.get("reason") or table.get("rule") or path
        source = table.get("source") or inherited["source"]
        yield Fact(table.get("id") or f"{stem}/{path or 'file'}", text, table["standing"], source, where)
    # A source at the head of a file or table counts for every row below that does not name its own.
    passed_on = {"source": table["source"]} if "source" in table else inherited
    for key, value in table.items():
        name = f"{path}.{key}" if path else key
        if isinstance(value, dict):
            yield from _facts_in(value, stem, name, where, passed_on)
        elif isinstance(value, list):
            for number, item in enumerate(value, 1):
                if isinstance(item, dict):
                    yield from _facts_in(item, stem, f"{name}.{item.get('name') or number}", where, passed_on)
