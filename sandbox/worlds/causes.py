"""The cause of the changes in progress: a request, or work that has become due."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sandbox.domain import due
from sandbox.domain.record import NO_CAUSE, Cause, Record

CAUSE: ContextVar[Cause] = ContextVar("cause", default=NO_CAUSE)
"""The cause of the request in progress; each concurrent request has its own."""


@contextmanager
def caused_by(cause: Cause) -> Iterator[None]:
    """Set the cause of changes inside the block."""
    before = CAUSE.set(cause)
    try:
        yield
    finally:
        CAUSE.reset(before)


def as_caused(act: due.Act) -> due.Act:
    """Due work whose changes have the cause of the work, not that of the request that triggered it."""

    def do(record: Record, subject: str) -> str:
        with caused_by(record.cause):
            return act(record, subject)

    return do
