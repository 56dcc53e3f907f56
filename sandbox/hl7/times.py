"""The timestamps of a message: each field in its profile is parsed once, used or not.

Source: *Time stamp values*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365013095
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo

from sandbox.base.pauses import with_pauses
from sandbox.errors import Invalid
from sandbox.hl7 import timestamps
from sandbox.hl7.er7 import Er7Message
from sandbox.hl7.escapes import NULL
from sandbox.hl7.profiles import FieldRow, Profile
from sandbox.hl7.segments import Segment

Times = dict[tuple[Segment, int, int], datetime | None]
"""Segment, field and component → the time; None for an invalid one. Blank fields are absent."""


def read_times(
    message: Er7Message,
    profile: Profile,
    announced: tuple[FieldRow, ...],
    zone: tzinfo,
    refuse: Callable[[Invalid], None],
) -> Times:
    """Parse the timestamps of a message; `announced` are rows besides those of the profile. An invalid one is
    refused.
    """
    times: Times = {}
    for segment in with_pauses(message.all):
        rows = profile.times.get(segment.name, ())
        for row in (*rows, *announced) if announced else rows:
            if row.segment == segment.name and row.field < len(segment):
                _read_time(segment, row, times, message, zone, refuse)
    return times


def _read_time(
    segment: Segment, row: FieldRow, times: Times, message: Er7Message, zone: tzinfo, refuse: Callable[[Invalid], None]
) -> None:
    # `peek`, because a check is not a use: a timestamp that nothing else reads is reported as unused.
    value = segment.peek(row.field, row.component)
    if value in ("", NULL):
        return
    where = f"{segment.name}-{row.field}.{row.component}"
    instant = None
    try:
        if row.type == "DT":
            timestamps.parse_date(value, where)
        elif row.type == "TS":
            instant = timestamps.parse(value, where, zone)
    except Invalid as error:
        error.where = row.place(segment, message)
        refuse(error)
    if row.type == "TS":
        times[segment, row.field, row.component] = instant
