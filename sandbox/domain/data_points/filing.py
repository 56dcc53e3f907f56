"""Lists of data points that each message of a sender replaces: allergies, diagnoses, medications.

Source: *ADT A28*, https://pkbdev.atlassian.net/wiki/spaces/api/pages/3365078168
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TypeVar

from sandbox.domain.data_points.entry import EVENTS, content_of
from sandbox.domain.notifications.audience import notify_of
from sandbox.domain.record import Record, Sender
from sandbox.model import DataPoint, Source

RECENT_SENDERS = 1_000
"""Senders whose source is remembered."""
D = TypeVar("D", bound=DataPoint)


def source_of(sender: Sender) -> Source:
    """Return the source of a sender's data. It never has a person: organisation and team come from the connection."""
    team = sender.team or sender.creating_team
    return _source(sender.organisation.id, team.id if team else None, sender.partner, sender.through)


@lru_cache(RECENT_SENDERS)
def _source(organisation: str, team: str | None, partner: str | None, through: str | None) -> Source:
    """Return one object for all data points of a sender."""
    return Source(organisation=organisation, team=team, partner=partner, through=through)


def replace_list(
    record: Record, kind: type[D], patient: str, sender: Sender, entries: Sequence[D], *, is_first: bool = False
) -> None:
    """Replace the organisation's whole list of one kind; an empty list changes nothing. Other senders' lists stay.

    An unchanged entry keeps its id: data point ids do not change when a list is sent again. `is_first` says that the
    record is new, and so has no list to look for.
    """
    # PKB keeps a list that a message does not contain, so no message can empty one.
    if not entries:
        return
    earlier = [
        entry
        for entry in (() if is_first else record.store.find(kind, "patient", patient))
        if entry.source.organisation == sender.organisation.id
    ]
    ids: dict[DataPoint, list[str]] = {}
    for entry in earlier:
        ids.setdefault(content_of(entry), []).append(entry.id)
        record.store.delete(entry)
    new = None
    for entry in entries:
        # Each id is given once: a list may have the same entry twice.
        stored_ids = ids.get(content_of(entry)) if ids else None
        if stored_ids:
            record.store.put(replace(entry, id=stored_ids.pop(0)))
        else:
            record.store.put(entry)
            # One notification for the whole list, about its first new entry.
            new = new or entry
    if new:
        notify_of(record, EVENTS[kind], new)
