"""How the Custom REST API writes values: instants, days, numbers, and what is not there.

Sources: *Patient identifier and demographic retrieval*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4504551428
(numbers are text, absent is null); the rest are the sandbox's choices (facts `rest.times`, `rest.days`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.clock import LocalDay, calendar_day
from sandbox.model import Code


def instant(at: datetime) -> str:
    """ISO 8601 with milliseconds, in UTC with `Z`; the beginning of a day with its offset."""
    at = at if isinstance(at, LocalDay) else at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def as_shown(at: datetime) -> datetime:
    """An instant as a client knows it: without what is less than a millisecond."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def day(at: datetime | None) -> str | None:
    return calendar_day(at).isoformat() if at else None


def decimal(value: Decimal | None) -> str | None:
    """A number as text, to the digits that were sent, never in exponents."""
    return None if value is None else f"{value:f}"


def concept(code: Code) -> dict[str, Any] | None:
    """A coded value as a codeable concept, its alternate code behind the first; None where there is nothing."""
    codings = [
        {"displayText": text or None, "code": value or None, "codeSystem": system or None}
        for system, value, text in (
            (code.system, code.code, code.text),
            (code.alternate_system, code.alternate_code, code.alternate_text),
        )
        if value
    ]
    text = code.text or code.alternate_text
    return {"displayText": text or None, "codings": codings or None} if text or codings else None
