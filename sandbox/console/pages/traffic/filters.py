"""The filters of the traffic: parameters of the page's address, which are those of `GET /exchanges`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.control.queries import Criteria, word_of
from sandbox.http import subject
from sandbox.http.call import Call
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.slices import Work

NAMES = ("api", "outcome", "client", "patient", "operation", "scenario", "text")
PAGE = 50
"""Rows of a page."""
LONGEST = 200
"""Maximum number of characters of a filter."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrafficFilter:
    """`values` are the parameters as the person sees them, without empty ones."""

    values: Mapping[str, str]
    criteria: Criteria

    @classmethod
    def of(cls, call: Call) -> TrafficFilter:
        """Read the parameters; a patient may be named by any number. Raises Invalid, naming the parameter."""
        query = call.request.query_params
        values = {name: query.get(name, "").strip()[:LONGEST] for name in NAMES}
        values = {name: value for name, value in values.items() if value}
        equal = {name: word_of(name, value) for name, value in values.items() if name != "text"}
        if "patient" in equal:
            equal["patient"] = (
                subject.patient_of_word(call.workspace.store, equal["patient"], legacy=True) or equal["patient"]
            )
        return cls(values=values, criteria=Criteria(equal=equal, text=values.get("text", "")))

    @property
    def for_control(self) -> dict[str, str]:
        """The same filters for a control call."""
        return {**self.criteria.equal, **({"text": self.criteria.text} if self.criteria.text else {})}


@dataclass(frozen=True, slots=True)
class TrafficPage:
    """Exchanges, newest first. `older` is the id after which the next page begins, None at the end."""

    exchanges: tuple[Exchange, ...]
    older: str | None


def page_before(call: Call, criteria: Criteria, before: str = "") -> Work[TrafficPage]:
    """Find the newest exchanges that match the criteria; with `before`, only those older than this exchange."""
    journal, fitting = call.workspace.exchanges, []
    # Without the exchange, which the journal may have dropped, the list begins with the newest.
    is_older = journal.find(before) is None
    for exchange in reversed(tuple(journal)):  # which others change between two slices
        if is_older and criteria.fits(exchange):
            fitting.append(exchange)
        # One more than a page shows whether there is another one.
        if len(fitting) > PAGE:
            break
        is_older = is_older or exchange.id == before
        yield
    rows = fitting[:PAGE]
    return TrafficPage(tuple(rows), rows[-1].id if len(fitting) > PAGE else None)


def newer_than(call: Call, criteria: Criteria, after: str) -> Work[tuple[Exchange, ...]]:
    """Collect the exchanges that fit and came after one, newest first; a page of them at most."""
    fitting: list[Exchange] = []
    for exchange in reversed(tuple(call.workspace.exchanges)):
        if exchange.id == after or len(fitting) == PAGE:
            break
        if criteria.fits(exchange):
            fitting.append(exchange)
        yield
    return tuple(fitting)
