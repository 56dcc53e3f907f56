"""Work that the passing of time brings: a reminder, the end of an access, a delay that is over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DueWork:
    """Work that becomes due at an instant. `kind` names the function that does it, `subject` the id it is about.

    `id` is kind and subject, so that one subject waits for one kind of work once. `exchange` and `api` are those of
    the call that it comes from, if it does.
    """

    id: str
    at: datetime
    kind: str
    subject: str
    exchange: str | None = None
    api: str = ""
