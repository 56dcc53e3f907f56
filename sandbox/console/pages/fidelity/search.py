"""The search over the ledger: words, standing, area, a page at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.base.whole_numbers import parse_digits
from sandbox.console.pages.fidelity.areas import AREAS, area_of
from sandbox.facts import STANDINGS, Fact, ledger

PAGE_LENGTH = 25
LONGEST_TEXT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class FactQuery:
    """The filters in the address; an unknown standing or area is ignored."""

    text: str = ""
    standing: str = ""
    area: str = ""
    number: int = 1

    @classmethod
    def parse(cls, parameters: Mapping[str, str]) -> FactQuery:
        standing, area, number = (parameters.get(name, "") for name in ("standing", "area", "page"))
        return cls(
            text=parameters.get("text", "").strip()[:LONGEST_TEXT],
            standing=standing if standing in STANDINGS else "",
            area=area if area in AREAS else "",
            number=parse_digits(number, 4) or 1,
        )

    def fits(self, fact: Fact) -> bool:
        if self.standing and fact.standing != self.standing:
            return False
        if self.area and area_of(fact) != self.area:
            return False
        haystack = f"{fact.id} {fact.text} {fact.source} {fact.where}".lower()
        return all(word in haystack for word in self.text.lower().split())


@dataclass(frozen=True, slots=True, kw_only=True)
class FactPage:
    """One page of the matches: `count` is the number of all."""

    facts: tuple[Fact, ...]
    count: int
    number: int
    last: int


def find(query: FactQuery) -> FactPage:
    matches = [fact for fact in ledger().values() if query.fits(fact)]
    last = max(1, -(-len(matches) // PAGE_LENGTH))
    number = min(query.number, last)
    facts = matches[(number - 1) * PAGE_LENGTH : number * PAGE_LENGTH]
    return FactPage(facts=tuple(facts), count=len(matches), number=number, last=last)
