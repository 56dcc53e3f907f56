"""Which exchanges a control call asks for."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox.errors import Invalid
from sandbox.exchanges import Exchange, Exchanges


def chosen(journal: Exchanges, given: dict[str, str]) -> list[Exchange]:
    """The exchanges that `api`, `outcome`, `since` (an instant), `after` (an id) and `limit` choose, newest last."""
    found = list(journal)
    if "after" in given:
        position = next((n for n, one in enumerate(found) if one.id == given["after"]), None)
        found = found if position is None else found[position + 1 :]
    since = instant_of(given["since"]) if "since" in given else None
    found = [
        one
        for one in found
        if given.get("api") in (None, one.api)
        and given.get("outcome") in (None, one.outcome)
        and (since is None or one.at >= since)
    ]
    limit = given.get("limit", "1000")
    if not (limit.isascii() and limit.isdigit() and len(limit) < 7):
        raise Invalid(f"limit must be a number, not {limit!r}")
    return found[-int(limit) :] if int(limit) else []


def instant_of(text: str) -> datetime:
    """Raises Invalid. A plus sign that was not percent-encoded arrives as a space; without an offset it is UTC."""
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise Invalid(f"since must be an ISO 8601 instant, not {text!r}") from error
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
