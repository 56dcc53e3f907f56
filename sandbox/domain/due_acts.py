"""Kind of due work → the function that does it, for work that the record itself schedules."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.domain.due import Act
from sandbox.domain.notifications import reminders
from sandbox.domain.notifications.audience import REMINDER
from sandbox.domain.patients import carers

ACTS: Mapping[str, Act] = {
    REMINDER: reminders.remind,
    carers.WARNING: carers.warn,
    carers.END: carers.end,
}
