"""Which exchanges a control call asks for."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import parameters
from sandbox.worlds.exchange import Exchange
from sandbox.worlds.exchanges import Exchanges

EQUAL = ("api", "operation", "client", "outcome", "scenario")
"""Parameters that an exchange equals in the attribute of the same name."""
FILTERS = (*EQUAL, "since", "after", "limit")
OUTCOMES = ("accepted", "refused", "failed")
NO_LIMIT = "999999"


def matching(call: Call) -> list[Exchange]:
    """All exchanges of the world that the parameters of a call choose, newest last. Raises Invalid."""
    criteria = {"limit": NO_LIMIT, **parameters(call, FILTERS)}
    return chosen(call.workspace.exchanges, criteria)


def chosen(journal: Exchanges, criteria: dict[str, str]) -> list[Exchange]:
    """The exchanges that the parameters choose, newest last: those of EQUAL, `since` (an instant), `after` (an id)
    and `limit`. Raises Invalid, naming the parameter."""
    if criteria.get("outcome", OUTCOMES[0]) not in OUTCOMES:
        raise Invalid(f"outcome must be one of: {', '.join(OUTCOMES)}")
    limit = criteria.get("limit", "1000")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 7):
        raise Invalid(f"limit must be a number, not {limit!r}")
    since = instant_of(criteria["since"]) if "since" in criteria else None
    equal = {name: criteria[name] for name in EQUAL if name in criteria}
    matches = [
        exchange
        for exchange in _after(journal, criteria.get("after"))
        if all(getattr(exchange, name) == value for name, value in equal.items())
        and (since is None or exchange.at >= since)
    ]
    return matches[-int(limit) :] if int(limit) else []


def _after(journal: Exchanges, id_: str | None) -> list[Exchange]:
    """The exchanges after the one with that id; all of them when it has been dropped."""
    kept = list(journal)
    position = next((n for n, exchange in enumerate(kept) if exchange.id == id_), -1)
    return kept[position + 1 :]


def instant_of(text: str) -> datetime:
    """Raises Invalid. A plus sign that was not percent-encoded arrives as a space; without an offset it is UTC."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Invalid(f"since must be an ISO 8601 time, not {text!r}") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
