"""What a message handler is given: the message, who sent it, on whose behalf, and the record."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sandbox.domain.record import Record, Sender
from sandbox.hl7 import timestamps
from sandbox.hl7.segments import Message, Segment


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One message on its way into the record. `zone` is for timestamps without an offset."""

    message: Message
    text: str
    record: Record
    sender: Sender
    credential: str
    entered_at: datetime
    zone: tzinfo

    def timestamp(self, segment: Segment, field: int, component: int = 1) -> datetime | None:
        where = f"{segment.name}-{field}.{component}"
        return timestamps.parse(segment.text(field, component), where, self.zone)


Handler = Callable[[Visit], str | None]
