"""The rules of `rules.toml`: values whose differences a comparison ignores, by the end of their path."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from sandbox.base import datafiles

IGNORE, ID, FORM, NEAR = "ignore", "id", "form", "near"
SERVERS_TIME = "values.time"
"""The rule of `values.py`, which no path states: a time at which the server answered."""


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    dialect: str
    where: str
    treat: str
    why: str
    operation: str = ""


@cache
def rules() -> tuple[Rule, ...]:
    """Read the table. The first rule that fits a path counts."""
    rows = datafiles.read_toml(datafiles.beside_code("replay/compare/rules.toml"))["rules"]
    return tuple(Rule(**row) for row in rows)


@cache
def rule_at(dialect: str, path: tuple[str, ...], operation: str = "") -> Rule | None:
    """Return the rule for a path, which has no positions in lists; None if all of the value counts."""
    for rule in rules():
        end = tuple(rule.where.split("."))
        if rule.operation not in ("", operation):
            continue
        if rule.dialect == dialect and len(end) <= len(path):
            parts = zip(path[-len(end) :], end, strict=True)
            # fnmatchcase, because fnmatch ignores case on Windows.
            if all(fnmatchcase(name, pattern) for name, pattern in parts):
                return rule
    return None
