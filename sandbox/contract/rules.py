"""The rules of advice: `rules.toml` as a table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from sandbox.base import datafiles
from sandbox.facts import ledger
from sandbox.http.instead import instead_of_rule


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractRule:
    """A rule in the report: its id, its text, the advice to clients (`instead`), its standing and source."""

    id: str
    text: str
    instead: str
    standing: str
    source: str


@cache
def advice_rules() -> dict[str, ContractRule]:
    """The rules of this room by id."""
    rows = datafiles.read_toml(datafiles.beside_code("contract/rules.toml"))["rule"]
    return {row["id"]: ContractRule(**row) for row in rows}


def contract_rule_of(id_: str, explanation: dict[str, str]) -> ContractRule:
    """Return a rule by its id: of this room, of the fidelity ledger, or from the explanation of an exchange."""
    if id_ in advice_rules():
        return advice_rules()[id_]
    fact = ledger().get(id_)
    return ContractRule(
        id=id_,
        text=fact.text if fact else explanation.get("rule", id_),
        instead=instead_of_rule(id_) or explanation.get("instead", ""),
        standing=fact.standing if fact else explanation.get("standing", "choice"),
        source=fact.source if fact else explanation.get("source", "PKB is silent"),
    )
