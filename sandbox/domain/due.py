"""Due work: scheduled in the store and done in order of time, as soon as the clock has reached it.

A room with work for later registers a function under its own kind (`Workspace.when_due`) and schedules with that
kind.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from sandbox.base.clock import Clock
from sandbox.domain.record import Cause, Record
from sandbox.model import DueWork
from sandbox.store import Store

log = logging.getLogger("sandbox.due")

Act = Callable[[Record, str], str]
"""Does the work for a subject, with the record at the time of the work. Returns a line about it, or an empty text."""

ORDER = "at"
"""The ordered index of due work, and its one ordering."""


def schedule(record: Record, kind: str, subject: str, at: datetime) -> None:
    """Schedule work at a time, replacing earlier work of the same kind and subject.

    The work inherits the cause of the current change.
    """
    exchange, api = record.cause.exchange, record.cause.api
    record.store.put(DueWork(id=_id(kind, subject), at=at, kind=kind, subject=subject, exchange=exchange, api=api))


def is_scheduled(store: Store, kind: str, subject: str) -> bool:
    return store.find_one(DueWork, _id(kind, subject)) is not None


def cancel(record: Record, kind: str, subject: str) -> None:
    """Cancel scheduled work, if there is any."""
    work = record.store.find_one(DueWork, _id(kind, subject))
    if work is not None:
        record.store.delete(work)


def is_any_due(store: Store, now: datetime) -> bool:
    """Return whether work is due by now; costs one index look-up."""
    first = store.lowest(DueWork, ORDER, ORDER)
    return first is not None and bool(first <= now)


def seconds_until_next(store: Store, clock: Clock) -> float:
    """Return the seconds of real time until the earliest work is due; infinite without work or with a frozen clock."""
    first = store.lowest(DueWork, ORDER, ORDER)
    if first is None or clock.mode != "real":
        return math.inf
    return max(0.0, float((first - clock.now()).total_seconds()))


def carry_out(record: Record, acts: Mapping[str, Act]) -> list[str]:
    """Do the work that is due by the record's time, earliest first, and describe each piece in a line.

    Work that is scheduled in the meantime and is also due is included.
    """
    lines, now = [], record.now()
    # Looked up anew for each: the work may schedule or cancel other work.
    while (id_ := next(iter(record.store.between(DueWork, ORDER, ORDER, None, now)), None)) is not None:
        work = record.store.get(DueWork, id_)
        record.store.delete(work)
        # Late work gets the time at which it was due, and the cause that scheduled it.
        at_the_time = replace(record, clock=Clock(work.at), cause=Cause(work.exchange, work.api))
        lines.append(_carry_out_one(at_the_time, acts[work.kind], work))
    return [line for line in lines if line]


def _carry_out_one(record: Record, act: Act, work: DueWork) -> str:
    """Do one piece of work in a transaction; an error is logged, so that it does not stop later requests."""
    try:
        with record.store.transaction():
            return act(record, work.subject)
    except Exception:
        log.exception("due work %s failed", work.id)
        return ""


def _id(kind: str, subject: str) -> str:
    return f"{kind} {subject}"
