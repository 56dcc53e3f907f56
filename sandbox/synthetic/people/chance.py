"""Repeatable randomness: each part of a synthetic world has its own source, so that no part depends on another's
size.
"""

from __future__ import annotations

import random
import uuid
from datetime import UTC, date, datetime, time, timedelta

AS_OF = datetime(2026, 1, 1, 9, 0, tzinfo=UTC)
"""The default date of synthetic worlds; all past events are before it."""
_NAMES = uuid.UUID("5b1d3f0c-6f7a-4e53-9a34-3c1b6c9a7d21")


def chance(*parts: object) -> random.Random:
    """Return a random source that the parts (a seed, a kind, a number) determine, the same in every process."""
    # Of a text Python takes the SHA-512, so that the source is the same in every process, unlike `hash`.
    return random.Random("/".join(str(part) for part in parts))  # noqa: S311 - to be repeated, not to be secret


def identity(*parts: object) -> str:
    """Return a UUID that the parts determine, in the form of a random one, which some readers require."""
    return str(uuid.UUID(bytes=uuid.uuid5(_NAMES, "/".join(str(part) for part in parts)).bytes, version=4))


def moment(source: random.Random, first: datetime | date, last: datetime | date) -> datetime:
    """Return a time between two days, within working hours, on a whole five minutes, in UTC."""
    start, end = _midnight(first), _midnight(last)
    day = start + timedelta(days=source.randint(0, max(0, (end - start).days - 1)))
    return day + timedelta(hours=source.randint(8, 17), minutes=5 * source.randint(0, 11))


def _midnight(at: datetime | date) -> datetime:
    return datetime.combine(at.date() if isinstance(at, datetime) else at, time(), UTC)
