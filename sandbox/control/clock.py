"""The clock of a world: read, freeze, advance, and set to real time."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sandbox.base.clock import instant, parse_instant
from sandbox.base.durations import add_duration
from sandbox.control import fields
from sandbox.domain.data_points import releases
from sandbox.errors import Invalid
from sandbox.http.call import Call
from sandbox.http.control_operations import ControlOperation, body, parameters

FIRST_YEAR, LAST_YEAR = 1900, 2999
"""The years of a world's clock: they leave room for ages, delays and the lifetimes of tokens."""
FORMS = '{"mode":"real"}, {"mode":"frozen","at":<ISO 8601 instant>} or {"advance":<ISO 8601 duration>}'


def _show_clock(call: Call) -> Any:
    parameters(call, ())
    clock = call.workspace.clock
    return {"mode": clock.mode, "now": instant(clock.now()), "became_due": []}


def _set(call: Call) -> Any:
    """Set the time, do the work that is due by then, and name the data points that were released in between."""
    clock, target = call.workspace.clock, body(call, ("mode", "at", "advance"))
    before = clock.now()
    if set(target) == {"advance"}:
        clock.advance(later_time(clock.now(), fields.text(target, "advance")) - clock.now())
    elif set(target) == {"mode", "at"} and target["mode"] == "frozen":
        clock.freeze(time_of(fields.text(target, "at")))
    elif target == {"mode": "real"}:
        clock.run()
    else:
        raise Invalid(f"The body must be {FORMS}")
    # Here, not with the next request: the answer names the work, and a test may look at the record at once.
    became_due = call.workspace.catch_up()
    return call.workspace.tell_time(
        [*became_due, *releases.describe_between(call.workspace.store, before, clock.now())]
    )


def later_time(now: datetime, duration: str) -> datetime:
    """Return the time after an ISO 8601 duration. Raises Invalid, also for a year that a clock cannot have."""
    try:
        return _within(add_duration(now, duration), "advance")
    except OverflowError:
        raise _outside("advance") from None
    except ValueError as error:
        raise Invalid(f"advance: {error}; examples: PT15M, P1DT6H") from error


def time_of(text: str) -> datetime:
    """Parse the time of a clock. Raises Invalid, also for a year that a clock cannot have."""
    try:
        return _within(parse_instant(text), "at")
    except ValueError as error:
        raise Invalid(f"at must be an ISO 8601 time, not {text!r}") from error


def _within(at: datetime, key: str) -> datetime:
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise _outside(key)
    return at


def _outside(key: str) -> Invalid:
    return Invalid(f"{key} must keep the clock within the years {FIRST_YEAR} to {LAST_YEAR}")


OPERATIONS = (
    ControlOperation("GET", "/clock", "Returns the time of the world", _show_clock),
    ControlOperation("PUT", "/clock", "Freezes the clock, advances it, or sets it to real time", _set),
)
