"""Due work: scheduled in the store, and done in order of time, each at its own instant, once the clock has reached it.

A room that has work for later registers a function under a word of its own (`Workspace.when_due`) and schedules with
that word.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from sandbox.clock import Clock
from sandbox.domain.record import Cause, Record
from sandbox.model import DueWork
from sandbox.store import Store

log = logging.getLogger("sandbox.due")

Act = Callable[[Record, str], str]
"""What is done about a subject, with the record at the instant of the work. Gives a line about it, or an empty text."""

ORDER = "at"
"""The ordered index of due work, and the one order in it."""


def schedule(record: Record, kind: str, subject: str, at: datetime) -> None:
    """Has work done at an instant, in place of what was scheduled for the same kind and subject.

    What causes something now is the cause of the work too.
    """
    exchange, api = record.cause.exchange, record.cause.api
    record.store.put(DueWork(id=_id(kind, subject), at=at, kind=kind, subject=subject, exchange=exchange, api=api))


def is_scheduled(store: Store, kind: str, subject: str) -> bool:
    return store.find_one(DueWork, _id(kind, subject)) is not None


def cancel(record: Record, kind: str, subject: str) -> None:
    """Takes scheduled work back; there need not be any."""
    work = record.store.find_one(DueWork, _id(kind, subject))
    if work is not None:
        record.store.delete(work)


def waits(store: Store, now: datetime) -> bool:
    """Whether there is work that is due by now; costs one look at the order of instants."""
    first = store.lowest(DueWork, ORDER, ORDER)
    return first is not None and bool(first <= now)


def seconds_until_next(store: Store, clock: Clock) -> float:
    """Seconds of real time until the earliest work is due; infinite where none is, or the clock is frozen."""
    first = store.lowest(DueWork, ORDER, ORDER)
    if first is None or clock.mode != "real":
        return math.inf
    return max(0.0, float((first - clock.now()).total_seconds()))


def do(record: Record, acts: Mapping[str, Act]) -> list[str]:
    """Does what is due by the record's time, the earliest first, and says each in a line.

    Work that is scheduled meanwhile, and due as well, takes its turn.
    """
    lines, now = [], record.now()
    while (id_ := next(iter(record.store.between(DueWork, ORDER, ORDER, None, now)), None)) is not None:
        work = record.store.get(DueWork, id_)
        record.store.delete(work)
        at_the_time = replace(record, clock=Clock(work.at), cause=Cause(work.exchange, work.api))
        lines.append(_done(at_the_time, acts[work.kind], work))
    return [line for line in lines if line]


def _done(record: Record, act: Act, work: DueWork) -> str:
    """Does one piece of work, all or nothing; a fault in it is logged, so that it does not stop every later request."""
    try:
        with record.store.transaction():
            return act(record, work.subject)
    except Exception:
        log.exception("due work %s failed", work.id)
        return ""


def _id(kind: str, subject: str) -> str:
    return f"{kind} {subject}"
