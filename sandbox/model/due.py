"""Scheduled work: a reminder, the end of an access, the end of a delay."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWork:
    """Work that is due at a time. `kind` selects the function that does it, `subject` is the id of its entity.

    `id` combines kind and subject, so that a subject has each kind of work at most once. `exchange` and `api` are
    those of the request that scheduled it, if any.
    """

    id: str
    at: datetime
    kind: str
    subject: str
    exchange: str | None = None
    api: str = ""
