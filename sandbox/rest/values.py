"""The format of values in the Custom REST API: times, dates, numbers and missing values.

Sources: *Patient identifier and demographic retrieval*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/4504551428
(numbers are text, absent is null); the rest are the sandbox's choices (facts `rest.times`, `rest.days`).
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from sandbox.base.clock import LocalDay, calendar_day
from sandbox.model import Code


def instant(at: datetime) -> str:
    """Format ISO 8601 with milliseconds, in UTC with `Z`; the beginning of a day with its offset."""
    # A day keeps its offset: in UTC a day of British Summer Time would begin on the day before.
    at = at if isinstance(at, LocalDay) else at.astimezone(UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def to_milliseconds(at: datetime) -> datetime:
    """Truncate a time to milliseconds, as clients know it."""
    return at.replace(microsecond=at.microsecond // 1000 * 1000)


def day(at: datetime | None) -> str | None:
    return calendar_day(at).isoformat() if at else None


def decimal(value: Decimal | None) -> str | None:
    """Format a number as text with the digits that were sent, without exponent."""
    return None if value is None else f"{value:f}"


def concept(code: Code) -> dict[str, Any] | None:
    """Return a coded value as a codeable concept, its alternate code second; None if it is empty."""
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
