"""Areas of the ledger, each an API or a part of the sandbox, and their counts as bars."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from sandbox.facts import STANDINGS, Fact, ledger

AREAS = {
    "hl7": ("HL7 v2", ("sandbox/hl7/",)),
    "rest": ("Custom REST", ("sandbox/rest/",)),
    "oauth": ("OAuth", ("sandbox/oauth/",)),
    "facade": ("Facade FHIR", ("sandbox/fhir/facade/", "capability_statements/facade")),
    "messaging": ("Messaging FHIR", ("sandbox/fhir/messaging/", "capability_statements/messaging")),
    "customer": ("Customer FHIR", ("sandbox/fhir/customer/", "capability_statements/customer")),
    "aggregated": ("Aggregated FHIR", ("sandbox/fhir/aggregated/", "capability_statements/aggregated")),
    "fhir": ("FHIR, all endpoints", ("sandbox/fhir/",)),
    "access": ("Who may do what", ("sandbox/access/",)),
    "record": ("The record", ("sandbox/domain/",)),
    "sandbox": ("The sandbox itself", ("sandbox/", "capability_statements/")),
}
"""Area → its name, and the beginnings of the files with its facts; the first that fits counts."""


class Bar(NamedTuple):
    """The facts of an area: their number by standing, and the width of each part in hundredths of the longest bar."""

    area: str
    name: str
    counts: dict[str, int]
    widths: dict[str, float]
    starts: dict[str, float]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def area_of(fact: Fact) -> str:
    return next(area for area, (_, starts) in AREAS.items() if fact.where.startswith(starts))


@cache
def bars() -> tuple[Bar, ...]:
    """One bar for each area that has facts."""
    counts = {area: dict.fromkeys(STANDINGS, 0) for area in AREAS}
    for fact in ledger().values():
        counts[area_of(fact)][fact.standing] += 1
    longest = max(sum(by_standing.values()) for by_standing in counts.values())
    return tuple(_bar(area, counts[area], longest) for area in AREAS if any(counts[area].values()))


def _bar(area: str, counts: dict[str, int], longest: int) -> Bar:
    widths = {word: 100 * number / longest for word, number in counts.items()}
    starts, end = dict[str, float](), 0.0
    for word, width in widths.items():
        starts[word], end = end, end + width
    return Bar(area, AREAS[area][0], counts, widths, starts)
