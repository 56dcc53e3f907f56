"""The exchanges that a control call asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from sandbox.access.matrix import APIS
from sandbox.errors import Invalid, NotFound
from sandbox.http.call import Call
from sandbox.http.control_operations import parameters
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.exchanges import Exchanges
from sandbox.worlds.slices import Slices, Work

EQUAL = ("api", "operation", "client", "patient", "outcome", "scenario")
"""Parameters that must equal the exchange's attribute of the same name."""
FILTERS = (*EQUAL, "text", "since", "after", "limit")
WORDS = {"api": (*APIS, "oauth"), "outcome": ("accepted", "refused", "failed")}
"""Parameter → its allowed values, if there are few."""
_LIMIT = re.compile(r"[0-9]{1,6}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """The attributes that an exchange must have, each with its value, and a text that it must contain."""

    equal: Mapping[str, str]
    since: datetime | None = None
    text: str = ""

    def fits(self, exchange: Exchange) -> bool:
        return self.may_fit(exchange) and (not self.text or exchange.contains(self.text))

    def may_fit(self, exchange: Exchange) -> bool:
        """Return whether all but the text fits: a search of the text takes a hundred times as long."""
        return all(getattr(exchange, name) == value for name, value in self.equal.items()) and (
            self.since is None or exchange.at >= self.since
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeQuery:
    """The exchanges of a journal that fit, newest last: with `after` the oldest `limit` of them, else the newest."""

    criteria: Criteria
    after: str | None = None
    limit: int | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> ExchangeQuery:
        """Read the parameters. Raises Invalid, naming the parameter and what is allowed."""
        limit = query.get("limit")
        if limit is not None and not _LIMIT.fullmatch(limit):
            raise Invalid(f"limit must be a whole number from 0 to 999999, not {limit!r}")
        equal = {name: word_of(name, query[name]) for name in EQUAL if name in query}
        since = instant_of(query["since"]) if "since" in query else None
        return cls(
            criteria=Criteria(equal=equal, since=since, text=word_of("text", query["text"]) if "text" in query else ""),
            after=query.get("after"),
            limit=None if limit is None else int(limit),
        )

    def select(self, journal: Exchanges) -> Work[list[Exchange]]:
        """Collect what fits when this begins, exchange by exchange, without regard to the limit. Raises NotFound when
        the journal does not have `after`.
        """
        # Refused rather than ignored: after a gap the client would take old exchanges for new ones.
        if self.after is not None and journal.find(self.after) is None:
            text = "dropped, deleted or never in this world; leave after out to begin with the oldest exchange"
            raise NotFound(f"The journal does not contain the exchange {self.after[:80]!r}: it was {text}")
        matches, is_after = [], self.after is None
        for exchange in tuple(journal):  # which others change between two slices
            if is_after and self.criteria.fits(exchange):
                matches.append(exchange)
            is_after = is_after or exchange.id == self.after
            yield
        return matches

    def cut(self, matches: list[Exchange]) -> list[Exchange]:
        """Apply the limit."""
        if self.limit is None:
            return matches
        # After an id a client reads on page by page, so the next page is the oldest; without one it wants the latest.
        return matches[: self.limit] if self.after is not None else matches[max(len(matches) - self.limit, 0) :]


async def matching(call: Call) -> list[Exchange]:
    """Return the exchanges of the world that match a call's parameters, newest last. Raises Invalid, NotFound."""
    query = ExchangeQuery.of(parameters(call, FILTERS))
    return query.cut(await Slices().complete(query.select(call.workspace.exchanges)))


def word_of(name: str, value: object) -> str:
    """Parse the value of one of `EQUAL`. Raises Invalid."""
    if name in WORDS and value not in WORDS[name]:
        raise Invalid(f"{name} must be one of: {', '.join(WORDS[name])}")
    if not isinstance(value, str) or not value:
        raise Invalid(f"{name} must be text, and not empty")
    return value


def instant_of(text: str) -> datetime:
    """Read an instant, in UTC without an offset; an unencoded plus sign arrives as a space. Raises Invalid."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Invalid(f"since must be an ISO 8601 time, as 2026-07-01T12:00:00Z, not {text[:80]!r}") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
