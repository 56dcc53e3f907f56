"""Message and conversation: https://pkbdev.atlassian.net/wiki/spaces/api/pages/3744628737"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sandbox.model.datapoint import DataPoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Message(DataPoint):
    """A secure message about a patient. Messages with the same `conversation` (an id without an entity) belong
    together.

    `sender` and `recipients` are public ids of users and patients. `status` is `DRAFT`, `SENT`, `UNREAD` or `READ`,
    `at` when it was sent, `read_at` when a recipient first opened it; a draft is its sender's alone.
    """

    conversation: str
    at: datetime
    subject: str
    content: str = ""
    html: bool = False
    sender: str
    recipients: tuple[str, ...] = ()
    status: str = "UNREAD"
    read_at: datetime | None = None
